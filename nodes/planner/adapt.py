"""Adapt: say the plan of a similar task anew, in one call. Who performs it, with what and in which order, stays."""

import re
from collections.abc import Iterator
from typing import Any

from langgraph.runtime import Runtime

from repertory.memory.errors import ModelError, PlanError
from repertory.memory.plans import Plan, Step
from repertory.memory.records import JsonObject
from repertory.memory.tasks.forms import details_of
from repertory.nodes.context import Context, context_of
from repertory.nodes.deps import Deps, Node
from repertory.nodes.planner.checks import check_plan
from repertory.nodes.planner.drafts import AdaptedPlan, AdaptedStep
from repertory.nodes.planner.metered import Metered, metered
from repertory.nodes.planner.plan import outline
from repertory.nodes.planner.state import PlannerState, PlannerUpdate
from repertory.nodes.prompts import brief, render

_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*(?!\w)")


def adapter(deps: Deps) -> Node:
    """Make the node that adapts the plan of a similar task: instructions and arguments, in one call."""

    @metered("adapt", deps)
    async def adapt(state: PlannerState, runtime: Runtime[Context], meter: Metered) -> PlannerUpdate:
        company, limits = state["company"], context_of(runtime).limits
        task, known_task = state["task"], state["known_task"] or ""
        known = {"known_task": known_task, "plan": outline(company.plan, expected=True)}
        messages = render("adapt", task=task, memory=state.get("memory", []), **known)

        def check(draft: AdaptedPlan) -> Plan | None:
            if not draft.fits:
                return None
            plan = adapted(company.plan, draft)
            _check_details(plan, task, known_task)
            _check_numbers(plan, company.plan, task, known_task)
            check_plan(plan, deps.toolbox, limits)
            return plan

        try:
            plan = await meter.fill_in(messages, AdaptedPlan, check)
        except ModelError:
            plan = None
        if plan is None:  # another kind of task after all: plan from scratch
            reason = f"the company that did {brief(known_task, 100)!r} is not used: its plan does not fit this task"
            passed_over = [*state.get("passed_over", []), reason]
            return {
                "source": "new",
                "cohort_id": None,
                "known_task": None,
                "known_record": None,
                "passed_over": passed_over,
            }
        changes = list(differences(company.plan, plan))
        return {"company": company.model_copy(update={"plan": plan}), "changes": changes}

    return adapt


def adapted(plan: Plan, draft: AdaptedPlan) -> Plan:
    """The plan with other words and arguments.

    Raises:
        PlanError: the draft has other steps, or other arguments, than the plan; with the remedy for the model.
    """
    new = {step.id: step for step in draft.steps}
    if sorted(step.id for step in draft.steps) != sorted(step.id for step in plan.steps):
        given = [step.id for step in draft.steps]
        raise PlanError(f"the adapted plan has the steps {given}; it must have those of the known plan, each once")
    return Plan.parse({"steps": [_adapted(step, new[step.id]) for step in plan.steps]})


def _adapted(step: Step, draft: AdaptedStep) -> JsonObject:
    given = {argument.name: argument.value for argument in draft.arguments} if step.tool else {}
    if unknown := sorted(set(given) - set(step.arguments)):
        raise PlanError(f"step {step.id!r} is given the argument {unknown[0]!r}; it has {list(step.arguments)}")
    if missing := [name for name, value in step.arguments.items() if name not in given and not isinstance(value, dict)]:
        raise PlanError(f"step {step.id!r} lacks the argument {missing[0]!r}; give all, also those that stay")
    return {
        **step.model_dump(),
        "instruction": draft.instruction,
        "expected": (draft.expected if step.expected else "") or step.expected,
        "arguments": {**step.arguments, **given},
    }


def _check_details(plan: Plan, task: str, known_task: str) -> None:
    """What only the known task names has no place in the adapted plan."""
    gone = [detail for detail in sorted(details_of(known_task) - details_of(task)) if not _says(task, detail)]
    for step in plan.steps:
        for text in _texts([step.instruction, step.expected, step.arguments]):
            if stale := [detail for detail in gone if _says(text, detail)]:
                raise PlanError(f"step {step.id!r} still says {stale[0]!r}, which is of the known task and not of this")


def _check_numbers(plan: Plan, known: Plan, task: str, known_task: str) -> None:
    """Numbers of the known task that this one does not have, or has in other places, are not those of this one."""
    numbers, known_numbers = _NUMBER.findall(task), _NUMBER.findall(known_task)
    if numbers == known_numbers:
        return
    for step in plan.steps:
        texts = _texts([step.instruction, step.arguments, *map(str, step.arguments.values())])
        said = {number for text in texts for number in _NUMBER.findall(text)}
        if stale := sorted(said & set(known_numbers) - set(numbers)):
            raise PlanError(f"step {step.id!r} still says {stale[0]}, which is of the known task and not of this")
    if plan == known:
        raise PlanError(f"the plan says what it said before, though the task has {numbers} for {known_numbers}")


def _says(text: str, detail: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(detail)}(?!\w)", text) is not None


def _texts(value: Any) -> Iterator[str]:
    """All texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def differences(before: Plan, after: Plan) -> Iterator[JsonObject]:
    """What is said anew: `step`, `field` (`instruction`, `expected`, `arguments.NAME`), `before`, `after`."""
    for old in before.steps:
        new = after[old.id]
        pairs: list[tuple[str, Any, Any]] = [
            ("instruction", old.instruction, new.instruction),
            ("expected", old.expected, new.expected),
            *((f"arguments.{name}", value, new.arguments.get(name)) for name, value in old.arguments.items()),
        ]
        for field, was, now in pairs:
            if was != now:
                yield {"step": old.id, "field": field, "before": was, "after": now}
