"""Replies and tool calls: every fault goes back to the model, in a form that the strict server accepts."""

from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph

from repertory.memory.errors import InputError, LimitError, ModelError, ResourceError
from repertory.memory.records import ModelSpec, Usage
from repertory.nodes.models.configured import configured_models
from repertory.nodes.models.responses import respond
from repertory.nodes.tools.toolbox import Toolbox
from tests.budgets import CountingBudget
from tests.openai_server import Answer, OpenAIServer, Raw, Refused, Reset, Slow, filtered, refusal, truncated
from tests.scripted import ScriptedModel

ASKED: list[AnyMessage] = [SystemMessage("You read files."), HumanMessage("Read a.txt.")]


def read_file(path: str) -> str:
    """Read a file."""
    return path


def rename(old: str, new: str) -> str:
    """Rename a file."""
    return old + new


TOOLS = list(Toolbox([read_file, rename]))
CALL = [("read_file", {"path": "a.txt"})]
CALLED = (("read_file", {"path": "a.txt"}),)


def model_of(server: OpenAIServer, *, stream: bool = False, **patience: Any) -> BaseChatModel:
    patience = {"timeout": 5.0, "max_retries": 2, **patience}
    model = configured_models(None, environ=server.environ(), **patience)(ModelSpec())
    return model.model_copy(update={"streaming": True}) if stream else model


