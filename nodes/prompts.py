"""Prompts are template files: `render("plan", …)` gives the messages of `plan.system.j2` and `plan.user.j2`."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

_TAGS = (
    "data|task|known_task|known_plan|known_steps|previous_plan|tools|instruction|feedback|finished|failed|step|agents|drafts?|"
    "question|message"
)
_TAG = re.compile(rf"<(?=\s*/?\s*(?:{_TAGS})\b)", re.IGNORECASE)


GAVE_UP = "Could not be done:"
"""How an agent begins its reply when it could not do its step: the message asks for it, the lane looks for it."""


def render(name: str, **values: Any) -> list[BaseMessage]:
    """System and user message of a template. What is stable stands in the system message, so that caches hit."""
    return [SystemMessage(fill(f"{name}.system", **values)), HumanMessage(fill(f"{name}.user", **values))]


def fill(name: str, **values: Any) -> str:
    """The text of one template file. A value that is missing raises `jinja2.UndefinedError`."""
    return _environment().get_template(f"{name}.j2").render(**values).strip()


_TEMPLATES = {
    path.name: path.read_text(encoding="utf-8") for path in (Path(__file__).parent / "templates").glob("*.j2")
}
# read with the module, as its code is: a read within a running event loop would block it


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=DictLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - prompts, not HTML; `data` keeps foreign text from closing its tags
        keep_trailing_newline=False,
    )
    environment.globals["gave_up"] = GAVE_UP
    environment.filters["data"] = as_data
    environment.filters["brief"] = brief
    return environment


def as_data(text: str | None) -> str:
    """Foreign text made harmless within a tagged section: it can neither close the section nor open one."""
    return _TAG.sub("&lt;", text or "")


def brief(text: str, limit: int = 500) -> str:
    """The beginning of a text."""
    return text if len(text) <= limit else f"{text[:limit]} […]"
