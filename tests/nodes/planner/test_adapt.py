"""Adapting a known plan: what may change, what goes back to the model, and when it is planned anew."""

from typing import Any

import pytest

from repertory.memory.errors import PlanError
from repertory.memory.plans import Plan
from repertory.nodes.planner.adapt import adapted as to_plan
from repertory.nodes.planner.adapt import differences
from repertory.nodes.planner.drafts import AdaptedPlan
from tests.nodes.planner.again import Adapting, House, adapted, said
from tests.openai_schemas import strict_faults
from tests.playing import Players, agent_step, plan_of, tool_step

KNOWN, TASK = "Look at may.csv and note it for Ann Lee", "Look at june.csv and note it for Bob Ray"
STEPS = plan_of(
    tool_step("s1", "look", path="may.csv"),
    agent_step("s2", "Note it for Ann Lee.", ["s1"]).model_copy(update={"expected": "a note to Ann Lee"}),
)
GOOD = adapted(
    said("s1", "call look", path="june.csv"), said("s2", "Note it for Bob Ray.", expected="a note to Bob Ray")
)
PLAN = Plan.parse(
    {
        "steps": [
            {"id": "s1", "instruction": "look", "tool": "look", "arguments": {"path": "may.csv", "size": {"w": 1}}},
            {"id": "s2", "instruction": "note it", "needs": ["s1"], "expected": "a note", "tools": ["look"]},
        ]
    }
)


async def adapt(*adaptations: Any, task: str = TASK) -> tuple[Any, Adapting]:
    """The proposal for the second task after the first was done, and who was asked."""
    house = House()
    await house.run(Players(STEPS), KNOWN)
    players = Adapting(plan_of(agent_step("n1", "planned anew")), adaptations=adaptations)
    content, _ = await house.ask(players, task)
    return content, players


async def test_what_was_expected_is_said_anew_too() -> None:
    """It is part of what the step's agent is told, so the model is shown it."""
    content, players = await adapt(GOOD)
    assert [step["expected"] for step in content["steps"]] == ["", "a note to Bob Ray"]
    assert "(expected: a note to Ann Lee)" in players.model.asks[0].text


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (adapted(said("s1", "call look", path="june.csv")), "it must have those of the known plan"),
        (adapted(*[said("s1", "look", path="june.csv")] * 2, said("s2", "Note.")), "each once"),
        (adapted(said("s1", "look", path="may.csv"), said("s2", "Note.")), "still says 'may.csv'"),
        (adapted(said("s1", "look", path="june.csv"), said("s2", "Note it for Ann Lee.")), "still says 'Ann Lee'"),
        (adapted(said("s1", "look", path="june.csv"), said("s2", "Note it.")), "still says 'Ann Lee'"),
        (adapted(said("s1", "look"), said("s2", "Note.")), "lacks the argument 'path'"),
        (adapted(said("s1", "look", path="june.csv", loud=True), said("s2", "Note.")), "is given the argument 'loud'"),
        (adapted(said("s1", "look", path=["x"]), said("s2", "Note.", expected="a note")), "path"),
    ],
)
async def test_a_bad_adaptation_goes_back_with_the_reason(bad: AdaptedPlan, reason: str) -> None:
    """What only the known task names, steps, arguments and their types are checked; the second answer is taken."""
    content, players = await adapt(bad, GOOD)
    assert (content["source"], players.calls("AdaptedPlan")) == ("similar", 2)
    assert reason in players.model.asks[1].text


async def test_a_plan_that_does_not_fit_costs_one_call() -> None:
    """The task is planned anew, and the person is told that the known company was passed over."""
    content, players = await adapt(AdaptedPlan(fits=False, steps=[]))
    assert (players.calls("AdaptedPlan"), players.calls("PlanDraft")) == (1, 1)
    assert (content["source"], content["known"], content["changes"]) == ("new", None, [])
    assert content["passed_over"] == [f"the company that did {KNOWN!r} is not used: its plan does not fit this task"]
    assert [step["id"] for step in content["steps"]] == ["n1"]


async def test_a_model_that_cannot_adapt_is_no_failure() -> None:
    """After as many bad answers as it may give, the task is planned."""
    content, players = await adapt(adapted())
    assert (content["source"], players.calls("PlanDraft")) == ("new", 1)


async def test_words_about_an_adapted_plan_lead_to_a_new_one() -> None:
    """Nothing of the cohort is told of it any more."""
    house = House()
    await house.run(Players(STEPS), KNOWN)
    players = Adapting(plan_of(agent_step("n1", "planned anew")), adaptations=[GOOD])
    _, answer = await house.ask(players, TASK)
    out = await answer("do it in another way")
    content = out["__interrupt__"][0].value["repertory"]["proposal"]["content"]
    assert (content["source"], content["known"], content["changes"]) == ("new", None, [])


async def test_a_whole_proposal_can_come_back_as_an_edit() -> None:
    """What tells where it came from is ignored."""
    house = House()
    await house.run(Players(STEPS), KNOWN)
    content, answer = await house.ask(Adapting(adaptations=[GOOD]), TASK)
    content["steps"][1]["instruction"] = "Note it for Bob Ray, in red."
    out = await answer({"verdict": "edit", "edit": content})
    assert out["status"] == "completed"
    assert out["company"].plan["s2"].instruction == "Note it for Bob Ray, in red."


def test_arguments_that_a_draft_cannot_say_stay() -> None:
    """An object is no value of a draft; everything else must be said again."""
    draft = adapted(said("s1", "look", path="june.csv"), said("s2", "note it"))
    plan = to_plan(PLAN, draft)
    assert plan["s1"].arguments == {"path": "june.csv", "size": {"w": 1}}
    assert (plan["s2"].expected, plan["s2"].tools, plan["s2"].needs) == ("a note", ("look",), ("s1",))
    with pytest.raises(PlanError, match="'path'"):
        to_plan(PLAN, adapted(said("s1", "look"), said("s2", "note it")))


def test_stray_arguments_of_an_agents_step_mean_nothing() -> None:
    """As in a new plan."""
    plan = to_plan(PLAN, adapted(said("s1", "look", path="may.csv"), said("s2", "note it", path="x")))
    assert plan["s2"].arguments == {}


def test_differences_name_step_field_and_both_values() -> None:
    """Only what differs; values as they are, of any type."""
    other = to_plan(PLAN, adapted(said("s1", "look", path="june.csv"), said("s2", "note this", expected="two notes")))
    assert list(differences(PLAN, other)) == [
        {"step": "s1", "field": "arguments.path", "before": "may.csv", "after": "june.csv"},
        {"step": "s2", "field": "instruction", "before": "note it", "after": "note this"},
        {"step": "s2", "field": "expected", "before": "a note", "after": "two notes"},
    ]
    assert list(differences(PLAN, PLAN)) == []


def test_the_schema_is_strict() -> None:
    """Fields that code may leave out are demanded of models."""
    assert list(strict_faults(AdaptedPlan.model_json_schema(), ())) == []
