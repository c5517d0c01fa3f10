"""The toolbox: what may be added, how arguments are checked, what comes back."""

import asyncio
import threading
from functools import partial
from typing import Annotated, Any, Literal

import pytest
from jsonschema import Draft202012Validator
from langchain_core.tools import InjectedToolArg, StructuredTool, ToolException, tool

from repertory.memory.errors import InputError, ToolArgumentsError, ToolError
from repertory.nodes.tools.toolbox import Toolbox


def order(item: str, count: int = 1, size: Literal["small", "large"] = "small", notes: list[str] | None = None) -> str:
    """Order something
    from the kitchen.

    Args:
        item: what is wanted,
            by its name on the menu.
        count: how many.
        size: one or the other.
        notes: for the cook.
    """  # noqa: D205 - as users write them
    return f"{count} {size} {item} {notes}"


def test_a_plain_function_becomes_a_tool_in_one_line() -> None:
    """Signature, description and parameter descriptions come from the function itself; the risk is the cautious one."""
    made = Toolbox().add(order)
    assert made.signature == "order(item: string, count?: integer, size?: 'small' | 'large', notes?: string[])"
    assert (made.description, made.risk, made.trusted) == ("Order something from the kitchen.", "outside", False)
    assert made.parameters["properties"]["item"] == {
        "type": "string",
        "description": "what is wanted, by its name on the menu.",
    }
    assert made.parameters["required"] == ["item"]


def test_the_openai_form_is_a_valid_schema_without_titles() -> None:
    """The wire form has name, description and a JSON schema, and no titles, which cost tokens; it is made once."""
    made = Toolbox().add(order)
    assert set(made.openai) == {"type", "function"}
    assert set(made.openai["function"]) == {"name", "description", "parameters"}
    Draft202012Validator.check_schema(made.parameters)
    assert "title" not in str(made.openai)
    assert made.openai is made.openai


def test_a_parameter_may_have_any_name() -> None:
    """Parameters named as methods or keywords of schemas are (`copy`, `schema`, `title`) are kept."""

    def odd(copy: int, schema: str, title: str, model_config: int = 0) -> str:
        """Do something odd."""
        return f"{copy} {schema} {title} {model_config}"

    made = Toolbox().add(odd)
    assert list(made.parameters["properties"]) == ["copy", "schema", "title", "model_config"]
    assert asyncio.run(made.run({"copy": 1, "schema": "s", "title": "t"})).text == "1 s t 0"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, ["item", "required"]),
        ({"item": "tea", "cuont": 3}, ["'cuont'", "3", "count"]),
        ({"item": "tea", "count": "many"}, ["count", "'many'"]),
        ({"item": "tea", "size": "huge"}, ["size", "'huge'"]),
        ({"item": ["tea"]}, ["item", "['tea']"]),
        ({"item": None}, ["item", "None"]),
        ("tea", ["'tea'"]),
    ],
)
def test_bad_arguments_are_named(arguments: Any, words: list[str]) -> None:
    """Unknown, missing and wrongly typed arguments are refused; the message names field and value."""
    with pytest.raises(ToolArgumentsError) as caught:
        Toolbox().add(order).check(arguments)
    assert all(word in str(caught.value) for word in ["order", *words])


def test_arguments_are_coerced_and_not_padded() -> None:
    """Digits become numbers and numbers text where that is wanted; null for an optional argument counts as absent."""
    check = Toolbox().add(order).check
    assert check({"item": 7, "count": "3", "size": None}) == {"item": "7", "count": 3}
    assert check({"item": "tea", "notes": None}) == {"item": "tea", "notes": None}


def test_a_langchain_tool_brings_its_metadata() -> None:
    """Risk and trust come from a langchain tool's metadata; what `add` is told goes before."""

    @tool
    def look(place: str) -> dict[str, Any]:
        """Look somewhere."""
        return {"seen": place.upper()}

    look.metadata = {"risk": "read", "trusted": True}
    box = Toolbox([look])
    assert (box["look"].risk, box["look"].trusted) == ("read", True)
    assert box.add(look, name="peek", risk="write", trusted=False).risk == "write"
    assert asyncio.run(box["peek"].run({"place": "here"})).data["seen"] == "HERE"
    with pytest.raises(ToolArgumentsError, match="'palce'"):
        box["look"].check({"palce": "here"})


def test_a_langchain_tool_with_a_json_schema() -> None:
    """A tool that declares plain JSON schema, as MCP servers do, is checked at its surface."""

    async def call(**arguments: Any) -> str:
        return str(arguments)

    schema = {"type": "object", "properties": {"q": {"type": "string"}, "n": {"type": "integer"}}, "required": ["q"]}
    made = Toolbox().add(StructuredTool(name="find", description="Find.", args_schema=schema, coroutine=call))
    assert made.signature == "find(q: string, n?: integer)"
    assert asyncio.run(made.run({"q": "x", "n": "2"})).text == "{'q': 'x', 'n': 2}"
    with pytest.raises(ToolArgumentsError, match="q"):
        made.check({"n": 2})


