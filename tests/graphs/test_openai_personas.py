"""A hierarchy of personas over HTTP, against a loopback server that is as strict as OpenAI's."""

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from repertory.graphs import build_persona
from repertory.memory.records import Agent, ModelSpec
from repertory.nodes.context import Context
from repertory.nodes.decisions.policy import Policy, Rule
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import Models, configured_models, given_model
from repertory.nodes.tools.builtin import builtin_toolbox
from tests.openai_schemas import strict_faults
from tests.openai_server import Answer, OpenAIServer, Raw

CONFIG: Any = {"configurable": {"thread_id": "t"}}
STEADY = "deep-thinker"
"""A model that refuses temperatures."""
MODELS = ("gpt-4.1", "test-model", STEADY)
Request = dict[str, Any]


def persona(
    name: str,
    *delegates: Agent,
    tools: Sequence[str] = (),
    model: str | None = None,
    at: float | None = None,
    **more: Any,
) -> Agent:
    spec = ModelSpec(name=model and f"openai:{model}", temperature=at)
    told = {"role": name, "description": f"is {name}", "prompt": f"You are {name}.", **more}
    return Agent(name=name, tools=tuple(tools), delegates=delegates, model=spec, **told)


DIGGER = persona("digger", tools=["read_file"], model="gpt-4.1", at=0.9)
CHECKER = persona("checker", model=STEADY, at=0.2, memory="thread")
DESK = persona("desk", DIGGER, CHECKER, tools=["text_statistics"], at=0.4, memory="thread")
SCRIBE = persona("scribe", tools=["write_file"])
CHIEF = persona("chief", DESK, SCRIBE, model="gpt-4.1", at=0.0, memory="thread")
SETTINGS = {
    "chief": ("gpt-4.1", 0.0),
    "desk": ("test-model", 0.4),
    "digger": ("gpt-4.1", 0.9),
    "checker": (STEADY, None),
    "scribe": ("test-model", None),
}
TOOLS = {
    "chief": ["delegate"],
    "desk": ["text_statistics", "delegate"],
    "digger": ["read_file"],
    "checker": [],
    "scribe": ["write_file"],
}
BESIDE = Policy.preset("autonomous").preceded_by(
    [Rule(then="ask", path="chief/desk", kind="reply"), Rule(then="ask", path="chief", kind="reply")]
)
"""A person beside the replies of two layers."""


def to(name: str, message: str) -> tuple[str, Request]:
    return "delegate", {"to": name, "message": message}


def read(path: str) -> tuple[str, Request]:
    return "read_file", {"path": path}


def speaker(request: Request) -> str:
    return str(request["messages"][0]["content"]).split(".")[0].removeprefix("You are ")


def since(request: Request) -> list[Request]:
    """The messages since the last that a person or a coordinator sent, which comes first."""
    messages = request["messages"]
    told = [n for n, message in enumerate(messages) if message["role"] == "user"]
    return list(messages[told[-1] :])


class Company:
    """Answers for each persona, from what it was last told and has done since."""

    def __init__(self, **plays: Callable[[str, list[Request]], Answer]) -> None:
        self._plays = plays
        self._faulted = False

    def __call__(self, request: Request) -> Answer:
        """Answer one request; the first of the digger gets arguments that are no JSON."""
        name = speaker(request)
        if name == "digger" and not self._faulted:
            self._faulted = True
            return Raw(calls=[("read_file", '{"path": ')])
        begun, *rest = since(request)
        return self._plays[name](str(begun["content"]), rest)


def chief(told: str, done: list[Request]) -> Answer:
    if "<feedback>" in told:
        return "all of it, shorter"
    return "all of it" if done else [to("desk", f"look: {told}"), to("scribe", f"note: {told}")]


def desk(told: str, done: list[Request]) -> Answer:
    if "<feedback>" in told:
        return [to("checker", "check again")] if not done else "surely gamma"
    turns = sum(message["role"] == "assistant" for message in done)
    steps: list[Answer] = [
        [to("digger", "a.txt"), ("text_statistics", {"path": "b.txt"}), to("digger", "b.txt")],
        [to("checker", "check")],
        "gamma",
    ]
    return steps[turns]


def digger(told: str, done: list[Request]) -> Answer:
    path = told if told.endswith(".txt") else next(name for name in ("a.txt", "b.txt") if name in told)
    return f"{path} is read" if done and "<data>" in str(done[-1]["content"]) else [read(path)]


def scribe(told: str, done: list[Request]) -> Answer:
    return "noted" if done else [("write_file", {"path": "note.md", "content": told})]


def company() -> Company:
    return Company(chief=chief, desk=desk, digger=digger, checker=lambda told, _: f"fine: {told}", scribe=scribe)


