"""Temperatures that a model refuses are left out, once they were refused, and nothing else is."""

import asyncio
import logging
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph

from repertory.memory.errors import ModelError
from repertory.memory.records import ModelSpec
from repertory.nodes.models.configured import Models, configured_models, given_model
from repertory.nodes.models.responses import respond, structured
from repertory.nodes.planner.drafts import PromptDraft
from repertory.nodes.tools.toolbox import Toolbox
from tests.budgets import CountingBudget
from tests.openai_server import OpenAIServer, Raw, Refused
from tests.scripted import ScriptedModel

ASKED = [HumanMessage("hello")]
STEADY = "behind-a-gateway"
"""A reasoning model whose name does not show it."""
DRAFT = {"agent": "a", "prompt": "p"}


def read_file(path: str) -> str:
    """Read a file."""
    return path


TOOLS = list(Toolbox([read_file]))
CALL = [("read_file", {"path": "a.txt"})]


def serving(*answers: Any, model: str = STEADY) -> OpenAIServer:
    return OpenAIServer(answers, models=[model, "gpt-4.1"], steady=[STEADY])


@pytest.fixture(params=["configured", "given"])
def own(request: pytest.FixtureRequest) -> bool:
    """Whether the model is the caller's own ChatOpenAI."""
    return bool(request.param == "given")


def models_of(server: OpenAIServer, *, own: bool = False, model: str = STEADY, **fields: Any) -> Models:
    if own:
        return given_model(ChatOpenAI(model=model, base_url=server.base_url, api_key=server.key, **fields))
    return configured_models(None, environ=server.environ(model))


def at(temperature: float, name: str | None = None) -> ModelSpec:
    return ModelSpec(name=name, temperature=temperature)


def temperatures(server: OpenAIServer) -> list[float | None]:
    return [request.get("temperature") for request in server.requests]


async def test_words(own: bool, caplog: pytest.LogCaptureFixture) -> None:
    """The refused request is repeated without the temperature, in one counted call; the user is told once."""
    budget = CountingBudget()
    with serving("one", "two", "three") as server:
        models = models_of(server, own=own)
        said = [await respond(models(at(t)), ASKED, budget=budget) for t in (0.3, 0.3, 0.9)]
    assert [response.text for response in said] == ["one", "two", "three"]
    assert temperatures(server) == [0.3, None, None, None]
    assert all("temperature" not in request for request in server.requests[1:])
    assert budget.spent.model_calls == 3
    warned = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warned) == 1
    assert f"{STEADY!r} takes no temperature" in warned[0]


async def test_calls(own: bool) -> None:
    """Tools stay bound where the temperature goes, also when an answer goes back as faulty."""
    with serving(Raw(""), CALL, CALL) as server:
        models = models_of(server, own=own)
        for _ in range(2):
            response = await respond(models(at(0.3)), ASKED, TOOLS, budget=CountingBudget())
            assert response.calls == (("read_file", {"path": "a.txt"}),)
    assert temperatures(server) == [0.3, None, None, None]
    assert all(len(request["tools"]) == 1 for request in server.requests)


async def test_structured(own: bool) -> None:
    """An answer of a schema keeps its strict schema: the refusal is not taken for one of the schema."""
    budget = CountingBudget()
    with serving(DRAFT, DRAFT) as server:
        models = models_of(server, own=own)
        for _ in range(2):
            draft, _ = await structured(models(at(0.3)), ASKED, PromptDraft, lambda draft: draft.prompt, budget=budget)
            assert draft == "p"
    assert temperatures(server) == [0.3, None, None]
    assert all(request["response_format"]["json_schema"]["strict"] for request in server.requests)
    assert budget.spent.model_calls == 2


async def test_structured_without_schemas() -> None:
    """A server that refuses both the temperature and response_format is asked by function call, and that is kept."""
    answers = [[("PromptDraft", DRAFT)], [("PromptDraft", DRAFT)]]
    with OpenAIServer(answers, models=[STEADY], steady=[STEADY], rejects=["response_format"]) as server:
        models = models_of(server)
        for _ in range(2):
            await structured(models(at(0.3)), ASKED, PromptDraft, str, budget=CountingBudget())
    assert temperatures(server) == [0.3, None, None, None]
    assert ["response_format" in request for request in server.requests] == [True, True, False, False]


async def test_what_is_known_of_one_call_serves_all() -> None:
    """Words, calls and answers of a schema, and all temperatures, share what was learnt from the first refusal."""
    with serving("x", DRAFT, CALL) as server:
        models = models_of(server)
        await respond(models(at(0.1)), ASKED, budget=CountingBudget())
        await structured(models(at(0.2)), ASKED, PromptDraft, str, budget=CountingBudget())
        await respond(models(at(0.3)), ASKED, TOOLS, budget=CountingBudget())
    assert temperatures(server) == [0.1, None, None, None]


