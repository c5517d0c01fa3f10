"""Which cohort is used for a task, and what a person is told about it."""

from typing import Any

import pytest

from repertory.memory.records import Agent, Usage
from repertory.memory.registry import Lesson
from tests.nodes.planner.again import Adapting, House, adapted, look, said
from tests.playing import Players, agent_step, plan_of, tool_step

MAY = "Look at may.csv and write a note on May"
JUNE = "Look at june.csv and write a note on June"
PLAN = plan_of(
    tool_step("s1", "look", path="may.csv"),
    agent_step("s2", "Write a note on May.", ["s1"], role="Writer: writes notes"),
)
ANEW = adapted(said("s1", "call look", path="june.csv"), said("s2", "Write a note on June."))


async def kept(task: str = MAY, plan: Any = PLAN) -> House:
    """A house in which a task was done."""
    house = House()
    await house.run(Players(plan), task)
    return house


async def test_an_equal_task_is_performed_as_it_was() -> None:
    """No call but the step's own and the report; the person is told what was done before, and how well."""
    house = await kept()
    players = Adapting()
    shouted = MAY.upper().replace("MAY.CSV", "may.csv")  # another file, in capitals
    content, answer = await house.ask(players, f"  {shouted}! ")
    assert players.calls() == 0
    [cohort] = await house.registry.cohorts()
    assert (content["source"], content["changes"], content["passed_over"]) == ("equal", [], [])
    assert content["known"] == {
        "cohort": cohort.id, "task": MAY, "uses": 1, "successes": 1, "ratings": 0, "liked": 0, "rated_by": "policy",
    }  # fmt: skip
    assert content["agents"][0]["reason"] == "did 1 of 1 such tasks well"
    out = await answer(True)
    assert (out["status"], players.calls("step"), players.calls("report"), players.calls()) == ("completed", 1, 1, 2)
    assert len(await house.registry.cohorts()) == 1


async def test_a_task_of_the_same_form_costs_one_call() -> None:
    """Instructions and arguments are said anew; steps, needs, tools, agents and their prompts stay."""
    house = await kept()
    [cohort] = await house.registry.cohorts()
    players = Adapting(adaptations=[ANEW])
    content, answer = await house.ask(players, JUNE)
    assert (players.calls(), content["source"], content["known"]["task"]) == (1, "similar", MAY)
    assert content["changes"] == [
        {"step": "s1", "field": "arguments.path", "before": "may.csv", "after": "june.csv"},
        {"step": "s2", "field": "instruction", "before": "Write a note on May.", "after": "Write a note on June."},
    ]
    old, new = cohort.company.plan.steps, content["steps"]
    assert [(step.id, list(step.needs), step.tool, step.agent) for step in old] == [
        (step["id"], step["needs"], step["tool"], step["agent"]) for step in new
    ]
    assert [agent["prompt"] for agent in content["agents"]] == [cohort.company.cast[0].agent.prompt]
    out = await answer(True)
    assert (out["status"], players.calls()) == ("completed", 3)
    assert {each.task for each in await house.registry.cohorts()} == {MAY, JUNE}


async def test_a_task_that_is_found_by_its_words_only_is_adapted_too() -> None:
    """Another form, the same kind of work."""
    house = await kept("Write a poem about the sea", plan_of(agent_step("s1", "Write about the sea.")))
    players = Adapting(adaptations=[adapted(said("s1", "Write about the moon."))])
    content, _ = await house.ask(players, "Please write a poem about the moon")
    assert (content["source"], players.calls()) == ("similar", 1)


@pytest.mark.parametrize(
    "task",
    [
        "Look at may.csv and write no note on May",
        "Look at may.csv",
        "Look at may.csv and june.csv and write a note on May",
        "Delete may.csv and write a note on May",
        "Look at may.csv and write a song on May",
    ],
)
async def test_a_task_that_wants_something_else_is_planned(task: str) -> None:
    """Nobody is asked to adapt anything."""
    house = await kept()
    players = Adapting(plan_of(tool_step("s1", "look", path="may.csv")))
    content, _ = await house.ask(players, task)
    assert (content["source"], content["known"], players.calls("PlanDraft")) == ("new", None, 1)


@pytest.mark.parametrize("status", ["inactive", "retired"])
async def test_a_cohort_whose_agent_is_at_rest_is_not_used(status: Any) -> None:
    """The task is planned, and the person is told why; a second cohort without that agent would be used instead."""
    house = await kept()
    writer = await house.registry.agent("writer")
    assert writer is not None
    await house.registry.save_agent(writer.model_copy(update={"status": status}))
    players = Adapting(plan_of(tool_step("s1", "look", path="may.csv")))
    content, answer = await house.ask(players, MAY)
    reason = f"the company that did this task is not used: agent 'writer' is {status}"
    assert (content["source"], content["passed_over"]) == ("new", [reason])
    await answer(True)
    players = Adapting()
    content, _ = await house.ask(players, MAY)
    assert (content["source"], content["agents"], players.calls()) == ("equal", [], 0)


async def test_a_changed_agent_changes_no_cohort() -> None:
    """The company is performed with the agent as it was; the person is told that there is a newer version."""
    house = await kept()
    writer = await house.registry.agent("writer")
    assert writer is not None
    await house.registry.save_agent(writer.model_copy(update={"prompt": "Write in rhyme."}))
    players = Adapting()
    content, answer = await house.ask(players, MAY)
    [agent] = content["agents"]
    assert (agent["prompt"], agent["version"]) == (writer.prompt, 1)
    assert agent["reason"].endswith("; writer v1 is used as it was, v2 is kept")
    await answer(True)
    assert players.told("Write a note on May.")[0].text.startswith(writer.prompt)
    newest = await house.registry.agent("writer")
    assert newest is not None
    assert (newest.version, newest.prompt) == (2, "Write in rhyme.")


async def test_a_cohort_without_its_tool_or_its_success_is_not_used() -> None:
    """What this run lacks, and what mostly went wrong, is said."""
    house = await kept()
    content, _ = await house.ask(Adapting(plan_of(agent_step("s1", "x"))), MAY, tools=())
    assert "'look'" in content["passed_over"][0]
    house = await kept()
    [cohort] = await house.registry.cohorts()
    for run in ("r1", "r2"):
        await house.registry.learn(run, agents={}, cohorts={cohort.id: Lesson(False, Usage())})
    content, _ = await house.ask(Adapting(PLAN), MAY, tools=(look,))
    reason = "the company that did this task is not used: it did 1 of 3 such tasks well"
    assert (content["source"], content["passed_over"]) == ("new", [reason])


async def test_an_agent_that_nobody_keeps_any_more_is_still_the_cohorts() -> None:
    """A cohort holds whole agents."""
    house = await kept()
    [cohort] = await house.registry.cohorts()
    elsewhere = House()
    await elsewhere.registry.save_cohort(cohort)
    await elsewhere.registry.save_agent(Agent(name="other", role="Other", description="does others"))
    content, _ = await elsewhere.ask(Adapting(), MAY)
    assert [agent["name"] for agent in content["agents"]] == ["writer"]
