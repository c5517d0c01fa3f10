"""The offline model takes over known steps that do the same, and adapts what was expected."""

from typing import Any

from repertory.memory.plans import Step
from repertory.memory.records import Agent
from repertory.nodes.planner.drafts import AdaptedPlan
from repertory.nodes.planner.parts import Part
from repertory.nodes.prompts import render
from tests.nodes.offline.playing import plan_for, structured

ADVISER = Agent(name="adviser", role="Adviser", description="recommends", tools=("read_file",))


def known(instruction: str, *tools: str) -> dict[str, Part]:
    """One known step of an agent."""
    return {"c1.s3": Part(Step(id="s3", instruction=instruction, agent="adviser", tools=tools), ADVISER, "did well")}


def like(task: str, parts: dict[str, Part]) -> list[Any]:
    """What each step of the plan is like, and the role and tools that it wants besides."""
    return [(step.like, step.role.partition(":")[0], step.tools) for step in plan_for(task, parts=parts).steps]


def test_a_step_of_the_same_form_is_taken_over() -> None:
    """Its performer has role and tools already."""
    parts = known("Recommend what to read in may.md.", "read_file")
    assert like("Recommend what to read in june.md", parts) == [("c1.s3", "", [])]


def test_another_step_is_not() -> None:
    """Other work, or a performer that lacks a tool which the step needs."""
    parts = known("Explain what to read in may.md.", "read_file")
    assert [name for name, _, _ in like("Recommend what to read in june.md", parts)] == [None]
    parts = known("Recommend what to read in may.md.")
    assert like("Recommend what to read in june.md", parts) == [(None, "Advisor", ["read_file"])]


def test_direct_calls_need_no_performer() -> None:
    """They are planned with their own arguments."""
    parts = {"c1.s1": Part(Step(id="s1", instruction="Describe a.csv.", tool="describe_table"), None, "did well")}
    [step] = plan_for("Describe b.csv", parts=parts).steps
    assert (step.like, step.tool) == (None, "describe_table")


def test_what_was_expected_is_adapted() -> None:
    """And does not become part of the instruction."""
    plan = "- s1: Recommend what to do in May. (expected: advice for May (in short)) [Adviser: advises]"
    values = {"known_task": "Recommend what to do in May", "plan": plan, "task": "Recommend what to do in June"}
    [step] = structured(AdaptedPlan, render("adapt", **values)).steps
    assert (step.instruction, step.expected) == ("Recommend what to do in June.", "advice for June (in short)")
