"""Tools executed elsewhere: what clients declare is taken whole, bounded and checked, or refused with the reason."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from repertory.memory.errors import InputError, ToolArgumentsError, ToolError
from repertory.nodes.tools.elsewhere import MAX_TOOLS, ask_user, declared_tools
from repertory.nodes.tools.schemas import MAX_CHARACTERS, MAX_DEPTH, arguments_schema, checker
from repertory.nodes.tools.toolbox import Toolbox

BOOK: dict[str, Any] = {
    "name": "book_room",
    "description": "Book a meeting\nroom.",
    "parameters": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Booking",
        "type": "object",
        "properties": {
            "room": {"type": "string", "enum": ["blue", "red"]},
            "people": {"type": "integer", "minimum": 1},
            "slot": {"$ref": "#/$defs/Slot", "description": "when"},
            "notes": {"type": "array", "items": {"anyOf": [True]}},
        },
        "required": ["room"],
        "additionalProperties": False,
        "$defs": {"Slot": {"type": "object", "properties": {"enum": {"type": "string"}}, "required": ["enum"]}},
    },
}


def tool_with(parameters: Any) -> Any:
    """The one tool declared with these parameters."""
    [tool] = declared_tools([{"name": "t", "parameters": parameters}])
    return tool


@pytest.mark.parametrize("declaration", [BOOK, {"type": "function", "function": {**BOOK, "strict": True}}])
def test_a_declaration_becomes_a_tool_that_the_client_executes(declaration: dict[str, Any]) -> None:
    """Both of OpenAI's forms. Its schema is what models are given: without references, names or titles beside it."""
    [tool] = declared_tools([declaration])
    assert (tool.name, tool.description) == ("book_room", "Book a meeting room.")
    assert (tool.executor, tool.risk, tool.trusted) == ("client", "outside", False)
    slot = {"type": "object", "properties": {"enum": {"type": "string"}}, "required": ["enum"], "description": "when"}
    assert tool.parameters["properties"]["slot"] == slot
    assert tool.parameters["properties"]["notes"] == {"type": "array", "items": {"anyOf": [{}]}}
    assert set(tool.parameters) == {"type", "properties", "required", "additionalProperties"}
    assert tool.openai["function"]["parameters"] == tool.parameters
    Draft202012Validator.check_schema(tool.parameters)
    assert "room: 'blue' | 'red', people?: integer, slot?: object, notes?: any[]" in tool.signature
    assert Toolbox([tool])["book_room"].executor == "client"


@pytest.mark.parametrize("parameters", [None, {}, {"type": "object"}])
def test_a_tool_without_parameters_takes_none(parameters: Any) -> None:
    """Nothing may be left out but the name."""
    tool = tool_with(parameters)
    assert tool.check({}) == {}
    with pytest.raises(ToolArgumentsError, match="unknown argument 'x'"):
        tool.check({"x": 1})


def test_arguments_are_checked_against_the_whole_schema() -> None:
    """What fits comes back as it is; what does not is named, deep inside, too. An optional null counts as not given."""
    [tool] = declared_tools([BOOK])
    fine = {"room": "red", "people": 2, "slot": {"enum": "noon"}, "notes": [1, "a"]}
    assert tool.check(fine) == fine
    assert tool.check({"room": "red", "people": None}) == {"room": "red"}
    for arguments, reason in (
        ({}, "'room' is a required property"),
        ({"room": "green"}, "room: 'green' is not one of"),
        ({"room": "red", "people": 0}, "people: 0 is less than the minimum"),
        ({"room": "red", "slot": {"enum": 3}}, "slot.enum: 3 is not of type 'string'"),
        ({"room": "red", "door": 1}, "unknown argument 'door'"),
    ):
        with pytest.raises(ToolArgumentsError, match=reason):
            tool.check(arguments)


async def test_what_is_executed_elsewhere_never_runs_here() -> None:
    """Whoever calls it all the same is told who executes it."""
    [tool] = declared_tools([BOOK])
    with pytest.raises(ToolError, match="executed by the client"):
        await tool.run({"room": "red"})
    with pytest.raises(ToolError, match="executed by the user"):
        await ask_user().run({"question": "why?"})


def test_the_question_to_the_user_needs_words() -> None:
    """The user's own answer counts as instruction; an empty question is none."""
    tool = ask_user()
    assert (tool.name, tool.executor, tool.trusted) == ("ask_user", "user", True)
    assert tool.check({"question": "why?"}) == {"question": "why?"}
    with pytest.raises(ToolArgumentsError, match="question"):
        tool.check({"question": ""})


