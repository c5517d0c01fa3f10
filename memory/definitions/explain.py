"""What a validation of a file found, in words for who wrote the file."""

from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from repertory.memory.definitions.names import FUNCTION_PATTERN
from repertory.memory.definitions.problems import Loc, Problem, Source, short, suggestion
from repertory.memory.definitions.shapes import (
    FILE_PATTERN,
    NAME_PATTERN,
    NOT_BLANK,
    TAGS,
    AgentShape,
    FileShape,
    ModelShape,
    NamedShape,
)
from repertory.memory.records import Agent

NAME_RULE = "a name is a letter, then letters, digits, `_` and `-`; at most 64"
_PATTERNS = {
    NAME_PATTERN: NAME_RULE,
    NOT_BLANK: "is empty; write at least a word",
    FUNCTION_PATTERN: "write `model`, `./file.py:function` or `package.module:function`",
    f"({NAME_PATTERN}|{FILE_PATTERN})": "write a name under `agents`, or a file such as ./stylist.yaml",
}
_TYPES = {
    "string_type": "must be text; put it in quotes",
    "list_type": "must be a list: `[a, b]`, or lines that begin with `- `",
    "tuple_type": "must be a list: `[a, b]`, or lines that begin with `- `",
    "dict_type": "must hold agents by name, as `name:` and their fields below it",
    "float_type": "must be a number",
}


def problems_of(error: ValidationError, source: Source) -> list[Problem]:
    """Each problem with its place.

    Args:
        error: of `FileShape`.
        source: the file.
    """
    found = [_problem(item, source) for item in error.errors(include_url=False)]
    return sorted(found, key=lambda problem: problem.line or 0)


def _problem(item: ErrorDetails, source: Source) -> Problem:
    loc = tuple(part for part in item["loc"] if part not in (*TAGS, "[key]"))
    return source.problem(loc, _text(item, loc))


def _text(item: ErrorDetails, loc: Loc) -> str:
    kind, value = item["type"], item["input"]
    if kind == "missing":
        return f"is missing; add `{loc[-1]}: …`"
    if kind == "extra_forbidden":
        return _unknown(str(loc[-1]), _shape_at(loc[:-1]), loc)
    if value is None:
        return "is empty; give a value (one that begins with # in quotes), or leave the field out"
    if kind == "string_pattern_mismatch":
        said = _PATTERNS.get(item["ctx"]["pattern"], item["msg"])
    elif kind in ("model_type", "model_attributes_type"):
        said = "must be an agent: `role`, `description` and so on below it"
    else:
        said = _TYPES.get(kind, item["msg"].removeprefix("Value error, ").replace("Input should", "must"))
    return said if kind == "value_error" else f"{said} (got {short(value)})"


def _unknown(field: str, shape: type[Any], loc: Loc) -> str:
    if field == "agents":
        return "belongs at the top of the file"
    if field == "name" and shape is AgentShape:
        return f"leave it out: under `agents`, the agent's name is its key, {loc[-2]!r}"
    if field in Agent.model_fields and shape is not ModelShape and field not in shape.model_fields:
        return "is kept by the registry, not by a file; leave it out"
    return f"unknown field {field!r}; {suggestion(field, shape.model_fields)}"


def _shape_at(loc: Loc) -> type[Any]:
    """What a mapping is, by its place."""
    if not loc:
        return FileShape
    if loc[-1] == "model":
        return ModelShape
    return AgentShape if len(loc) == 2 and loc[0] == "agents" else NamedShape
