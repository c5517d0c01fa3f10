"""Forks as Studio makes them: LangGraph's own time travel on the whole graph, with values that are JSON."""

from pathlib import Path
from typing import Any

import pytest

from repertory.graphs import build_planner
from repertory.nodes.context import Context
from tests.graphs.conftest import Keeping
from tests.playing import Players, agent_step, deps_for, plan_of

CONFIG: Any = {"configurable": {"thread_id": "t"}}
AUTONOMOUS = Context(policy="autonomous")


async def performed(keeping: Keeping, workspace: Path) -> tuple[Any, Players]:
    """A run of three steps that has ended."""
    steps = plan_of(agent_step("a", "do a"), agent_step("b", "do b", ["a"]), agent_step("c", "do c"))
    players = Players(steps)
    graph = build_planner(deps_for(players, workspace), checkpointer=keeping.checkpointer, store=keeping.store)
    out = await graph.ainvoke({"task": "x"}, CONFIG, context=AUTONOMOUS)
    assert out["status"] == "completed"
    return graph, players


@pytest.mark.parametrize("gone", ["ab", "abc"])
async def test_results_that_are_taken_away_are_made_again(keeping: Keeping, workspace: Path, gone: str) -> None:
    """`null` in the place of results, of some or of all: those steps run once more, the others do not."""
    graph, players = await performed(keeping, workspace)
    values = {"results": dict.fromkeys(gone), "status": "performing"}
    fork = await graph.aupdate_state(CONFIG, values, as_node="perform")
    before = {step: len(players.told(f"do {step}")) for step in "abc"}
    out = await graph.ainvoke(None, fork, context=AUTONOMOUS)
    again = {step: len(players.told(f"do {step}")) - before[step] for step in "abc"}
    assert again == {step: int(step in gone) for step in "abc"}
    assert (out["status"], out["results"]["b"].output) == ("completed", "did: do b")


async def test_a_company_that_is_edited_as_json_is_performed(keeping: Keeping, workspace: Path) -> None:
    """At the checkpoint before it was performed; the original's results are not taken for its own."""
    graph, _ = await performed(keeping, workspace)
    history = [state async for state in graph.aget_state_history(CONFIG)]
    before = next(state for state in history if state.next == ("perform",) and not state.values.get("results"))
    company = before.values["company"].model_dump(mode="json")
    company["plan"]["steps"][0]["instruction"] = "do it another way"
    fork = await graph.aupdate_state(before.config, {"company": company})
    out = await graph.ainvoke(None, fork, context=AUTONOMOUS)
    assert "did: do it another way" in {result.output for result in out["results"].values()}
    assert out["status"] == "completed"