async def test_streaming(own: bool) -> None:
    """Under a graph's `stream_mode="messages"` the words come in pieces, and nothing of the refused request."""
    with serving("one two three four five six seven") as server:
        models = models_of(server, own=own, stream_usage=True)

        async def say(state: MessagesState) -> dict[str, Any]:
            response = await respond(models(at(0.3)), state["messages"], budget=CountingBudget())
            return {"messages": [AIMessage(response.text)]}

        graph = StateGraph(MessagesState).add_node("say", say).add_edge(START, "say").compile()
        asked: MessagesState = {"messages": list(ASKED)}
        seen: list[Any] = [piece async for piece, _ in graph.astream(asked, stream_mode="messages")]
    pieces = [str(piece.text) for piece in seen if piece.type == "AIMessageChunk" and piece.text]
    assert len(pieces) > 2
    assert "".join(pieces) == "one two three four five six seven"
    assert all(request["stream"] for request in server.requests)
    assert temperatures(server) == [0.3, None]


async def test_in_parallel() -> None:
    """Calls that are refused at the same time are all repeated."""
    with OpenAIServer(lambda _: "done", models=[STEADY], steady=[STEADY], latency=0.05) as server:
        models = models_of(server)
        asks = [respond(models(at(n / 10)), ASKED, budget=CountingBudget()) for n in range(1, 6)]
        assert {response.text for response in await asyncio.gather(*asks)} == {"done"}
    assert server.stats["calls"] == 5


@pytest.mark.parametrize("name", ["o4-mini", "o3-mini", "o3"])
async def test_reasoning_models(name: str, own: bool) -> None:
    """Models of the o-series refuse the value or the parameter; both are understood."""
    with OpenAIServer(["x"], models=[name]) as server:
        models = models_of(server, own=own, model=name)
        await respond(models(at(0.3)), ASKED, budget=CountingBudget())
    assert temperatures(server) == [0.3, None]


async def test_the_default_model(own: bool, caplog: pytest.LogCaptureFixture) -> None:
    """gpt-5.1 is asked without a temperature, and that is said once, although langchain drops it without a word."""
    with OpenAIServer(["x", "y"]) as server:
        models = models_of(server, own=own, model="gpt-5.1")
        for temperature in (0.3, 0.7):
            await respond(models(at(temperature)), ASKED, budget=CountingBudget())
    assert temperatures(server) == ([0.3, None, None] if own else [None, None])
    assert [record.args for record in caplog.records if "takes no temperature" in record.msg] == [("gpt-5.1",)]


async def test_other_models_keep_theirs() -> None:
    """What one model refuses says nothing about another of the same server, nor about the same name elsewhere."""
    with serving("x", "y") as server:
        models = models_of(server)
        await respond(models(at(0.3)), ASKED, budget=CountingBudget())
        await respond(models(at(0.3, "openai:gpt-4.1")), ASKED, budget=CountingBudget())
    assert temperatures(server) == [0.3, None, 0.3]
    with OpenAIServer(["z"], models=[STEADY]) as other:
        await respond(models_of(other)(at(0.3)), ASKED, budget=CountingBudget())
    assert temperatures(other) == [0.3]


async def test_a_refusal_without_a_code() -> None:
    """The Responses API gives no code with this refusal; its words tell."""
    words = "Unsupported parameter: 'temperature' is not supported with this model."
    with OpenAIServer([Refused(400, words, param="temperature"), "x"], models=["plain"]) as server:
        await respond(models_of(server, model="plain")(at(0.3)), ASKED, budget=CountingBudget())
    assert temperatures(server) == [0.3, None]


OTHERS = {
    "out of range": Refused(400, "Invalid 'temperature': decimal above maximum value.", param="temperature"),
    "other parameter": Refused(400, "Unsupported value: 'top_p'", "unsupported_value", "top_p"),
    "no parameter named": Refused(400, "Unsupported value: 'temperature' does not support 0.3"),
    "other status": Refused(422, "Unsupported value: 'temperature'", "unsupported_value", "temperature"),
}


@pytest.mark.parametrize("fault", OTHERS)
@pytest.mark.parametrize("shape", ["words", "calls", "structured"])
async def test_other_refusals_are_errors(fault: str, shape: str) -> None:
    """Any other refusal is an error with the server's words, at once."""
    budget = CountingBudget()
    with OpenAIServer([OTHERS[fault]], models=["plain"]) as server:
        model = models_of(server, model="plain")(at(0.3))
        with pytest.raises(ModelError, match=r"temperature|top_p"):
            await _ask(model, shape, budget)
    assert len(server.requests) == 1


async def test_a_model_without_temperature_cannot_drop_it() -> None:
    """Where none was sent, the same refusal is an error: asking again would change nothing."""
    refusal = Refused(400, "Unsupported value: 'temperature'", "unsupported_value", "temperature")
    with OpenAIServer([refusal], models=["plain"]) as server:
        with pytest.raises(ModelError, match="temperature"):
            await _ask(models_of(server, model="plain")(ModelSpec()), "words", CountingBudget())
        assert len(server.requests) == 1


async def test_other_kinds_of_models_are_left_alone() -> None:
    """A model that is none of OpenAI's, and says nothing of the kind, keeps the temperature that it was given."""
    model = given_model(ScriptedModel("a"))(at(0.3))
    await respond(model, ASKED, budget=CountingBudget())
    assert model.temperature == 0.3  # type: ignore[attr-defined]


async def _ask(model: BaseChatModel, shape: str, budget: CountingBudget) -> Any:
    if shape == "structured":
        return await structured(model, ASKED, PromptDraft, str, budget=budget)
    return await respond(model, ASKED, TOOLS if shape == "calls" else (), budget=budget)
