"""References in the arguments of a direct tool step: `{{step.field}}`, filled by code and never by a model."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from repertory.memory.errors import ToolArgumentsError

_REFERENCE = re.compile(r"\{\{\s*([A-Za-z][A-Za-z0-9_-]*)((?:\.[A-Za-z0-9_-]+)+)\s*\}\}")


_BARE = re.compile(r"\{\{\s*([A-Za-z][A-Za-z0-9_-]*)\s*\}\}")


class Reference(NamedTuple):
    """A field of the structured result of a step; `fields` goes down into nested objects and lists."""

    step: str
    fields: tuple[str, ...]


def find_references(value: Any) -> list[Reference]:
    """All references anywhere in a JSON value, in order."""
    return [_reference(match) for text in _strings(value) for match in _REFERENCE.finditer(text)]


def find_bare_names(value: Any) -> list[str]:
    """Names in braces without a field, such as `{{step}}`: no references, and often meant as such."""
    return [match[1] for text in _strings(value) for match in _BARE.finditer(text)]


def resolve(value: Any, results: Mapping[str, Mapping[str, Any]]) -> Any:
    """Fill all references in a JSON value.

    Args:
        value: any JSON value. A string that is one reference becomes the value referred to, whatever its
            type; a reference within a longer string becomes text (JSON where it is none).
        results: structured results by step id.

    Raises:
        ToolArgumentsError: naming the reference, and the fields that are there.
    """
    if isinstance(value, str):
        if whole := _REFERENCE.fullmatch(value.strip()):
            return _look_up(_reference(whole), results)
        return _REFERENCE.sub(lambda match: _as_text(_look_up(_reference(match), results)), value)
    if isinstance(value, dict):
        return {key: resolve(item, results) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, results) for item in value]
    return value


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _reference(match: re.Match[str]) -> Reference:
    return Reference(match[1], tuple(match[2][1:].split(".")))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)


def _look_up(reference: Reference, results: Mapping[str, Mapping[str, Any]]) -> Any:
    name = "{{" + ".".join((reference.step, *reference.fields)) + "}}"
    if reference.step not in results:
        raise ToolArgumentsError(f"{name}: there is no result of step {reference.step!r}; there is {sorted(results)}")
    value: Any = results[reference.step]
    for field in reference.fields:
        if isinstance(value, Mapping) and field in value:
            value = value[field]
        elif isinstance(value, list) and field.isdigit() and int(field) < len(value):
            value = value[int(field)]
        else:
            there = sorted(value) if isinstance(value, Mapping) else type(value).__name__
            raise ToolArgumentsError(f"{name}: no field {field!r}; there is {there}")
    return value