@pytest.mark.parametrize(
    ("declarations", "reason"),
    [
        ("book", "declared in a list"),
        (None, "declared in a list"),
        (["book"], "'book' declares no tool"),
        ([{"type": "function"}], "declares no tool"),
        ([{}], "name: Field required"),
        ([{"name": 5}], "name: Input should be a valid string"),
        ([{"name": "book room"}], "'book room': letters"),
        ([{"name": "x" * 65}], "64 at most"),
        ([{"name": "ask"}], "'ask' is taken"),
        ([{"name": "write_file"}], "'write_file' is taken"),
        ([{"name": "x"}, {"name": "x"}], "'x' is taken"),
        ([{"name": "x", "colour": "red"}], "colour: Extra inputs"),
        ([{"name": "x", "description": "d" * 1025}], "at most 1024"),
        ([{"name": "x", "parameters": []}], "parameters: Input should be a valid dictionary"),
        ([{"name": f"x{n}"} for n in range(MAX_TOOLS + 1)], f"at most {MAX_TOOLS}"),
        ([{"name": f"x{n}", "description": "d" * 1000} for n in range(MAX_TOOLS)], f"at most {MAX_CHARACTERS}"),
    ],
)
def test_a_bad_declaration_is_refused_with_the_reason(declarations: Any, reason: str) -> None:
    """The message names the tool and what is wrong with it."""
    with pytest.raises(InputError, match=reason):
        declared_tools(declarations, taken=["write_file"])


def laughing(levels: int) -> dict[str, Any]:
    """A small schema that is enormous once its references are resolved."""
    definitions: dict[str, Any] = {"a0": {"type": "string"}}
    for n in range(1, levels):
        below = {"$ref": f"#/$defs/a{n - 1}"}
        definitions[f"a{n}"] = {"properties": {"x": below, "y": below}}
    return {"$defs": definitions, "properties": {"z": {"$ref": f"#/$defs/a{levels - 1}"}}}


def deep(levels: int) -> dict[str, Any]:
    """A schema of so many levels."""
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"properties": {"x": schema}}
    return schema


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "array"}, "arguments are an 'object'"),
        ({"anyOf": [{}]}, "'anyOf' stands at its top"),
        ({"properties": {"x": {"type": "text"}}}, r"'text'.*\$\.properties\.x\.type"),
        ({"properties": {"x": {"pattern": "("}}}, "'regex'"),
        ({"properties": [1]}, r"\$\.properties"),
        ({"required": "x"}, r"\$\.required"),
        ({"properties": {"x": {"patternProperties": {"(a+)+$": {}}}}}, "'patternProperties' is not taken"),
        ({"properties": {"x": {"$ref": "http://127.0.0.1:1/schema"}}}, "refers to no part of it"),
        ({"properties": {"x": {"$ref": "#/$defs/nowhere"}}}, "refers to no part of it"),
        ({"properties": {"x": {"$ref": 5}}}, "5 refers to no part of it"),
        ({"$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}, "properties": {"x": {"$ref": "#/$defs/a"}}}, "itself"),
        (laughing(16), "too large"),
        (laughing(200), "too large"),
        (deep(MAX_DEPTH), "too large"),
        (deep(5000), "too large"),
        ({"properties": {"x": {"enum": ["y" * MAX_CHARACTERS]}}}, "too large"),
        ({"description": "y" * (MAX_CHARACTERS + 1)}, "too large"),
    ],
)
def test_a_schema_that_models_or_we_could_not_bear_is_refused(schema: Any, reason: str) -> None:
    """Nothing is fetched, nothing grows without end, and what is wrong is named with its place."""
    with pytest.raises(InputError, match=f"'t' cannot be taken: .*{reason}"):
        tool_with(schema)


def test_a_pattern_is_left_to_whoever_executes_the_call() -> None:
    """Matching this one would take longer than anybody lives."""
    tool = tool_with({"properties": {"x": {"type": "string", "pattern": "^(a+)+$"}}})
    assert tool.check({"x": "a" * 60 + "!"}) == {"x": "a" * 60 + "!"}


def test_what_only_looks_like_a_schema_is_left_as_it_is() -> None:
    """A property may be called like a keyword, and a value may hold one."""
    schema = {"properties": {"$ref": {"const": {"$ref": "#/x"}}, "enum": {"default": {"properties": True}}}}
    assert arguments_schema(schema)["properties"] == schema["properties"]
    assert checker(arguments_schema(schema))({"$ref": {"$ref": "#/x"}})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "properties", "items", "$ref", "$defs", "enum", "required", "x", "not", "anyOf"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_any_schema_is_taken_or_refused_and_any_arguments_fit_or_do_not(schema: Any, arguments: Any) -> None:
    """Whatever a client declares, and whatever a model then says, nothing but our own errors is raised."""
    try:
        tool = tool_with(schema)
    except InputError:
        return
    assert tool.signature.startswith("t(")
    try:
        tool.check(arguments)
    except ToolArgumentsError:
        return
    assert isinstance(arguments, dict)
