"""An agent and a cohort as text that a person reads, and that says all of it."""

import re
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

import yaml
from pydantic import ValidationError

from repertory.memory.definitions.front_matter import split
from repertory.memory.definitions.problems import DefinitionError, Problem, Source, short
from repertory.memory.definitions.yaml_tree import parse_yaml
from repertory.memory.plans import Cohort
from repertory.memory.records import Agent
from repertory.memory.registry.restoring import Saved

_R = TypeVar("_R", Agent, Cohort)

_MOST = 1_000_000
"""Values of a file."""
_HEAD = ("name", "role", "description", "version", "status")
_COHORT_HEAD = ("id", "task", "saved", "rating", "rated_by")
_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
"""Characters that an editor shows wrongly, changes, or cannot write."""


def agent_markdown(agent: Agent) -> str:
    """An agent as Markdown: its fields in front matter, then its prompt; its owner is whoever imports it.

    A prompt that would not come back as it is, for white space or control characters at its ends, is a field.
    """
    fields = _fields(agent, _HEAD)
    body = fields.pop("prompt", "")
    if _ODD.search(body) or body != body.strip():
        return f"---\n{_dump({**fields, 'prompt': body})}---\n"
    return f"---\n{_dump(fields)}---\n" + (f"\n{body}\n" if body else "")


def read_agent(text: str, name: str) -> Agent:
    """The agent that a file of a library holds.

    Args:
        text: what it says.
        name: how messages call it.

    Raises:
        DefinitionError: with file, line and field of all that is wrong.
    """
    front = split(text, name)
    if front is None:
        raise DefinitionError([Problem(name, 1, "", "must begin with `---`, fields, and `---` again")])
    data, source = parse_yaml(front.yaml, name, most=_MOST)
    return _record(Agent, {"prompt": front.body, **data}, source)


def cohort_yaml(saved: Saved) -> str:
    """A cohort as YAML; its owner is whoever imports it."""
    return _dump(_fields(saved.cohort, _COHORT_HEAD, saved=saved.at))


def read_cohort(text: str, name: str) -> Saved:
    """The cohort that a file of a library holds.

    Raises:
        DefinitionError: with file, line and field of all that is wrong.
    """
    data, source = parse_yaml(text, name, most=_MOST)
    at = data.pop("saved", "")
    if not isinstance(at, str):
        raise DefinitionError([source.problem(("saved",), f"must be a time in quotes (got {short(at)})")])
    return Saved(_record(Cohort, data, source), at)


def _fields(record: Agent | Cohort, head: tuple[str, ...], **more: str) -> dict[str, Any]:
    """What is to be said of a record: what identifies it first, and of the rest what is not as it is by default."""
    whole = record.model_dump(mode="json", include=set(head)) | more
    rest = record.model_dump(mode="json", exclude={*head, "owner"}, exclude_defaults=True)
    last = {"track": rest.pop("track")} if "track" in rest else {}
    return {name: whole[name] for name in head} | rest | last


def _record(kind: type[_R], data: Mapping[str, Any], source: Source) -> _R:
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        _refuse(error, source)


def _refuse(error: ValidationError, source: Source) -> NoReturn:
    raise DefinitionError(
        [
            source.problem(
                item["loc"],
                item["msg"].removeprefix("Value error, ")
                if item["type"] in ("missing", "value_error")
                else f"{item['msg']} (got {short(item['input'])})",
            )
            for item in error.errors(include_url=False)
        ]
    ) from None


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, short lists in one line, and everything written out where it belongs."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    lines = "\n" in text.strip()
    odd = _ODD.search(text) or (lines and text.removesuffix("\n") != text.strip())
    style = '"' if odd else "|" if lines else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.Node:
    words = all(isinstance(item, str) for item in items)
    short_enough = words and sum(map(len, items)) + 2 * len(items) <= 100
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=short_enough)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)


def _dump(data: Mapping[str, Any]) -> str:
    text: str = yaml.dump(dict(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**31)
    return text
