"""Reading what the prompt templates wrote: tagged sections, data from others, and the catalogue of tools."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage

_DATA = re.compile(
    r"<data(?: from=\"?(?P<source>[^\">]*?)\"?)?(?: status=\"?(?P<status>\w+)\"?)?>\n?(?P<text>.*?)\n?</data>", re.S
)
_TOOL = re.compile(
    r"^- (?P<name>[A-Za-z][\w-]*)\((?P<arguments>.*?)\) \[(?P<risk>\w+)\]: (?P<about>.*?)"
    r"(?: -> (?P<fields>[\w, -]+))?$",
    re.M,
)


@dataclass(frozen=True)
class Data:
    """Material from a tool, a file or another agent."""

    source: str
    text: str
    status: str = "done"


@dataclass(frozen=True)
class Tool:
    """A tool, as a catalogue or a bound schema shows it. Arguments by name; `types` as far as they are told."""

    name: str
    about: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    types: tuple[tuple[str, str], ...] = ()
    risk: str = "read"

    @property
    def arguments(self) -> tuple[str, ...]:
        """Names of all arguments."""
        return (*self.required, *self.optional)

    def takes_list(self, argument: str) -> bool:
        """Whether the argument is a list."""
        return any(name == argument and kind in ("array", "list") for name, kind in self.types)


def text_of(message: BaseMessage) -> str:
    """The words of a message."""
    return str(message.text)


def section(text: str, tag: str) -> str | None:
    """What stands in the first section of that tag; None where there is none."""
    match = re.search(rf"<{tag}(?: [^>]*)?>\n?(.*?)\n?</{tag}>", text, re.S)
    return match[1].strip() if match else None


def items(text: str | None) -> list[str]:
    """The items of a list written with leading dashes; an item may go over several lines."""
    if not text or not text.strip():
        return []
    return [item.strip() for item in re.split(r"(?:^|\n)- ", text.strip()) if item.strip()]


def data_in(text: str) -> list[Data]:
    """All data sections of a text."""
    return [
        Data(match["source"] or "", match["text"].strip(), match["status"] or "done") for match in _DATA.finditer(text)
    ]


def without_data(text: str) -> str:
    """The text outside its data sections."""
    return _DATA.sub("", text).strip()


def catalogue(system: str) -> list[Tool]:
    """The tools that the planner's system prompt lists."""
    return [_from_line(match) for match in _TOOL.finditer(section(system, "tools") or "")]


def _from_line(match: re.Match[str]) -> Tool:
    required: list[str] = []
    optional: list[str] = []
    types: list[tuple[str, str]] = []
    for part in filter(None, (part.strip() for part in match["arguments"].split(","))):
        name, _, kind = (side.strip() for side in part.partition(":"))
        is_optional = name.endswith("?") or "=" in part
        name = name.split("=")[0].rstrip("? ").strip()
        (optional if is_optional else required).append(name)
        types.append((name, "array" if kind.split("=")[0].strip().endswith("[]") else kind.split("=")[0].strip()))
    return Tool(match["name"], match["about"], tuple(required), tuple(optional), tuple(types), match["risk"])


def bound_tools(schemas: Sequence[dict[str, Any]]) -> list[Tool]:
    """Tools bound to the model in OpenAI's form."""
    return [_from_schema(schema.get("function", schema)) for schema in schemas]


def _from_schema(function: dict[str, Any]) -> Tool:
    parameters = function.get("parameters") or {}
    properties = parameters.get("properties") or {}
    required = tuple(name for name in properties if name in (parameters.get("required") or []))
    return Tool(
        name=function["name"],
        about=function.get("description") or "",
        required=required,
        optional=tuple(name for name in properties if name not in required),
        types=tuple((name, _type(part)) for name, part in properties.items()),
    )


def _type(schema: dict[str, Any]) -> str:
    options = [option.get("type") for option in schema.get("anyOf", []) if option.get("type") != "null"]
    return str(schema.get("type") or (options[0] if options else ""))
