"""What a Python file that defines agents raised, in words for who wrote the file."""

import traceback
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from repertory.memory.definitions.explain import NAME_RULE
from repertory.memory.definitions.problems import Loc, Problem, short, suggestion
from repertory.memory.definitions.shapes import NAME_PATTERN, ModelShape, NamedShape
from repertory.memory.records import Agent, ModelSpec, describe

_RECORDS: dict[str, type[BaseModel]] = {each.__name__: each for each in (Agent, ModelSpec)}
_LISTS = {
    "tools": 'must be a list of names: `["read_file"]`',
    "tags": 'must be a list of words: `["court"]`',
    "delegates": "must be a list of agents: `[stylist]`",
}
_FUNCTION = "must be text without white space: `model`, `./file.py:function` or `package.module:function`"


def problems_of_python(error: BaseException, path: Path, name: str) -> list[Problem]:
    """Each problem, with the line of the file at which it came up.

    Args:
        error: what the file raised, or that it cannot be compiled.
        path: the file.
        name: how messages call it.
    """
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return [Problem(name, error.lineno or 1, "", f"is no Python: {error.msg}")]
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    line = lines[-1] if lines else None
    if isinstance(error, ValidationError) and error.title in _RECORDS:
        found = [_of_field(item, error.title) for item in error.errors(include_url=False)]
        return [Problem(name, line, ".".join(map(str, loc)), said) for loc, said in found]
    said = describe(error) if isinstance(error, ValidationError) else str(error)
    raised = f"raised {type(error).__name__}: {said}".rstrip(": ")
    return [Problem(name, line, "", f"{raised}{_remedy(error)}")]


def _remedy(error: BaseException) -> str:
    if isinstance(error, NameError) and error.name in _RECORDS:
        return f"; write `from repertory.graphs import {error.name}` above"
    if isinstance(error, TypeError) and "BaseModel.__init__()" in str(error):
        return "; write each field with its name, as in `Agent(name=…, role=…, description=…)`"
    return ""


def _of_field(item: ErrorDetails, record: str) -> tuple[Loc, str]:
    loc, value = item["loc"], item["input"]
    field = loc[-1] if loc else ""
    if item["type"] == "missing":
        return loc, f"is missing; add `{field}=…`"
    if item["type"] == "extra_forbidden":
        return loc, _unknown(str(field), NamedShape if record == "Agent" and "model" not in loc[:-1] else ModelShape)
    if item["type"] == "model_type" and _is_of_an_agent(value):
        return loc[:-1], f"{_LISTS['delegates']} (got an agent)"
    if item["type"] == "value_error":
        return loc, item["msg"].removeprefix("Value error, ")
    return loc, f"{_rule(item, field)} (got {short(value)})"


def _rule(item: ErrorDetails, field: str | int) -> str:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "tuple_type":
        return _LISTS[str(field)]
    if kind == "model_type":
        made = context["class_name"]
        return "must be `ModelSpec(name=…, temperature=…)`" if made == "ModelSpec" else f"must be an `{made}(…)`"
    if field == "orchestration":
        return _FUNCTION
    if kind == "string_type":
        return "must be text, in quotes"
    if kind == "string_too_short":
        return "is empty; write at least a word"
    if kind.startswith("float_"):
        return "must be a number"
    if kind == "string_pattern_mismatch" and context["pattern"] == NAME_PATTERN:
        return NAME_RULE
    return item["msg"].replace("Input should", "must").replace("String should", "must")


def _unknown(field: str, shape: type[BaseModel]) -> str:
    if field == "agents":
        return "is for YAML; in Python give agents a name, and put them in `delegates`"
    return f"unknown field {field!r}; {suggestion(field, shape.model_fields)}"


def _is_of_an_agent(value: Any) -> bool:
    """Whether a value is a field with its name: one agent was given for a list of them, and gives these one by one."""
    return isinstance(value, tuple) and len(value) == 2 and value[0] in Agent.model_fields
