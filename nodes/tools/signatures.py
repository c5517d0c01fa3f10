"""From a function or a langchain tool to what a model needs to call it: schema, validation, call."""

import asyncio
import inspect
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from typing import Annotated, Any, NotRequired, get_args, get_origin, get_type_hints

from langchain_core.tools import BaseTool
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, with_config
from pydantic.errors import PydanticUserError
from typing_extensions import TypedDict, is_typeddict

from repertory.memory.errors import InputError, ToolArgumentsError
from repertory.memory.records import JsonObject, describe

_JSON_TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "array": list[Any],
    "object": dict[str, Any],
}
# A step's result may be a number where the next tool wants its text.
_CONFIG = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


@dataclass(frozen=True, eq=False)
class Callee:
    """What a tool calls."""

    parameters: JsonObject
    """JSON schema of the arguments."""
    fields: tuple[str, ...]
    """Names in its structured result."""
    adapter: TypeAdapter[Any]
    call: Callable[[Any], Awaitable[Any]]
    """Takes validated arguments."""

    def validate(self, tool: str, arguments: JsonObject) -> Any:
        """The arguments as the function takes them.

        Raises:
            ToolArgumentsError: naming tool, field and value.
        """
        if not isinstance(arguments, dict):
            raise ToolArgumentsError(f"{tool}: arguments must be an object, got {arguments!r}")
        properties = self.parameters.get("properties", {})
        required = self.parameters.get("required", [])
        if not self.parameters.get("additionalProperties", False):
            for name in arguments.keys() - properties.keys():
                raise ToolArgumentsError(
                    f"{tool}: unknown argument {name!r} (value {arguments[name]!r}); it takes {list(properties)}"
                )
        # Models fill in null for an optional argument that they do not want.
        given = {
            name: value
            for name, value in arguments.items()
            if value is not None or name in required or _takes_null(properties.get(name, {}))
        }
        try:
            return self.adapter.validate_python(given)
        except ValidationError as error:
            raise ToolArgumentsError(f"{tool}: {describe(error)}") from error

    def dump(self, valid: Any) -> JsonObject:
        """Validated arguments as JSON, without those that were not given."""
        dumped: JsonObject = self.adapter.dump_python(valid, mode="json", exclude_unset=True)
        return dumped


def from_function(function: Callable[..., Any], name: str) -> tuple[str, Callee]:
    """Description and callee of a plain function, sync or async.

    Raises:
        InputError: a parameter that a model cannot fill.
    """
    inner = _inner(function)
    try:
        hints = get_type_hints(inner, include_extras=True)
    except (NameError, TypeError) as error:
        raise InputError(f"tool {name!r}: its annotations cannot be resolved ({error})") from error
    summary, documented = _read_docstring(inspect.getdoc(inner) or "")
    types: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise InputError(
                f"tool {name!r}: parameter {str(parameter)!r} cannot be given by name; name each parameter"
            )
        hint = _described(hints.get(parameter.name, Any), documented.get(parameter.name))
        types[parameter.name] = hint if parameter.default is parameter.empty else NotRequired[hint]
    adapter = _adapter(name, types)

    async def call(valid: dict[str, Any]) -> Any:
        if inspect.iscoroutinefunction(inner):
            return await function(**valid)
        result = await asyncio.to_thread(function, **valid)
        return await result if inspect.isawaitable(result) else result

    return summary, Callee(_schema(name, adapter), result_fields(hints.get("return")), adapter, call)


def from_langchain(tool: BaseTool) -> Callee:
    """The callee of a langchain tool.

    Raises:
        InputError: it wants arguments injected that only LangChain's own agents have.
    """
    schema = tool.tool_call_schema
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        adapter: TypeAdapter[Any] = TypeAdapter(schema)
        parameters = _schema(tool.name, adapter)
        whole: Any = tool.get_input_schema()
        if injected := whole.model_fields.keys() - schema.model_fields.keys():
            raise InputError(
                f"tool {tool.name!r} wants {sorted(injected)} injected, which only LangChain's own agents do; "
                "give a function that takes what a model can fill in"
            )
    else:  # plain JSON schema, as MCP servers give it: the server checks the depths, we check the surface
        parameters = _arguments_only(_without_titles(schema if isinstance(schema, dict) else schema.schema()))
        required = parameters.get("required", [])
        types = {key: _JSON_TYPES.get(str(value.get("type")), Any) for key, value in parameters["properties"].items()}
        hints = {key: hint if key in required else NotRequired[hint] for key, hint in types.items()}
        adapter = _adapter(tool.name, hints)
    # Called with a whole tool call it answers with a message: artifact and status included, but structure as a string.
    as_message = tool.response_format != "content" or bool(tool.handle_tool_error)

    async def call(valid: Any) -> Any:
        arguments = adapter.dump_python(valid, mode="json", exclude_unset=True)
        if as_message:
            return await tool.ainvoke({"type": "tool_call", "id": "call", "name": tool.name, "args": arguments})
        return await tool.ainvoke(arguments)

    return Callee(parameters, ("text",) if as_message else result_fields(_returned(tool)), adapter, call)