class Talk:
    """A conversation with the chief, streamed; whoever is asked gets words first, and then a yes."""

    def __init__(self, models: Models, workspace: Path) -> None:
        deps = Deps(models=models, toolbox=builtin_toolbox(workspace))
        self.graph = build_persona(CHIEF, deps, checkpointer=InMemorySaver(), store=InMemoryStore())
        self.pieces: list[str] = []
        self.asked: list[tuple[str, str]] = []

    async def say(self, message: str) -> str:
        """The reply to one message."""
        given: Any = {"message": message}
        answered: set[str] = set()
        while given is not None:
            async for _, mode, piece in self._events(given):
                if mode == "messages" and piece[0].text:
                    self.pieces.append(str(piece[0].text))
            waiting = (await self.graph.aget_state(CONFIG)).interrupts
            given = Command(resume={i.id: self._answer(i, answered) for i in waiting}) if waiting else None
        return str((await self.graph.aget_state(CONFIG)).values["reply"])

    def _events(self, given: Any) -> AsyncIterator[Any]:
        context, modes = Context(policy=BESIDE), ["messages", "updates"]
        return self.graph.astream(given, CONFIG, context=context, stream_mode=modes, subgraphs=True)

    def _answer(self, interrupt: Any, answered: set[str]) -> Any:
        proposal = interrupt.value["repertory"]["proposal"]
        path = "/".join(proposal["path"])
        self.asked.append((path, proposal["text"]))
        if path in answered:
            return True
        answered.add(path)
        return {"verdict": "respond", "text": f"not yet, {path}"}


@pytest.fixture
async def heard(workspace: Path) -> AsyncIterator[tuple[OpenAIServer, Talk]]:
    """A conversation of two messages that is over, and the server that heard it."""
    with OpenAIServer(company(), models=MODELS, steady=[STEADY], latency=0.02) as server:
        talk = Talk(configured_models(None, environ=server.environ()), workspace)
        assert await talk.say("first") == "all of it, shorter"
        assert await talk.say("second") == "all of it, shorter"
        yield server, talk


def of(server: OpenAIServer, name: str) -> list[Request]:
    """The requests of one persona that were not refused for their temperature, in order."""
    mine = [request for request in server.requests if speaker(request) == name]
    return [request for request in mine if (request["model"], request.get("temperature")) == SETTINGS[name]]


def contents(request: Request) -> list[str]:
    """Roles and words after the instructions; calls by the ids of those that are asked for or answered."""
    shown = []
    for message in request["messages"][1:]:
        calls = [call["id"] for call in message.get("tool_calls", ())]
        words = " ".join(calls) or message.get("tool_call_id") or str(message["content"])
        shown.append(f"{message['role']}: {' '.join(words.split())}")
    return shown


async def test_only_the_temperature_is_refused(heard: tuple[OpenAIServer, Talk]) -> None:
    """Of all requests of the hierarchy the strict server refuses one: the first with a temperature it does not take."""
    server, _ = heard
    assert len(server.refusals) == 1
    assert "temperature" in server.refusals[0]
    assert server.stats["calls"] == len(server.requests) - 1
    assert server.stats["most_parallel"] >= 2


async def test_each_persona_has_its_own_model_temperature_and_tools(heard: tuple[OpenAIServer, Talk]) -> None:
    """They are in each of its requests and in nobody else's, and what is not set is not sent."""
    server, _ = heard
    refused = [request for request in server.requests if request not in of(server, speaker(request))]
    assert [(speaker(r), r["temperature"]) for r in refused] == [("checker", 0.2)]
    for name, (model, temperature) in SETTINGS.items():
        requests = of(server, name)
        assert requests
        for request in requests:
            assert (request["model"], request.get("temperature")) == (model, temperature)
            assert ("temperature" in request) == (temperature is not None)
            assert [tool["function"]["name"] for tool in request.get("tools", ())] == TOOLS[name]
            assert ("tools" in request) == bool(TOOLS[name])


async def test_schemas_leave_nothing_open(heard: tuple[OpenAIServer, Talk]) -> None:
    """`delegate` names the delegates of that coordinator, in a schema that strict mode takes; no tool takes more."""
    server, _ = heard
    for request in server.requests:
        for tool in request.get("tools", ()):
            function = tool["function"]
            assert function["parameters"]["additionalProperties"] is False
            if function["name"] == "delegate":
                assert list(strict_faults(function["parameters"], ())) == []
                delegates = {"chief": ["desk", "scribe"], "desk": ["digger", "checker"]}[speaker(request)]
                assert function["parameters"]["properties"]["to"]["enum"] == delegates


