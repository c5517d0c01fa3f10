"""Answers of a schema: by the way that the server has, every fault fed back."""

import gc
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI

from repertory.memory.errors import InputError, ModelError, PlanError, ResourceError
from repertory.memory.records import ModelSpec, Usage
from repertory.nodes.models.configured import configured_models
from repertory.nodes.models.structured import structured
from repertory.nodes.planner import drafts
from repertory.nodes.planner.drafts import Draft
from tests.budgets import CountingBudget
from tests.openai_server import Answer, OpenAIServer, Raw, Refused, filtered, refusal, truncated
from tests.scripted import ScriptedModel


class Point(Draft):
    """A point."""

    x: int
    label: str | None


ASKED = [SystemMessage("You draw."), HumanMessage("Give a point.")]
GOOD = {"x": 1, "label": None}
POINT = Point(x=1, label=None)


def keep(point: Point) -> Point:
    return point


def model_of(server: OpenAIServer, *, stream: bool = False) -> BaseChatModel:
    model = configured_models(None, environ=server.environ(), timeout=5, max_retries=0)(ModelSpec())
    return model.model_copy(update={"streaming": True}) if stream else model


@pytest.fixture(params=[False, True], ids=["plain", "streaming"])
def stream(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


async def test_strict_schema(stream: bool) -> None:
    """Where the server has strict JSON schema, that is used, and one call is enough."""
    budget = CountingBudget()
    with OpenAIServer([GOOD]) as server:
        got, usage = await structured(model_of(server, stream=stream), ASKED, Point, keep, budget=budget)
    assert got == POINT
    assert usage == budget.spent
    assert usage.model_calls == 1
    assert usage.output_tokens == server.stats["completion_tokens"] > 0
    assert server.requests[0]["response_format"]["json_schema"]["strict"] is True
    assert "tools" not in server.requests[0]


SCHEMAS = [kind for kind in vars(drafts).values() if isinstance(kind, type) and issubclass(kind, Draft)]


@pytest.mark.parametrize("schema", [kind for kind in SCHEMAS if kind is not Draft])
async def test_our_schemas_are_strict(schema: type[Draft]) -> None:
    """Every schema that we ask for is one that OpenAI's strict mode accepts."""
    with OpenAIServer() as server:
        got, _ = await structured(model_of(server), ASKED, schema, lambda draft: draft, budget=CountingBudget())
    assert isinstance(got, schema)
    assert server.refusals == []
    assert "response_format" in server.requests[0]


FAULTS: dict[str, tuple[Raw, str]] = {
    "malformed": (Raw('{"x": 1, "label": '), "Point"),
    "wrong type": (Raw('{"x": "one", "label": null}'), "x: "),
    "missing": (Raw('{"x": 1}'), "label: "),
    "unknown": (Raw('{"x": 1, "label": null, "y": 2}'), "y: "),
    "a list": (Raw('[{"x": 1}]'), "Point"),
    "cut off": (truncated('{"x": 1'), "cut off"),
    "whole, but cut off": (truncated('{"x": 1, "label": null}'), "cut off"),
    "empty": (Raw(""), "empty"),
    "refusal": (refusal("I won't."), "I won't."),
    "filter": (filtered(), "filter"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_fault_goes_back(fault: str, stream: bool) -> None:
    """A faulty answer goes back with the reason, and the next one counts; strict schema stays the way."""
    faulty, reason = FAULTS[fault]
    budget = CountingBudget()
    with OpenAIServer([faulty, GOOD]) as server:
        got, usage = await structured(model_of(server, stream=stream), ASKED, Point, keep, budget=budget)
    assert got == POINT
    assert usage == budget.spent
    assert usage.model_calls == 2
    added = server.requests[1]["messages"][2:]
    assert [message["role"] for message in added] == ["assistant", "user"]
    assert reason in added[1]["content"]
    assert "response_format" in server.requests[1]


async def test_check_goes_back() -> None:
    """An answer of the right form that the caller finds bad goes back with the caller's reason."""

    def check(point: Point) -> str:
        if point.x < 2:
            raise PlanError(f"x is {point.x}; it must be 2 or more")
        return "fine"

    with OpenAIServer([GOOD, {"x": 2, "label": "b"}]) as server:
        got, _ = await structured(model_of(server), ASKED, Point, check, budget=CountingBudget())
    assert got == "fine"
    assert "x is 1; it must be 2 or more" in server.requests[1]["messages"][-1]["content"]


async def test_attempts_are_bounded() -> None:
    """After so many bad answers the error says what was wrong with the last one."""

    def check(point: Point) -> Point:
        raise InputError(f"x is {point.x}")

    with OpenAIServer([GOOD, {"x": 7, "label": None}]) as server:
        with pytest.raises(ModelError, match=r"2 attempts.*x is 7"):
            await structured(model_of(server), ASKED, Point, check, budget=CountingBudget(), attempts=2)
        assert len(server.requests) == 2


@pytest.mark.parametrize("status", [400, 422])
async def test_server_without_schema(status: int, stream: bool) -> None:
    """A server that refuses response_format is asked by a function call, and not asked the other way again."""
    refused = Refused(status, "'response_format' of type 'json_schema' is not supported")
    with OpenAIServer([refused, GOOD, GOOD]) as server:
        model = model_of(server, stream=stream)
        budget = CountingBudget()
        got, usage = await structured(model, ASKED, Point, keep, budget=budget)
        assert (got, usage.model_calls) == (POINT, 1)
        await structured(model, ASKED, Point, keep, budget=budget)
    assert ["response_format" in request for request in server.requests] == [True, False, False]
    assert [request.get("tool_choice", {}).get("function") for request in server.requests[1:]] == [
        {"name": "Point"}
    ] * 2


async def test_server_without_schema_and_tools() -> None:
    """A server that refuses both gets the schema in words, after what is stable in the system message."""
    with OpenAIServer(
        ['```json\n{"x": 1, "label": null}\n```', '{"x": 1, "label": null}'], rejects=["response_format", "tools"]
    ) as server:
        model = model_of(server)
        for _ in range(2):
            got, _ = await structured(model, ASKED, Point, keep, budget=CountingBudget())
            assert got == POINT
    assert len(server.requests) == 4
    system = server.requests[-1]["messages"][0]["content"]
    assert system.startswith("You draw.")
    assert '"label"' in system


TOLD = "Sure! The point is at one."


async def test_server_ignores_schema() -> None:
    """A server that takes response_format and answers with words is asked by a function call, from then on."""
    answers: list[Answer] = [TOLD, GOOD, GOOD]
    with OpenAIServer(answers, ignores=["response_format"]) as server:
        model = model_of(server)
        got, usage = await structured(model, ASKED, Point, keep, budget=CountingBudget())
        assert (got, usage.model_calls) == (POINT, 2)
        _, usage = await structured(model, ASKED, Point, keep, budget=CountingBudget())
        assert usage.model_calls == 1
    assert server.requests[1]["messages"][-2]["content"] == TOLD


async def test_server_ignores_all() -> None:
    """A server that ignores schema and tools is told the schema in words, within three attempts."""
    answers: list[Answer] = [TOLD, TOLD, 'Here: {"x": 1, "label": null} — as you wished.']
    with OpenAIServer(answers, ignores=["response_format", "tools", "tool_choice"]) as server:
        got, usage = await structured(model_of(server), ASKED, Point, keep, budget=CountingBudget())
    assert (got, usage.model_calls) == (POINT, 3)


async def test_one_wrong_way_is_not_remembered() -> None:
    """Answers in words from a server that has strict schema do not change the way if no other way worked."""
    with OpenAIServer([Raw(TOLD), Raw(TOLD), Raw(TOLD), GOOD]) as server:
        model = model_of(server)
        with pytest.raises(ModelError):
            await structured(model, ASKED, Point, keep, budget=CountingBudget())
        await structured(model, ASKED, Point, keep, budget=CountingBudget())
    assert "response_format" in server.requests[3]


@pytest.mark.parametrize("arguments", ['{"x": 1', '{"x": 1}', "x"])
async def test_function_arguments(arguments: str, stream: bool) -> None:
    """By a function call, arguments that are no JSON or do not fit go back as a call and its tool message."""
    with OpenAIServer([Raw(calls=[("Point", arguments)]), GOOD], rejects=["response_format"]) as server:
        got, _ = await structured(model_of(server, stream=stream), ASKED, Point, keep, budget=CountingBudget())
    assert got == POINT
    assert [message["role"] for message in server.requests[-1]["messages"][2:]] == ["assistant", "tool"]


async def test_thoughts() -> None:
    """Thoughts that a local model writes before its JSON are passed over, braces in them included."""
    answer = '<think>{"x": 2} or so?</think>\n{"x": 1, "label": null}'
    with OpenAIServer([Raw(answer)]) as server:
        got, _ = await structured(model_of(server), ASKED, Point, keep, budget=CountingBudget())
    assert got == POINT


async def test_other_rejections_are_errors() -> None:
    """A refusal that names no way of structured output is not taken for one, and a wrong key neither."""
    with OpenAIServer([Refused(400, "the prompt offends")]) as server:
        with pytest.raises(ModelError, match="offends"):
            await structured(model_of(server), ASKED, Point, keep, budget=CountingBudget())
        assert len(server.requests) == 1
    with OpenAIServer([Refused(403, "no tools for this key")]) as server:
        with pytest.raises(ResourceError, match="OPENAI_API_KEY"):
            await structured(model_of(server), ASKED, Point, keep, budget=CountingBudget())
        assert len(server.requests) == 1


@pytest.mark.parametrize("how", ["tool", "json"])
async def test_own_model(how: Any) -> None:
    """A caller's own chat model is asked its own way; faults go back, and usage is counted."""
    model = ScriptedModel(AIMessage('{"x": 1'), AIMessage("", tool_calls=[_call({"x": "?"})]), POINT, structured=how)
    got, usage = await structured(model, ASKED, Point, keep, budget=CountingBudget())
    assert got == POINT
    assert usage == Usage(model_calls=3, input_tokens=30, output_tokens=15)
    assert [ask.schema for ask in model.asks] == ["Point"] * 3
    assert model.asks[2].messages[-1].type == "tool"


async def test_own_model_without_structured_output() -> None:
    """A chat model that has no structured output gets the schema in words."""
    model = ScriptedModel(POINT, structured="none")
    got, _ = await structured(model, ASKED, Point, keep, budget=CountingBudget())
    assert got == POINT
    assert '"label"' in model.asks[0].text


async def test_own_chat_openai(stream: bool) -> None:
    """A caller's own ChatOpenAI is asked by strict schema, and what it sends along stays."""
    with OpenAIServer([Raw("{"), GOOD]) as server:
        own = ChatOpenAI(
            model="test-model",
            base_url=server.base_url,
            api_key=server.key,
            streaming=stream,
            extra_body={"user": "me"},
        )
        got, _ = await structured(own, ASKED, Point, keep, budget=CountingBudget())
    assert got == POINT
    assert all(request["user"] == "me" and "response_format" in request for request in server.requests)


async def test_forgotten_models() -> None:
    """What is remembered of one model is never taken for another that comes to lie at the same place in memory."""
    for n in range(200):
        model = ScriptedModel(Point(x=n, label=None), structured="none" if n % 2 else "tool")
        got, usage = await structured(model, ASKED, Point, keep, budget=CountingBudget())
        assert (got.x, usage.model_calls) == (n, 1)
        del model
        gc.collect(0)


def _call(arguments: dict[str, Any]) -> Any:
    return {"name": "Point", "args": arguments, "id": "call_1", "type": "tool_call"}