@pytest.fixture(params=[False, True], ids=["plain", "streaming"])
def stream(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


async def test_words(stream: bool) -> None:
    """A reply is its words, and its usage is what the server says."""
    budget = CountingBudget()
    with OpenAIServer(["Here it is."]) as server:
        response = await respond(model_of(server, stream=stream), ASKED, budget=budget)
    assert (response.text, response.calls) == ("Here it is.", ())
    assert response.usage == budget.spent
    assert response.usage.model_calls == 1
    assert response.usage.input_tokens == server.stats["prompt_tokens"] > 0
    assert response.usage.output_tokens == server.stats["completion_tokens"] > 0
    assert bool(server.requests[0].get("stream")) == stream


async def test_calls(stream: bool) -> None:
    """Several calls of one answer come in order, with their arguments."""
    calls = [*CALL, ("rename", {"old": "a", "new": "b"})]
    with OpenAIServer([calls]) as server:
        response = await respond(model_of(server, stream=stream), ASKED, TOOLS, budget=CountingBudget())
    assert response.calls == (*CALLED, ("rename", {"old": "a", "new": "b"}))


FAULTS: dict[str, tuple[Raw, str]] = {
    "empty": (Raw(""), "empty"),
    "blank": (Raw("  \n"), "empty"),
    "nothing": (Raw(None), "empty"),
    "cut off": (truncated("Here it i"), "cut off"),
    "cut off in a call": (Raw(calls=[("read_file", '{"path": "a')], finish="length"), "cut off"),
    "whole call, cut off": (Raw(calls=[("read_file", '{"path": "a.t"}')], finish="length"), "cut off"),
    "refusal": (refusal("I can't do that."), "I can't do that."),
    "filter": (filtered(), "filter"),
    "filter with words": (Raw("Here", finish="content_filter"), "filter"),
    "no such tool": (Raw(calls=[("delete_file", '{"path": "a"}')]), "no tool 'delete_file'"),
    "bad tool name": (Raw(calls=[("read file!", '{"path": "a"}')]), "no tool 'read file!'"),
    "missing argument": (Raw(calls=[("rename", '{"old": "a"}')]), "new"),
    "unknown argument": (Raw(calls=[("read_file", '{"path": "a", "mode": "r"}')]), "mode"),
    "wrong type": (Raw(calls=[("read_file", '{"path": ["a"]}')]), "path"),
    "arguments not closed": (Raw(calls=[("read_file", '{"path": "a.txt"')]), "no JSON object"),
    "arguments are words": (Raw(calls=[("read_file", "a.txt")]), "no JSON object"),
    "arguments are a list": (Raw(calls=[("read_file", '["a.txt"]')]), "no JSON object"),
    "one of two": (Raw(calls=[("read_file", '{"path": "a"}'), ("rename", "{}")]), "rename"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_fault_goes_back(fault: str, stream: bool) -> None:
    """A faulty answer goes back with the reason, the strict server takes the history, and the next answer counts."""
    faulty, reason = FAULTS[fault]
    budget = CountingBudget()
    with OpenAIServer([faulty, CALL]) as server:
        response = await respond(model_of(server, stream=stream), ASKED, TOOLS, budget=budget)
    assert response.calls == CALLED
    assert response.usage == budget.spent
    assert response.usage.model_calls == 2
    assert server.refusals == []
    begun, added = server.requests[0]["messages"], server.requests[1]["messages"][2:]
    assert begun == server.requests[1]["messages"][:2]
    assert added[0]["role"] == "assistant"
    assert reason in added[1]["content"]
    assert [message["role"] for message in added[1:]] == (
        ["tool"] * len(added[0]["tool_calls"]) if "tool_calls" in added[0] else ["user"]
    )


async def test_attempts_are_bounded(stream: bool) -> None:
    """After so many faulty answers the error says what was wrong with the last one; every attempt was counted."""
    budget = CountingBudget()
    with OpenAIServer([truncated("x"), Raw(""), Raw(calls=[("nope", "{}")])]) as server:
        with pytest.raises(ModelError, match=r"3 attempts.*no tool 'nope'"):
            await respond(model_of(server, stream=stream), ASKED, TOOLS, budget=budget)
        assert len(server.requests) == budget.spent.model_calls == 3


async def test_limit_between_attempts() -> None:
    """A limit of the run holds between attempts, too."""
    with OpenAIServer([Raw("")]) as server, pytest.raises(LimitError):
        await respond(model_of(server), ASKED, budget=CountingBudget(calls=1))


TRANSIENT: list[Answer] = [
    Refused(429), Refused(500), Refused(503), Refused(408), Reset(), Slow(1.0, "late")
]  # fmt: skip


@pytest.mark.parametrize("fault", TRANSIENT, ids=repr)
async def test_transient_errors(fault: Answer, stream: bool) -> None:
    """429, 5xx, timeouts and broken connections are tried again; to the model and the budget it is one call."""
    budget = CountingBudget()
    with OpenAIServer([fault, "fine"]) as server:
        model = model_of(server, stream=stream, timeout=0.5)
        response = await respond(model, ASKED, budget=budget)
        assert response.text == "fine"
        assert budget.spent.model_calls == 1
        assert len(server.requests) == 2
        assert server.requests[0] == server.requests[1]


async def test_retry_after() -> None:
    """Retry-After is honoured: nothing is asked again before it is over."""
    with OpenAIServer([Refused(429, retry_after="1.5"), "fine"]) as server:
        await respond(model_of(server), ASKED, budget=CountingBudget())
    assert server.times[1] - server.times[0] >= 1.5


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (Refused(429, "slow down"), ResourceError, "slow down.*later"),
        (Refused(503, "overloaded"), ResourceError, "overloaded.*later"),
        (Reset(), ResourceError, "OPENAI_BASE_URL"),
        (Slow(3.0, "late"), ResourceError, "in time"),
    ],
    ids=repr,
)
async def test_retries_are_bounded(fault: Answer, error: type[Exception], words: str, stream: bool) -> None:
    """What trying again does not cure becomes an error that says what to do, after so many retries and no more."""
    budget = CountingBudget()
    with OpenAIServer([fault, fault]) as server:
        with pytest.raises(error, match=words):
            await respond(model_of(server, stream=stream, timeout=0.3, max_retries=1), ASKED, budget=budget)
        assert len(server.requests) == 2
        assert budget.spent == Usage(model_calls=1)


async def test_long_retry_after() -> None:
    """A server that wants more than two minutes is not waited for: the error says so at once."""
    with OpenAIServer([Refused(429, "come back tomorrow", retry_after="86400")]) as server:
        with pytest.raises(ResourceError, match="tomorrow"):
            await respond(model_of(server), ASKED, budget=CountingBudget())
        assert len(server.requests) == 1


async def test_wrong_key(stream: bool) -> None:
    """A wrong key is not tried again; the error names the variable, and neither it nor its cause shows the key."""
    with OpenAIServer() as server:
        environ = {**server.environ(), "OPENAI_API_KEY": "sk-wrong-and-secret"}
        model = configured_models(None, environ=environ)(ModelSpec())
        model = model.model_copy(update={"streaming": stream})
        with pytest.raises(ResourceError, match="OPENAI_API_KEY") as caught:
            await respond(model, ASKED, budget=CountingBudget())
        assert len(server.refusals) == 1
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


async def test_wrong_model(stream: bool) -> None:
    """A model that the server has not is not tried again; the error names the variable."""
    with OpenAIServer() as server:
        model = configured_models("openai:gpt-9", environ=server.environ())(ModelSpec())
        with pytest.raises(ResourceError, match=r"gpt-9.*REPERTORY_MODEL"):
            await respond(model.model_copy(update={"streaming": stream}), ASKED, budget=CountingBudget())
        assert len(server.requests) == 1


async def test_rejected_request(stream: bool) -> None:
    """A request that the server rejects is not tried again; the error has the server's words."""
    with OpenAIServer([Refused(400, "no such thing as tools")]) as server:
        with pytest.raises(ModelError, match="no such thing as tools"):
            await respond(model_of(server, stream=stream), ASKED, TOOLS, budget=CountingBudget())
        assert len(server.requests) == 1


async def test_unreachable() -> None:
    """Where nothing listens, the error says which setting to check."""
    with OpenAIServer() as server:
        environ = server.environ()
    model = configured_models(None, environ=environ, max_retries=1)(ModelSpec())
    with pytest.raises(ResourceError, match="OPENAI_BASE_URL"):
        await respond(model, ASKED, budget=CountingBudget())


async def test_other_server() -> None:
    """An address where something else answers is told from a model's fault."""
    with OpenAIServer(key=None) as server:
        environ = {**server.environ(), "OPENAI_BASE_URL": server.base_url.removesuffix("/v1") + "/page"}
        with pytest.raises(ResourceError, match="OPENAI_BASE_URL"):
            await respond(configured_models(None, environ=environ)(ModelSpec()), ASKED, budget=CountingBudget())


async def test_stream_breaks_off() -> None:
    """A stream that breaks off in its middle is asked for again, and nothing of the first one is left."""
    budget = CountingBudget()
    with OpenAIServer([Reset(after=3), "fine"]) as server:
        response = await respond(model_of(server, stream=True), ASKED, budget=budget)
    assert response.text == "fine"
    assert response.usage.model_calls == budget.spent.model_calls == 2


async def test_tokens_reach_a_graph_stream() -> None:
    """Under a graph's `stream_mode="messages"` the words come in pieces, by langchain's callbacks, and are counted."""
    budget = CountingBudget()
    with OpenAIServer(["one two three four five six seven"]) as server:
        model = model_of(server)

        async def say(state: MessagesState) -> dict[str, Any]:
            response = await respond(model, state["messages"], budget=budget)
            return {"messages": [AIMessage(response.text)]}

        graph = StateGraph(MessagesState).add_node("say", say).add_edge(START, "say").compile()
        asked: MessagesState = {"messages": list(ASKED)}
        seen: list[Any] = [piece async for piece, _ in graph.astream(asked, stream_mode="messages")]
        pieces = [str(piece.text) for piece in seen if isinstance(piece, AIMessageChunk) and piece.text]
    assert len(pieces) > 2
    assert "".join(pieces) == "one two three four five six seven"
    assert budget.spent.output_tokens == server.stats["completion_tokens"]


async def test_usage_is_estimated() -> None:
    """Where a server does not say what an answer cost, it is estimated at four characters a token."""
    with OpenAIServer([Raw("x" * 400, usage=False)]) as server:
        response = await respond(model_of(server), [HumanMessage("y" * 800)], budget=CountingBudget())
    assert response.usage == Usage(model_calls=1, input_tokens=200, output_tokens=100)


async def test_plain_chat_openai(stream: bool) -> None:
    """A caller's own ChatOpenAI gets the same care, arguments that langchain cannot read included."""
    odd = Raw(calls=[("read_file", '["a.txt"]')])
    with OpenAIServer([odd, Raw(""), CALL]) as server:
        own = ChatOpenAI(model="test-model", base_url=server.base_url, api_key=server.key, streaming=stream)
        response = await respond(own, ASKED, TOOLS, budget=CountingBudget())
    assert response.calls == CALLED
    assert response.usage.model_calls == 3


async def test_any_chat_model() -> None:
    """Any chat model of langchain serves: faults go back, and calls come checked."""
    model = ScriptedModel("", [("read_file", {})], CALL)
    response = await respond(model, ASKED, TOOLS, budget=CountingBudget())
    assert response.calls == CALLED
    assert model.left == 0
    assert model.asks[0].tools == ("read_file", "rename")
    assert response.usage == Usage(model_calls=3, input_tokens=30, output_tokens=15)


async def test_model_without_tools() -> None:
    """A model that cannot call tools is the caller's mistake, and is named."""
    from langchain_core.language_models import FakeListChatModel

    with pytest.raises(InputError, match="FakeListChatModel"):
        await respond(FakeListChatModel(responses=["x"]), ASKED, TOOLS, budget=CountingBudget())


async def test_programming_errors_pass() -> None:
    """An error that is no provider's comes through as it is, and the attempt is counted."""
    budget = CountingBudget()
    with pytest.raises(ZeroDivisionError):
        await respond(ScriptedModel(ZeroDivisionError()), ASKED, budget=budget)
    assert budget.spent.model_calls == 1
