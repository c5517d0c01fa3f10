"""Planning again, after words and after failures: finished steps stay, and no result is taken for another's."""

from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from repertory.graphs import build_planner
from repertory.memory.errors import PlanError
from repertory.nodes.context import Context, Limits
from repertory.nodes.decisions.policy import Policy, Rule
from repertory.nodes.planner.plan import to_plan
from tests.playing import Players, agent_step, deps_for, plan_of, tool_step

CONFIG: Any = {"configurable": {"thread_id": "t"}}
FAILS = ["", "", ""]


def planner(players: Players, workspace: Path) -> Any:
    return build_planner(deps_for(players, workspace), checkpointer=InMemorySaver(), store=InMemoryStore())


def shown(out: Any) -> list[str]:
    return [step["id"] for step in out["__interrupt__"][0].value["repertory"]["proposal"]["content"]["steps"]]


async def test_words_about_a_repaired_plan_keep_what_is_done(tmp_path: Path) -> None:
    """The finished step stays with its agent, is not done again, and no new step takes its id or a failed one's."""
    plan = plan_of(agent_step("s1", "good"), agent_step("s2", "bad"))
    repair = plan_of(agent_step("s3", "other way", ["s1"]))
    reused = plan_of(agent_step("s1", "from scratch"), agent_step("s2", "again"))
    better = plan_of(agent_step("s4", "better way", ["s1"]))
    players = Players(plan, repair, reused, better, acts={"bad": FAILS})
    graph = planner(players, tmp_path)
    out = await graph.ainvoke({"task": "x"}, CONFIG)
    out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: True}), CONFIG)
    assert shown(out) == ["s1", "s3"]
    out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: "find a better way"}), CONFIG)
    assert shown(out) == ["s1", "s4"]
    asked = [ask for ask in players.model.asks if ask.schema == "PlanDraft"]
    assert "did: good" in asked[2].text
    assert "find a better way" in asked[2].text
    assert "'s1' belongs to a step that has ended" in asked[3].text
    out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: True}), CONFIG)
    assert (out["status"], out["results"]["s4"].output) == ("completed", "did: better way")
    assert [len(players.told(text)) for text in ("good", "from scratch", "other way", "better way")] == [1, 0, 0, 1]


async def test_a_second_repair_does_not_reuse_the_ids_of_the_first(tmp_path: Path) -> None:
    """A result of a step that was replaced is never taken for that of a new one."""
    plan = plan_of(agent_step("s1", "bad"))
    players = Players(
        plan,
        plan_of(agent_step("s2", "worse")),
        plan_of(agent_step("s1", "good")),
        plan_of(agent_step("s3", "good")),
        acts={"bad": FAILS, "worse": FAILS},
    )
    context = Context(policy="autonomous", limits=Limits(replans=2))
    out = await planner(players, tmp_path).ainvoke({"task": "x"}, CONFIG, context=context)
    assert (out["status"], out["answer"]) == ("completed", "did: good")
    assert {id_: result.status for id_, result in out["results"].items()} == {
        "s1": "failed",
        "s2": "failed",
        "s3": "done",
    }


async def test_the_planner_is_told_what_failed_also_where_nothing_is_done(tmp_path: Path) -> None:
    """The reason goes with the request for another way."""
    players = Players(plan_of(agent_step("s1", "bad")), plan_of(agent_step("s2", "good")), acts={"bad": FAILS})
    await planner(players, tmp_path).ainvoke({"task": "x"}, CONFIG, context=Context(policy="autonomous"))
    asked = [ask for ask in players.model.asks if ask.schema == "PlanDraft"]
    assert "- s1: the model gave no usable answer" in asked[1].text


async def test_a_refused_step_is_not_planned_around(tmp_path: Path) -> None:
    """Nor one whose reply a person rejected."""
    players = Players(plan_of(agent_step("s1", "say")))
    policy = Policy.preset("autonomous").preceded_by([Rule(then="ask", kind="reply")])
    graph = planner(players, tmp_path)
    out = await graph.ainvoke({"task": "x"}, CONFIG, context=Context(policy=policy))
    resume = Command(resume={out["__interrupt__"][0].id: {"verdict": "reject", "text": "wrong"}})
    out = await graph.ainvoke(resume, CONFIG, context=Context(policy=policy))
    assert (out["status"], players.calls("PlanDraft")) == ("failed", 1)
    assert "wrong" in out["error"]


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([], "no steps"),
        ([agent_step("k", "x")], "'k' belongs to a step that has ended"),
        ([agent_step("gone", "x")], "'gone' belongs to a step that has ended"),
        ([agent_step("a", "x", ["b"])], "'b'"),
        ([tool_step("a", "fly")], "'fly'"),
        ([agent_step("a", "x", tools=["fly"])], "'fly'"),
        ([tool_step("a", "read_file")], "path"),
        ([tool_step("a", "read_file", path="x", colour="red")], "'colour'"),
        ([tool_step("a", "calculate", expression="{{k.text}}")], "without needing it"),
        ([tool_step("a", "calculate", ["k"], expression="{{k.sum}}")], "'sum'"),
        ([agent_step("a", "x"), agent_step("b", "y"), agent_step("c", "z")], "limit of this run is 3"),
        ([agent_step("a", " ")], "instruction"),
        ([agent_step("not an id", "x")], "'not an id'"),
    ],
)
def test_a_bad_draft_is_refused_with_the_reason(tmp_path: Path, steps: Any, reason: str) -> None:
    """Each is a PlanError that the model gets to read."""
    deps, limits = deps_for(Players(""), tmp_path), Limits(steps=3)
    [kept] = to_plan(plan_of(agent_step("k", "kept")), deps, limits).steps
    with pytest.raises(PlanError) as caught:
        to_plan(plan_of(*steps), deps, limits, [kept], used=["gone"])
    assert reason in str(caught.value)


def test_stray_arguments_of_an_agents_step_mean_nothing(tmp_path: Path) -> None:
    """And a null argument is one that is not given."""
    deps = deps_for(Players(""), tmp_path)
    draft = plan_of(
        agent_step("a", "x").model_copy(update={"arguments": tool_step("z", "t", path="p").arguments}),
        tool_step("b", "read_file", path="p", limit=None),
    )
    plan = to_plan(draft, deps, Limits())
    assert (plan["a"].arguments, plan["b"].arguments) == ({}, {"path": "p"})
