"""Agents in the form in which public collections have them: Markdown, with name and description in front matter."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from repertory.memory.definitions.front_matter import Field, FrontMatter, fields_of, split
from repertory.memory.definitions.naming import name_of, role_of
from repertory.memory.definitions.problems import DefinitionError, Problem, short
from repertory.memory.definitions.yaml_tree import read_text
from repertory.memory.records import Agent, ModelSpec

MAX_BYTES = 1_000_000
"""Of a file; a prompt has 50,000 characters at most."""

_ONLY_IN_LIBRARIES = ("delegates", "orchestration")
_TOOL = re.compile(r"[^,()]*(?:\([^)]*\))?[^,()]*")


@dataclass(frozen=True)
class Vocabulary:
    """What is called how in public collections, of what there is here."""

    tools: Mapping[str, str]
    """Tools here, by their names there in lower case."""
    speaks: Callable[[str], bool]
    """Whether a model of this name can be used here."""


@dataclass(frozen=True)
class Described:
    """An agent as a file describes it."""

    agent: Agent
    """Under the name that it gets where nothing else has it."""
    original: str
    """Its name in the file."""
    dropped: tuple[str, ...]
    """Tools that there are none of here."""


def read_markdown(path: Path, name: str, vocabulary: Vocabulary) -> Described | None:
    """Read the agent that a Markdown file describes.

    The front matter has `description` and mostly `name` (else the file's name counts); `role`, `tools`, `model` and
    `tags` may be there; any other field is passed over. Below it is the system prompt. An agent without `role` gets one
    from its name. Tools and models that are not here are left out.

    Args:
        path: the file.
        name: how messages call it.
        vocabulary: which tools and models are here, and what they are called there.

    Returns:
        The agent; None for a file that describes none: without front matter, or with other fields in it.

    Raises:
        DefinitionError: with file, line and field of all that is wrong.
    """
    _check_size(path, name)
    front = split(read_text(path, name), name)
    if front is None:
        return None
    fields = fields_of(front, name)
    if not _said(fields, "name") and not _said(fields, "description"):
        return None
    return _Reader(front, fields, name, vocabulary).described(path.stem)


def _check_size(path: Path, name: str) -> None:
    try:
        size = path.stat().st_size
    except OSError:
        return  # reading it says so
    if size > MAX_BYTES:
        text = f"has {size} bytes, and an agent's file {MAX_BYTES} at most; keep what is no prompt in other files"
        raise DefinitionError([Problem(name, None, "", text)])


class _Reader:
    def __init__(self, front: FrontMatter, fields: Mapping[str, Field], name: str, vocabulary: Vocabulary) -> None:
        self._front, self._fields, self._name, self._vocabulary = front, fields, name, vocabulary

    def described(self, stem: str) -> Described:
        for key in _ONLY_IN_LIBRARIES:
            if key in self._fields:
                text = "is read from a library only; give the library's folder, or use a .yaml file"
                raise DefinitionError([self._problem(key, text)])
        original = " ".join(_said(self._fields, "name").split()) or stem
        tools, dropped = self._tools()
        try:
            agent = Agent(
                name=name_of(original),
                role=_said(self._fields, "role") or role_of(original),
                description=_unescaped(_said(self._fields, "description")),
                prompt=self._front.body or _said(self._fields, "prompt"),
                tools=tools,
                model=self._model(),
                tags=tuple(dict.fromkeys(_listed(self._fields.get("tags")))),
            )
        except ValidationError as error:
            raise DefinitionError(
                [self._problem(str(item["loc"][0]), _words(item)) for item in error.errors(include_url=False)]
            ) from None
        return Described(agent, original, dropped)

    def _tools(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        known: list[str] = []
        dropped: list[str] = []
        for written in _listed(self._fields.get("tools")):
            tool = re.sub(r"\(.*\)", "", written).strip()  # `Bash(git:*)`: what it may be used for
            here = self._vocabulary.tools.get(tool.casefold())
            (dropped if here is None else known).append(here or tool)
        return tuple(dict.fromkeys(known)), tuple(dict.fromkeys(dropped))

    def _model(self) -> ModelSpec:
        value = self._fields["model"].value if "model" in self._fields else ""
        model = str(value.get("name", "")) if isinstance(value, dict) else value
        return ModelSpec(name=model) if isinstance(model, str) and self._vocabulary.speaks(model) else ModelSpec()

    def _problem(self, field: str, text: str) -> Problem:
        if field == "prompt" and self._front.body:
            return Problem(self._name, self._front.body_line, field, text)
        return Problem(self._name, self._fields[field].line if field in self._fields else 1, field, text)


def _said(fields: Mapping[str, Field], key: str) -> str:
    """A field as text; empty where it is not there."""
    value = fields[key].value if key in fields else ""
    return value.strip() if isinstance(value, str) else " ".join(value)


def _listed(field: Field | None) -> Iterable[str]:
    """A field as a list: written as one, with commas, or as names that are switched on or off."""
    if field is None:
        return []
    if isinstance(field.value, dict):
        items = [key for key, on in field.value.items() if on.lower() not in ("false", "no", "off")]
    else:
        items = _TOOL.findall(field.value) if isinstance(field.value, str) else field.value
    return [item.strip() for item in items if item.strip()]


def _unescaped(description: str) -> str:
    r"""The description; one with examples in it is often written in one line, with `\n` for line ends."""
    return description.replace("\\n", "\n") if "<example>" in description else description


def _words(item: ErrorDetails) -> str:
    """What validation says, for who wrote the file."""
    value = item["input"]
    if not isinstance(value, str):
        return f"{item['msg']} (got {short(value)})"
    if not value.strip():
        return "is missing; say what the agent is good for"
    return f"has {len(value)} characters, and may have {item['ctx']['max_length']}; shorten it"
