"""Tools that the planner is not shown: it plans with the agents of the registry that hold them."""

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore

from repertory.graphs import build_planner
from repertory.memory.errors import InputError
from repertory.memory.records import Agent
from repertory.memory.registry import Registry
from repertory.memory.retrieval.lexical import LexicalIndex
from repertory.nodes.context import Context
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.tools.toolbox import Toolbox
from tests.playing import Players, agent_step, plan_of
from tests.scripted import Answer, Ask

DONE: list[str] = []


def look() -> str:
    """Look."""
    return "seen"


def solder(joint: str) -> str:
    """Solder a joint."""
    DONE.append(joint)
    return f"soldered {joint}"


WELDER = Agent(name="welder", role="Welder", description="joins pipes", prompt="You are welder.", tools=("solder",))
PLUMBING = Agent(
    name="plumbing",
    role="Plumbing",
    description="everything about pipes and taps",
    prompt="You are plumbing.",
    delegates=(WELDER,),
)


async def perform(players: Players, *known: Agent, shown: tuple[str, ...] | None) -> dict[str, Any]:
    store, index = InMemoryStore(), LexicalIndex()
    await Registry(store, index).save_agents(known)
    deps = Deps(given_model(players.model), Toolbox([look, solder]), shown=shown, index=index)
    graph = build_planner(deps, checkpointer=InMemorySaver(), store=store)
    config: Any = {"configurable": {"thread_id": "t"}}
    out: dict[str, Any] = await graph.ainvoke({"task": "fix it"}, config, context=Context(policy="autonomous"))
    return out


def act(ask: Ask) -> Answer:
    """The coordinator gives the work on, the worker does it with its tool, and each answers when that is done."""
    if any(message.type == "tool" for message in ask.messages):
        return f"{ask.messages[0].text.split()[2]} done"
    delegate: Answer = [("delegate", {"to": "welder", "message": "A3"})]
    return delegate if "delegate" in ask.tools else [("solder", {"joint": "A3"})]


class Plumbers(Players):
    """Players who all act alike, whoever told them."""

    def _act(self, ask: Ask) -> Answer:
        return act(ask)


async def test_the_planner_plans_with_those_who_hold_what_it_is_not_shown() -> None:
    """It sees their lines, neither the tools nor who is below; a step in their words is theirs, and uses the tool."""
    DONE.clear()
    players = Plumbers(plan_of(agent_step("s1", "fix", role="Plumbing: everything about pipes and taps")))
    idle = Agent(name="idle", role="Idler", description="has nothing that is hidden", prompt="x", tools=("look",))
    resting = PLUMBING.model_copy(update={"name": "resting", "role": "Retired", "status": "inactive"})
    out = await perform(players, PLUMBING, idle, resting, shown=("look",))
    planning = players.model.asks[0].text
    assert "- look(" in planning
    assert "- Plumbing: everything about pipes and taps" in planning
    assert not [word for word in ("solder", "welder", "joins pipes", "Idler", "Retired") if word in planning]
    assert (out["status"], out["answer"], DONE) == ("completed", "plumbing. done", ["A3"])


async def test_a_planner_that_is_shown_all_tools_is_told_of_nobody() -> None:
    """Then every tool stands in its prompt, and no agent does."""
    players = Plumbers(plan_of(agent_step("s1", "fix")))
    await perform(players, PLUMBING, shown=None)
    planning = players.model.asks[0].text
    assert "- solder(" in planning
    assert "Plumbing" not in planning


def test_a_tool_that_is_not_there_cannot_be_shown() -> None:
    """The mistake is named at once."""
    with pytest.raises(InputError, match="weld"):
        Deps(given_model(Players("x").model), Toolbox([look]), shown=["weld"])
