"""What a run takes from the memory of its topic, what it leaves there, and what of it a kept plan rests on.

A plan may hold what only the topic's memory said: `costs.csv` where the task said `my report file`. Such a plan is
right in that topic only, and only while the memory says the same. A plan that took nothing from there is right
anywhere, and is found anywhere, but where it settled what a memory there settles in another way.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from langgraph.runtime import Runtime

from repertory.memory.plans import Cohort, Plan
from repertory.memory.records import StepResult
from repertory.memory.retrieval.words import words
from repertory.memory.tasks.forms import details_of
from repertory.nodes.context import Context, context_of
from repertory.nodes.deps import Deps
from repertory.nodes.planner.state import PlannerState
from repertory.nodes.tools.memory import memory_of
from repertory.nodes.tools.toolbox import Toolbox

_REFERENCE = re.compile(r"\{\{.*?\}\}")
_SAYINGS = ("The user said: ", "A task noted")
"""How lines begin that tell how things are, rather than what was done."""


async def recalled(task: str, deps: Deps, runtime: Runtime[Context]) -> list[str]:
    """What the run's topic knows that bears on its task, as lines; none where it has no topic."""
    memory = memory_of(runtime, deps.index)
    budget = context_of(runtime).limits.memory_tokens
    return [] if memory is None else await memory.recall(task, budget_tokens=budget)


async def note(state: PlannerState, deps: Deps, runtime: Runtime[Context]) -> None:
    """Note in the run's topic what a completed run brought and made, once per run."""
    memory = memory_of(runtime, deps.index)
    if memory is None or state["status"] != "completed":
        return
    results: Collection[StepResult] = state.get("results", {}).values()
    displeased = "\nThe user was not satisfied with this." if state.get("rating") == "unsatisfied" else ""
    trusted = all(result.trusted for result in results)
    answer = f"{state['answer']}{displeased}"
    await memory.note_result(state["run_id"], task=state["task"], answer=answer, trusted=trusted)
    for path in dict.fromkeys(artifact.path for result in results for artifact in result.artifacts):
        await memory.note_artifact(path, made_by=state["task"])


def rests_on(task: str, plan: Plan, lines: Sequence[str], toolbox: Toolbox) -> tuple[str, ...]:
    """The lines of a memory that a plan rests on: those it took words from, and all that tell of what the task names.

    A word is taken from memory where a step's instruction or arguments have it, a line has it, and neither the task
    nor any tool's description does. Words of tools are common: that two texts share them says nothing.

    Returns:
        No lines where the plan took nothing.
    """
    common = _common(toolbox)
    own = set(words(" ".join(_said(plan)))) - set(words(task)) - common
    taken = [line for line in lines if own & set(words(_body(line)))]
    return tuple(dict.fromkeys([*taken, *_telling(task, lines, common)])) if taken else ()


def still_holds(cohort: Cohort, task: str, lines: Sequence[str], toolbox: Toolbox) -> bool:
    """Whether a cohort's plan is right beside a memory.

    One that rests on the topic's memory is while that says the same, and nothing else of what the task names. Any other
    is where that memory says nothing of what the task names, or the plan has no details but the task's.
    """
    telling = set(_telling(task, lines, _common(toolbox)))
    if cohort.topic is None:
        return not telling or _details(cohort.company.plan) <= details_of(task)
    return set(cohort.rests_on) <= set(lines) and telling <= set(cohort.rests_on)


def _common(toolbox: Toolbox) -> frozenset[str]:
    return frozenset(words(" ".join(f"{tool.name} {tool.description}" for tool in toolbox)))


def _said(plan: Plan) -> list[str]:
    """What a plan says, references to results left out."""
    return [_REFERENCE.sub(" ", text) for step in plan.steps for text in _texts([step.instruction, step.arguments])]


def _details(plan: Plan) -> frozenset[str]:
    return frozenset(detail for text in _said(plan) for detail in details_of(text))


def _telling(task: str, lines: Iterable[str], common: Collection[str]) -> list[str]:
    named = {word for word in words(task) if word not in common}
    tell = (line for line in lines if line.startswith(_SAYINGS) and not line.partition("\n")[0].endswith("?"))
    return [line for line in tell if named & set(words(_body(line)))]


def _body(line: str) -> str:
    return line.partition(": ")[2]


def _texts(value: Any) -> Iterator[str]:
    """All texts and numbers in a JSON value."""
    if isinstance(value, list | tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
    elif value is not None:
        yield str(value)
