"""Tools that are executed elsewhere: questions to the user, and what a client declares that it can do."""

import json
import reprlib
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter

from repertory.memory.errors import InputError
from repertory.memory.portable import portable
from repertory.memory.records import JsonObject, Record
from repertory.nodes.tools.schemas import MAX_CHARACTERS, arguments_schema, checker
from repertory.nodes.tools.signatures import Callee
from repertory.nodes.tools.toolbox import MAX_DESCRIPTION, NAME, RESERVED, Tool

MAX_TOOLS = 64
"""Tools that one client may declare; all together they have `MAX_CHARACTERS`, since they go into prompts."""


class Declaration(Record):
    """A tool as OpenAI's functions are declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str = Field(default="", max_length=MAX_DESCRIPTION)
    parameters: JsonObject = Field(default_factory=dict)
    strict: bool | None = None
    """Says nothing here: arguments are always checked."""


def ask_user() -> Tool:
    """The tool by which an agent asks the user something: the answer is its result."""
    question = {"type": "string", "minLength": 1, "description": "One question, complete in itself."}
    parameters = {"type": "object", "properties": {"question": question}, "required": ["question"]}
    return Tool(
        name="ask_user",
        description="Ask the user a question that only the user can answer, and get the answer.",
        risk="outside",
        trusted=True,  # a person's words count
        callee=_callee(parameters),
        executor="user",
    )


def declared_tools(declarations: Sequence[Any], *, taken: Collection[str] = ()) -> list[Tool]:
    """The tools that a client declares and executes itself. What they bring back is data, never instruction.

    Args:
        declarations: each `{"name", "description", "parameters"}`, its parameters as JSON schema (draft 2020-12), or
            that as the `function` of `{"type": "function"}`.
        taken: names of tools that there are already.

    Raises:
        InputError: naming the declaration, and what is wrong with its name, its schema or its size.
    """
    if not isinstance(declarations, Sequence) or isinstance(declarations, str):
        raise InputError(f"tools are declared in a list, not by {reprlib.repr(declarations)}")
    if len(declarations) > MAX_TOOLS:
        raise InputError(f"{len(declarations)} tools are declared; at most {MAX_TOOLS} can be")
    tools: dict[str, Tool] = {}
    size = 0
    for given in declarations:
        tool = _tool(_parsed(given))
        if tool.name in {*taken, *tools, *RESERVED}:
            raise InputError(f"the name of the declared tool {tool.name!r} is taken; give it another")
        tools[tool.name] = tool
        size += len(json.dumps(tool.openai, ensure_ascii=False))
        if size > MAX_CHARACTERS:
            raise InputError(
                f"the declared tools have {size} characters up to {tool.name!r}, references in schemas resolved; "
                f"at most {MAX_CHARACTERS} are taken: declare fewer, or shorter ones"
            )
    return list(tools.values())


def _parsed(given: Any) -> Declaration:
    is_wrapped = isinstance(given, Mapping) and given.get("type") == "function"
    declaration = given.get("function") if is_wrapped else given
    if not isinstance(declaration, Mapping):
        raise InputError(f"{reprlib.repr(given)} declares no tool; give `name`, `description` and `parameters`")
    try:
        return Declaration.parse({key: value for key, value in declaration.items() if value is not None})
    except InputError as error:
        raise InputError(
            f"the declared tool {reprlib.repr(declaration.get('name'))} cannot be taken: {error}"
        ) from error


def _tool(declaration: Declaration) -> Tool:
    name = declaration.name
    if not NAME.fullmatch(name):
        raise InputError(
            f"no tool can be declared as {name!r}: letters, digits, _ and - only, a letter first, 64 at most"
        )
    try:
        parameters = arguments_schema(declaration.parameters)
    except InputError as error:
        raise InputError(f"the schema of the declared tool {name!r} cannot be taken: {error}") from error
    return Tool(
        name=name,
        description=" ".join(portable(declaration.description).split()) or name.replace("_", " "),
        risk="outside",
        trusted=False,
        callee=_callee(parameters),
        executor="client",
    )


def _callee(parameters: JsonObject) -> Callee:
    async def call(_: JsonObject) -> Any:
        raise AssertionError("what is executed elsewhere is never called here")

    adapter: TypeAdapter[Any] = TypeAdapter(Annotated[dict[str, Any], AfterValidator(checker(parameters))])
    return Callee(parameters, ("text",), adapter, call)
