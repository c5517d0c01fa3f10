"""How a reply says that a step could not be done."""

from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore

from repertory.graphs import build_planner
from repertory.nodes.context import Context, Limits
from tests.playing import Players, agent_step, deps_for, plan_of

CONFIG: Any = {"configurable": {"thread_id": "t"}}

GIVEN_UP = [
    "Could not be done: there is no file",
    "**Could not be done:** there is no file",
    "**Could not be done: there is no file**",
    "# Could not be done: there is no file",
    "# Sales of May\n\nCould not be done: there is no file",
    "**Sales of May**\nCould not be done: there is no file",
    "## Sales\n**Of May:**\n---\n\n_Could not be done:_ there is no file",
    "\n\n__Sales__\ncould not be done: there is no file",
]
DONE = [
    "The sum is 7. Could not be done: nothing",
    "# Sales\n\nThe sum is 7.\n\nCould not be done: the chart",
    "**Sales** of May: 7\nCould not be done: the chart",
    "# What could not be done: the chart\n\nThe sum is 7.",
    "- Sales: 7\n- Could not be done: the chart",
    "# Sales",
]


async def outcome(reply: str, workspace: Path) -> Any:
    players = Players(plan_of(agent_step("s1", "look"), agent_step("s2", "tell", ["s1"])), acts={"look": [reply] * 2})
    graph = build_planner(deps_for(players, workspace), checkpointer=InMemorySaver(), store=InMemoryStore())
    context = Context(policy="autonomous", limits=Limits(replans=0))
    return (await graph.ainvoke({"task": "x"}, CONFIG, context=context))["results"]


@pytest.mark.parametrize("reply", GIVEN_UP)
async def test_given_up(reply: str, workspace: Path) -> None:
    """The step failed, with the reply as the reason, and what needs it is skipped; headings make no difference."""
    results = await outcome(reply, workspace)
    assert (results["s1"].status, results["s2"].status) == ("failed", "skipped")
    assert "there is no file" in results["s1"].error


@pytest.mark.parametrize("reply", DONE)
async def test_not_given_up(reply: str, workspace: Path) -> None:
    """Where something was found, what is said of a part of it fails nothing."""
    results = await outcome(reply, workspace)
    assert (results["s1"].status, results["s2"].status) == ("done", "done")