def test_content_and_artifact_of_a_langchain_tool() -> None:
    """The artifact is the structured result, the content the text."""

    @tool(response_format="content_and_artifact")
    def count(word: str) -> tuple[str, dict[str, int]]:
        """Count letters."""
        return f"{word} has {len(word)}", {"letters": len(word)}

    outcome = asyncio.run(Toolbox([count])["count"].run({"word": "tea"}))
    assert (outcome.text, outcome.data) == ("tea has 3", {"letters": 3, "text": "tea has 3"})


def test_a_langchain_tool_that_handles_its_errors_still_fails() -> None:
    """`handle_tool_error` turns an exception into words for LangChain's own agents; here it stays a failure."""

    @tool
    def fail(word: str) -> str:
        """Fail."""
        raise ToolException(f"no {word}")

    fail.handle_tool_error = True
    with pytest.raises(ToolError, match="no tea"):
        asyncio.run(Toolbox([fail])["fail"].run({"word": "tea"}))


def _kwargs(**anything: int) -> str:
    """Take anything."""
    return str(anything)


@tool
def _injected(word: str, state: Annotated[dict[str, Any], InjectedToolArg]) -> str:
    """Use state."""
    return word + str(state)


@pytest.mark.parametrize(
    ("added", "options", "words"),
    [
        (order, {"name": "ask"}, ["'ask'", "reserved"]),
        (order, {"name": "tell"}, ["'tell'"]),
        (order, {"name": "delegate"}, ["'delegate'"]),
        (order, {"name": "my tool"}, ["'my tool'", "name="]),
        (order, {"name": "a" * 65}, ["'aaa", "64"]),
        (order, {"name": "tool\n"}, ["'tool\\n'"]),
        (order, {"risk": "harmless"}, ["'harmless'", "read"]),
        (lambda: "", {}, ["'<lambda>'"]),
        (_kwargs, {}, ["'_kwargs'", "**anything"]),
        (_injected, {}, ["'_injected'", "state"]),
        (7, {}, ["7"]),
    ],
)
def test_what_cannot_be_a_tool_is_refused(added: Any, options: dict[str, Any], words: list[str]) -> None:
    """Reserved or unusable names, unknown risks and parameters no model can fill are refused, naming the value."""
    with pytest.raises(InputError) as caught:
        Toolbox().add(added, **options)
    assert all(word in str(caught.value) for word in words)


def test_names() -> None:
    """A name is there once; an unknown one is answered with what there is; `only` picks, and tools are sorted."""
    box = Toolbox([order, partial_named(), Toolbox().add(order, name="again")])
    assert box.names == ("again", "order", "twice")
    assert [made.name for made in box] == list(box.names)
    assert len(box) == 3
    assert "order" in box
    assert "nothing" not in box
    assert box.only(["twice", "again", "twice"]).names == ("again", "twice")
    with pytest.raises(InputError, match=r"'order'.*already"):
        box.add(order)
    with pytest.raises(InputError, match=r"'nothing'.*again.*order"):
        box["nothing"]
    with pytest.raises(InputError, match="'nothing'"):
        box.only(["nothing"])


def partial_named() -> Any:
    """A partial application under a name of its own."""
    return Toolbox().add(partial(order, count=2), name="twice")


def test_a_partial_application_keeps_what_was_bound() -> None:
    """What is bound beforehand is a default."""
    assert asyncio.run(partial_named().run({"item": "tea"})).text == "2 small tea None"


async def test_what_a_function_raises_becomes_a_tool_error() -> None:
    """Any exception becomes ToolError with its message, bounded; our own tool errors pass as they are."""

    def divide(by: int) -> float:
        return 1 / by

    def shout() -> str:
        raise ValueError("x" * 100_000)

    async def refuse() -> str:
        raise ToolArgumentsError("not this one")

    box = Toolbox([divide, shout, refuse])
    with pytest.raises(ToolError, match="divide: ZeroDivisionError: division by zero"):
        await box["divide"].run({"by": 0})
    with pytest.raises(ToolError) as caught:
        await box["shout"].run({})
    assert len(str(caught.value)) <= 2_000
    with pytest.raises(ToolArgumentsError, match=r"^not this one$"):
        await box["refuse"].run({})


async def test_cancelling_passes() -> None:
    """A cancelled call is cancelled, not failed."""
    started = asyncio.Event()

    async def wait() -> None:
        started.set()
        await asyncio.sleep(60)

    running = asyncio.create_task(Toolbox().add(wait).run({}))
    await started.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_sync_functions_leave_the_loop_free() -> None:
    """A sync function runs in a thread: the loop goes on, and lets it end."""
    gate = threading.Event()

    def wait() -> str:
        return str(gate.wait(30))

    running = asyncio.create_task(Toolbox().add(wait).run({}))
    await asyncio.sleep(0.05)
    gate.set()
    assert (await running).text == "True"