async def test_messages_of_a_coordinator_that_remembers(heard: tuple[OpenAIServer, Talk]) -> None:
    """Parallel calls, each answered in their order; words of a person; the first message before the second."""
    server, _ = heard
    words = "<feedback> not yet, {} </feedback>"
    first = [
        "user: look: first", "assistant: call_0_0 call_0_1 call_0_2", "tool: call_0_0", "tool: call_0_1",
        "tool: call_0_2", "assistant: call_1_0", "tool: call_1_0", "assistant: gamma",
        f"user: {words.format('chief/desk')}", "assistant: call_3_0", "tool: call_3_0", "assistant: surely gamma",
    ]  # fmt: skip
    own = [line.replace("first", "second") for line in first]
    requests = of(server, "desk")
    assert [contents(request) for request in requests[:5]] == [first[:n] for n in (1, 5, 7, 9, 11)]
    earlier = [line.replace("call_", "call_0_") for line in first]
    assert [contents(request) for request in requests[5:]] == [[*earlier, *own[:n]] for n in (1, 5, 7, 9, 11)]
    *_, last = [contents(request) for request in of(server, "chief")]
    assert last == [
        "user: first", "assistant: call_0_0_0 call_0_0_1", "tool: call_0_0_0", "tool: call_0_0_1",
        "assistant: all of it", f"user: {words.format('chief')}", "assistant: all of it, shorter",
        "user: second", "assistant: call_0_0 call_0_1", "tool: call_0_0", "tool: call_0_1",
        "assistant: all of it", f"user: {words.format('chief')}",
    ]  # fmt: skip


async def test_ids_are_told_apart_in_every_request(heard: tuple[OpenAIServer, Talk]) -> None:
    """However much is remembered, no id of a call stands twice in a request, and each is answered right after it."""
    server, _ = heard
    for request in server.requests:
        asked = [call["id"] for message in request["messages"] for call in message.get("tool_calls", ())]
        answered = [message["tool_call_id"] for message in request["messages"] if message["role"] == "tool"]
        assert asked == answered
        assert len(set(asked)) == len(asked)


async def test_delegates_see_what_they_are_meant_to_see(heard: tuple[OpenAIServer, Talk]) -> None:
    """Parallel siblings see their own message only; one that remembers sees its own earlier calls; others do not."""
    server, _ = heard
    diggers = of(server, "digger")
    assert {request["messages"][1]["content"] for request in diggers} == {"a.txt", "b.txt"}
    assert all(not {"a.txt", "b.txt"} <= set(" ".join(contents(request)).split()) for request in diggers)
    assert contents(of(server, "checker")[-1]) == [
        "user: check", "assistant: fine: check", "user: check again", "assistant: fine: check again",
        "user: check", "assistant: fine: check", "user: check again",
    ]  # fmt: skip
    assert [contents(request)[0] for request in of(server, "scribe")] == [
        *["user: note: first"] * 2, *["user: note: second"] * 2
    ]  # fmt: skip


async def test_all_of_it_is_streamed(heard: tuple[OpenAIServer, Talk]) -> None:
    """Each request asks for a stream with usage, and replies of all layers come in pieces."""
    server, talk = heard
    assert all(request["stream"] for request in server.requests)
    assert all(request["stream_options"] == {"include_usage": True} for request in server.requests)
    written = "".join(talk.pieces)
    for words in ("surely gamma", "all of it, s", "horter", "noted"):
        assert words in written
    assert "all of it, shorter" not in talk.pieces


async def test_people_are_asked_at_both_layers(heard: tuple[OpenAIServer, Talk], workspace: Path) -> None:
    """Each reply of the two, before and after the words about it; what the tools did is done."""
    _, talk = heard
    each = [("chief/desk", "gamma"), ("chief/desk", "surely gamma"), ("chief", "all of it")]
    assert talk.asked == [*each, ("chief", "all of it, shorter")] * 2
    assert (workspace / "note.md").read_text() == "note: second"


@pytest.mark.parametrize("own", [False, True], ids=["configured", "given"])
async def test_temperatures_that_no_model_takes(workspace: Path, own: bool) -> None:
    """Where one model serves all and refuses temperatures, it does so once, and the conversation ends as it should."""
    with OpenAIServer(company(), models=[STEADY], steady=[STEADY]) as server:
        if own:
            models: Models = given_model(ChatOpenAI(model=STEADY, base_url=server.base_url, api_key=server.key))
        else:
            models = _one_for_all(server)
        talk = Talk(models, workspace)
        assert await talk.say("first") == "all of it, shorter"
        assert [request.get("temperature") for request in server.requests[:2]] == [0.0, None]
        assert all("temperature" not in request for request in server.requests[1:])
        assert len(server.refusals) == 1


def _one_for_all(server: OpenAIServer) -> Models:
    models = configured_models(None, environ=server.environ(STEADY))
    return lambda spec: models(spec.model_copy(update={"name": None}))
