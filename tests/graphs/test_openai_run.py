"""The whole run over HTTP, against a loopback server that is as strict as OpenAI's."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages.utils import convert_to_messages
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command
from pydantic import BaseModel

from repertory.graphs import build_planner
from repertory.memory.records import Agent, ModelSpec
from repertory.nodes.context import Context
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import configured_models
from repertory.nodes.tools.builtin import builtin_toolbox
from tests.openai_server import Answer, Fault, OpenAIServer, Raw, Refused, Reset, filtered, refusal, truncated
from tests.playing import Players, agent_step, plan_of, tool_step
from tests.scripted import Ask

CONFIG: Any = {"configurable": {"thread_id": "t"}}
PLAN = plan_of(
    tool_step("s1", "text_statistics", path="a.txt"),
    agent_step("s2", "read b", role="Reader: reads", tools=["read_file", "write_file"]),
    agent_step("s3", "combine", ["s1", "s2"], role="Writer: writes"),
)
ACTS: Any = {
    "read b": [
        [("read_file", {"path": "b.txt"}), ("read_file", {"path": "a.txt"})],
        [("write_file", {"path": "c.txt", "content": "seen"})],
        "b says gamma",
    ]
}
MALFORMED = '{"steps": ['
FAULTS: dict[str, Fault] = {
    "429": Refused(429, retry_after="0"),
    "500": Refused(500),
    "503": Refused(503),
    "reset": Reset(),
    "malformed": Raw(MALFORMED, finish="stop"),
    "truncated": truncated('{"steps"'),
    "refusal": refusal(),
    "filtered": filtered(),
    "empty": Raw(""),
    "unknown tool": Raw(calls=[("fly_to_the_moon", "{}")]),
    "bad arguments": Raw(calls=[("read_file", '{"path": 7, "speed": 1}')]),
    "arguments that are no JSON": Raw(calls=[("read_file", '{"path": ')]),
}


class Wire:
    """Plays the scripted company over the wire.

    Args:
        players: what is answered.
        fault: what each kind of call gets first.
    """

    def __init__(self, players: Players, fault: Fault | None = None) -> None:
        self._players, self._fault = players, fault
        self._faulted: set[str] = set()

    def __call__(self, request: dict[str, Any]) -> Answer:
        """Answer one request."""
        form = request.get("response_format", {}).get("json_schema", {}).get("name")
        tools = tuple(tool["function"]["name"] for tool in request.get("tools", []))
        system = str(request["messages"][0]["content"])
        kind = form or system
        plain_text = isinstance(self._fault, Raw) and self._fault.content == MALFORMED and not form
        if self._fault and kind not in self._faulted and not plain_text:
            self._faulted.add(kind)
            return self._fault
        ask = Ask(len(self._players.model.asks), tuple(convert_to_messages(request["messages"])), tools, form)
        self._players.model.asks.append(ask)
        answer = self._players(ask)
        return answer.model_dump() if isinstance(answer, BaseModel) else answer  # type: ignore[return-value]


def deps_of(server: OpenAIServer, workspace: Path) -> Deps:
    models = configured_models(None, environ=server.environ())
    return Deps(models=models, toolbox=builtin_toolbox(workspace))


async def perform(server: OpenAIServer, workspace: Path) -> Any:
    graph = build_planner(deps_of(server, workspace), checkpointer=InMemorySaver(), store=InMemoryStore())
    out = await graph.ainvoke({"task": "do it"}, CONFIG)
    while "__interrupt__" in out:
        out = await graph.ainvoke(Command(resume={i.id: "approve" for i in out["__interrupt__"]}), CONFIG)
    return out


async def test_the_whole_run_passes_the_strict_server(workspace: Path) -> None:
    """Plan, prompts, reflection, tool calls in parallel, a write that asks, and the report: no request is refused."""
    with OpenAIServer(Wire(Players(PLAN, acts=ACTS))) as server:
        out = await perform(server, workspace)
        assert out["status"] == "completed"
        assert server.refusals == []
        assert (workspace / "c.txt").read_text() == "seen"
        strict = [r["response_format"]["json_schema"]["strict"] for r in server.requests if "response_format" in r]
        assert strict == [True, True, True]
        assert len(server.requests) == 3 + 3 + 1 + 1


@pytest.mark.parametrize("fault", FAULTS)
async def test_every_fault_is_survived_wherever_it_comes_first(workspace: Path, fault: str) -> None:
    """Each kind of call meets the fault once; the run ends as it does without it."""
    plain = Players(PLAN, acts=ACTS)
    with OpenAIServer(Wire(plain)) as server:
        undisturbed = await perform(server, workspace)
    players = Players(PLAN, acts=ACTS)
    with OpenAIServer(Wire(players, FAULTS[fault])) as server:
        out = await perform(server, workspace)
        assert server.refusals == []
    assert out["status"] == "completed"
    assert out["answer"] == undisturbed["answer"]


async def test_a_server_without_strict_schemas_is_served_by_falling_back(workspace: Path) -> None:
    """As older Ollama and vLLM: response_format is refused; functions, then text, take its place."""
    with OpenAIServer(_by_function(Players(PLAN, acts=ACTS)), key=None, rejects=["response_format"]) as server:
        out = await perform(server, workspace)
    assert out["status"] == "completed"


def _by_function(players: Players) -> Any:
    """Structured answers asked for as a forced function call."""

    def respond(request: dict[str, Any]) -> Answer:
        choice = request.get("tool_choice")
        if not isinstance(choice, dict):
            return Wire(players)(request)
        name = choice["function"]["name"]
        answer = players(Ask(0, tuple(convert_to_messages(request["messages"])), (), name))
        assert isinstance(answer, BaseModel)
        return [(name, answer.model_dump())]

    return respond


async def test_an_agent_may_have_its_own_model_and_temperature(workspace: Path) -> None:
    """They are in the request of that agent's step, and in no other."""
    players = Players(PLAN, acts=ACTS)
    with OpenAIServer(Wire(players)) as server:
        graph = build_planner(deps_of(server, workspace), checkpointer=InMemorySaver(), store=InMemoryStore())
        await graph.ainvoke({"task": "do it"}, CONFIG)
        state = await graph.aget_state(CONFIG)
        model = ModelSpec(name="openai:gpt-4.1", temperature=0.3).model_dump()
        edit = {"agents": [{"name": "writer", "model": model}]}
        resume = {state.interrupts[0].id: {"verdict": "edit", "edit": edit}}
        autonomous = Context(policy="autonomous")
        out = await graph.ainvoke(Command(resume=resume), CONFIG, context=Context())
        out = await graph.ainvoke(
            Command(resume={i.id: True for i in out["__interrupt__"]}), CONFIG, context=autonomous
        )
        assert out["status"] == "completed"
        marked = [r for r in server.requests if r.get("temperature") is not None]
        assert [(r["model"], r["temperature"]) for r in marked] == [("gpt-4.1", 0.3)]
        assert "You are writer." in str(marked[0]["messages"][0])
    assert isinstance(out["company"].agent("writer"), Agent)


async def test_tokens_are_counted_as_the_server_says(workspace: Path) -> None:
    """Usage by node, and of the steps, adds up to what the server counted."""
    with OpenAIServer(Wire(Players(PLAN, acts=ACTS))) as server:
        out = await perform(server, workspace)
        counted = sum(u.tokens for u in out["usage"].values()) + sum(r.usage.tokens for r in out["results"].values())
        assert counted == server.stats["prompt_tokens"] + server.stats["completion_tokens"]
