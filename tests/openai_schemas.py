"""JSON schemas as OpenAI's strict mode takes them: what is wrong with one, and the smallest value that fits one."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

_KEYWORDS = """
$defs $ref additionalProperties anyOf const description enum exclusiveMaximum exclusiveMinimum format items maxItems
maximum minItems minimum multipleOf pattern properties required title type
"""
STRICT_KEYWORDS = frozenset(_KEYWORDS.split())


def strict_faults(schema: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where and why a schema is not one that strict mode accepts."""
    if not isinstance(schema, dict):
        yield path, "a schema must be an object."
        return
    if extra := sorted(set(schema) - STRICT_KEYWORDS):
        yield path, f"'{extra[0]}' is not permitted."
    if "$ref" in schema and len(schema) > 1:
        yield path, f"$ref cannot have keywords {sorted(set(schema) - {'$ref'})}."
    if not {"type", "anyOf", "$ref", "enum", "const"} & set(schema):
        yield path, "schema must have a 'type' key."
    kinds = schema.get("type")
    if kinds == "object" or "properties" in schema:
        if schema.get("additionalProperties") is not False:
            yield path, "'additionalProperties' is required to be supplied and to be false."
        if sorted(schema.get("required") or []) != sorted(schema.get("properties") or {}):
            yield path, "'required' is required to be supplied and to be an array including every key in properties."
    if kinds == "array" and "items" not in schema:
        yield path, "array schema missing items."
    for group in ("properties", "$defs"):
        for name, inner in (schema.get(group) or {}).items():
            yield from strict_faults(inner, (*path, group, name))
    for i, inner in enumerate(schema.get("anyOf") or ()):
        yield from strict_faults(inner, (*path, "anyOf", str(i)))
    if "items" in schema:
        yield from strict_faults(schema["items"], (*path, "items"))


def smallest(schema: Json, root: Json | None = None) -> Any:
    """The smallest value that fits a schema: what a server answers that was given no answers."""
    root = root or schema
    if "$ref" in schema:
        return smallest(root["$defs"][schema["$ref"].rsplit("/", 1)[-1]], root)
    if "enum" in schema or "const" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    if "anyOf" in schema:
        return smallest(schema["anyOf"][0], root)
    kind = schema.get("type")
    if kind == "object":
        return {name: smallest(inner, root) for name, inner in (schema.get("properties") or {}).items()}
    if kind == "array":
        return [smallest(schema["items"], root)] * schema.get("minItems", 0)
    return {"string": "x", "integer": 1, "number": 1.0, "boolean": True}.get(str(kind))