def result_fields(returns: Any) -> tuple[str, ...]:
    """Names in the structured result of a function with that return annotation."""
    if get_origin(returns) is Annotated:
        returns = get_args(returns)[0]
    if is_typeddict(returns):
        names = list(get_type_hints(returns))
    elif isinstance(returns, type) and issubclass(returns, BaseModel):
        names = list(returns.model_fields)
    elif isinstance(returns, type) and is_dataclass(returns):
        names = [field.name for field in fields(returns)]
    elif returns in (int, float, bool) or get_origin(returns) in (list, tuple, set):
        names = ["value"]
    else:
        names = []
    return (*(name for name in names if name not in ("artifacts", "text")), "text")


def describe_parameters(schema: JsonObject) -> str:
    """Arguments in short: `path: string, limit?: integer`."""
    required = schema.get("required", [])
    parts = [
        f"{name}{'' if name in required else '?'}: {_describe_type(part)}"
        for name, part in schema.get("properties", {}).items()
    ]
    return ", ".join(parts)


def _describe_type(schema: JsonObject) -> str:
    if "enum" in schema:
        return " | ".join(repr(value) for value in schema["enum"])
    if "const" in schema:
        return repr(schema["const"])
    if options := schema.get("anyOf"):
        return " | ".join(dict.fromkeys(_describe_type(option) for option in options if option.get("type") != "null"))
    if "$ref" in schema:
        return "object"
    kind = schema.get("type", "any")
    return f"{_describe_type(schema.get('items', {}))}[]" if kind == "array" else str(kind)


def _returned(tool: BaseTool) -> Any:
    """What the function behind a langchain tool says that it returns, where there is one and that can be known."""
    try:
        return get_type_hints(getattr(tool, "coroutine", None) or getattr(tool, "func", None)).get("return")
    except (NameError, TypeError):
        return None


def _inner(function: Callable[..., Any]) -> Callable[..., Any]:
    while isinstance(function, partial):
        function = function.func
    return function if inspect.isroutine(function) else type(function).__call__


def _described(hint: Any, documented: str | None) -> Any:
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
        for note in notes:
            hint = Annotated[hint, Field(description=note) if isinstance(note, str) else note]
        return hint
    return Annotated[hint, Field(description=documented)] if documented else hint


def _adapter(name: str, types: dict[str, Any]) -> TypeAdapter[Any]:
    make: Any = TypedDict  # made of a signature, which no type checker can follow
    try:
        return TypeAdapter(with_config(_CONFIG)(make(name or "arguments", types)))
    except PydanticUserError as error:
        raise InputError(f"tool {name!r}: a parameter's type has no JSON form: {error.message}") from error


def _schema(name: str, adapter: TypeAdapter[Any]) -> JsonObject:
    try:
        schema = _without_titles(adapter.json_schema())
    except PydanticUserError as error:
        raise InputError(f"tool {name!r}: a parameter's type has no JSON form: {error.message}") from error
    return _arguments_only(schema)


def _arguments_only(schema: JsonObject) -> JsonObject:
    """Without the description, which stands beside the schema; with properties even where there are none."""
    kept = {key: value for key, value in schema.items() if key != "description"}
    return {"type": "object", "properties": {}} | kept


def _without_titles(schema: JsonObject) -> JsonObject:
    """Titles repeat the names and cost tokens in every prompt."""
    kept: JsonObject = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            kept[key] = {name: _without_titles(part) for name, part in value.items()}
        elif isinstance(value, dict) and key != "default":
            kept[key] = _without_titles(value)
        elif key in ("anyOf", "oneOf", "allOf"):
            kept[key] = [_without_titles(part) for part in value]
        elif key != "title":
            kept[key] = value
    return kept


def _takes_null(schema: JsonObject) -> bool:
    return not schema or schema.get("type") == "null" or any(map(_takes_null, schema.get("anyOf", [])))


def _read_docstring(text: str) -> tuple[str, dict[str, str]]:
    """First paragraph, and what a Google-style `Args:` section says about each parameter."""
    return text.split("\n\n")[0], dict(_documented_arguments(text))


def _documented_arguments(text: str) -> Iterator[tuple[str, str]]:
    section = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", text, re.MULTILINE)
    for match in re.finditer(
        r"^ {4}(\w+)(?: \(.*?\))?: (.*(?:\n {5,}.*)*)", section[1] if section else "", re.MULTILINE
    ):
        yield match[1], " ".join(match[2].split())
