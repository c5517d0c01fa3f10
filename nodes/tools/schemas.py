"""JSON schemas of arguments that came from elsewhere: taken whole, bounded, and with nothing left to look up."""

from collections.abc import Callable
from typing import Any, Literal

from repertory.memory.errors import InputError
from repertory.memory.portable import portable
from repertory.memory.records import JsonObject

MAX_CHARACTERS = 64_000
"""Of a schema, with references resolved."""
MAX_DEPTH = 32
"""Levels of a schema, with references resolved."""

_AT_THE_TOP = ("oneOf", "anyOf", "allOf", "enum", "not")
"""Keywords that OpenAI refuses there."""
_NOT_TAKEN = ("$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$anchor", "patternProperties")
"""References that are not resolved here, and what would have us match expressions that may never end."""
_DROPPED = ("$ref", "$defs", "definitions", "$schema", "$id")
"""Keywords that say nothing any more once references are resolved."""

_Holds = Literal["keywords", "names", "data"]
_HOLDS: dict[str, _Holds] = {
    **dict.fromkeys(("properties", "dependentSchemas"), "names"),
    **dict.fromkeys(("enum", "const", "default", "examples"), "data"),
}
"""Keywords whose value is no schema, though it may look like one."""

Check = Callable[[Any], JsonObject]
"""Gives arguments back that fit."""


def arguments_schema(schema: JsonObject) -> JsonObject:
    """A schema of arguments, as models take it: of an object, without references.

    Args:
        schema: draft 2020-12; `{}` for no arguments.

    Raises:
        InputError: what is wrong with it.
    """
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
    from jsonschema.exceptions import SchemaError  # type: ignore[import-untyped]

    beside = ("title", "description")  # the tool's own stand beside the schema
    resolved = {key: value for key, value in portable(_Resolver(schema).part(schema)).items() if key not in beside}
    whole: JsonObject = {"type": "object", "properties": {}} | resolved
    if whole["type"] != "object":
        raise InputError(f"its type is {whole['type']!r}, and arguments are an 'object'")
    if combined := [keyword for keyword in _AT_THE_TOP if keyword in whole]:
        raise InputError(f"{combined[0]!r} stands at its top, where models do not take it; put it into a property")
    try:
        Draft202012Validator.check_schema(whole)
    except SchemaError as error:
        raise InputError(f"{error.message} (at {error.json_path})") from error
    return whole


def checker(schema: JsonObject) -> Check:
    """What checks arguments against a schema made by `arguments_schema`.

    It raises ValueError, naming what does not fit. A `pattern` is for whoever executes the call to check: matching one
    may take forever.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match
    from jsonschema.validators import extend  # type: ignore[import-untyped]

    validator = extend(Draft202012Validator, {"pattern": None, "format": None})(schema)

    def check(arguments: Any) -> JsonObject:
        error = best_match(validator.iter_errors(arguments))
        if error is not None:
            where = error.json_path.removeprefix("$").removeprefix(".")
            raise ValueError(f"{where}: {error.message}" if where else error.message)
        checked: JsonObject = arguments
        return checked

    return check


class _Resolver:
    """Puts what a reference refers to in its place: nothing is fetched, and nothing can grow without end."""

    def __init__(self, schema: JsonObject) -> None:
        self._schema, self._left = schema, MAX_CHARACTERS

    def part(self, part: Any, above: tuple[str, ...] = (), depth: int = 0, holds: _Holds = "keywords") -> Any:
        """A part of the schema, resolved.

        Args:
            part: of the schema.
            above: the references that led here.
            depth: levels above it.
            holds: what its keys are, if it has keys.
        """
        self._count(part, depth)
        if isinstance(part, list):
            items = map(_as_object, part) if holds == "keywords" else part
            return [self.part(item, above, depth + 1, holds) for item in items]
        if not isinstance(part, dict):
            return part
        if holds == "data":
            return {name: self.part(item, above, depth + 1, holds) for name, item in part.items()}
        if holds == "names":
            return {name: self.part(_as_object(item), above, depth + 1) for name, item in part.items()}
        if unknown := [keyword for keyword in _NOT_TAKEN if keyword in part]:
            raise InputError(f"{unknown[0]!r} is not taken here")
        referred = self._referred(part["$ref"], above, depth) if "$ref" in part else {}
        return referred | {
            keyword: self.part(
                _as_object(value) if keyword == "items" else value, above, depth + 1, _HOLDS.get(keyword, "keywords")
            )
            for keyword, value in part.items()
            if keyword not in _DROPPED
        }

    def _referred(self, reference: Any, above: tuple[str, ...], depth: int) -> JsonObject:
        if reference in above:
            raise InputError(f"{reference!r} refers to itself, which has no end; write out the levels that are needed")
        found: Any = self._schema
        for name in reference.split("/")[1:] if str(reference).startswith("#/") else [None]:
            found = found.get(name.replace("~1", "/").replace("~0", "~")) if name and isinstance(found, dict) else None
        if not isinstance(found, dict):
            raise InputError(f"{reference!r} refers to no part of it; give '#/$defs/NAME', and `$defs` beside it")
        referred: JsonObject = self.part(found, (*above, reference), depth + 1)
        return referred

    def _count(self, part: Any, depth: int) -> None:
        names = part if isinstance(part, dict) else ()
        self._left -= len(part) if isinstance(part, str) else 1 + sum(map(len, names))
        if self._left < 0 or depth > MAX_DEPTH:
            most = f"{MAX_CHARACTERS} characters and {MAX_DEPTH} levels, references resolved"
            raise InputError(f"it is too large: {most}, are the most")


def _as_object(schema: Any) -> Any:
    """A schema that is a bare true or false in the form that others understand."""
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    return schema
