"""Sums that differ in their numbers only: a company that did one never gives its result for another."""

from typing import Any

import pytest
from langgraph.store.memory import InMemoryStore

from repertory.graphs import Context, Deps, build_planner, builtin_toolbox, given_model
from repertory.nodes.offline import OfflineModel


@pytest.mark.parametrize(
    ("known", "task", "result"),
    [
        ("What is 70 * 95?", "What is 60 * 70?", "4200"),
        ("What is 7 * 9?", "What is 6 * 7?", "42"),
        ("What is 5 - 3?", "What is 3 - 5?", "-2"),
        ("What is 3 * 3?", "What is 3 * 4?", "12"),
        ("What is 11 * 4?", "What is 4 * 11?", "44"),
        ("Calculate the mean of 7, 9 and 4", "Calculate the mean of 3, 7 and 9", "6.3"),
        ("What is 12 + 30?", "What is 12 + 31?", "43"),
    ],
)
async def test_the_result_is_that_of_the_task(known: str, task: str, result: str, tmp_path: Any) -> None:
    """Wherever numbers move: the second task has its own answer, planned anew or adapted."""
    deps = Deps(models=given_model(OfflineModel()), toolbox=builtin_toolbox(tmp_path))
    planner = build_planner(deps, store=InMemoryStore())
    context = Context(policy="autonomous")
    await planner.ainvoke({"task": known}, context=context)
    done = await planner.ainvoke({"task": task}, context=context)
    assert result in done["answer"]
    again = await planner.ainvoke({"task": task}, context=context)
    assert (again["source"], again["answer"]) == ("equal", done["answer"])
