"""Recall: what does the topic know, and does a company that did well for this task, or one like it, exist already?"""

import uuid
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import Overwrite

from repertory.memory.errors import InputError
from repertory.memory.plans import Casting, Cohort, Company
from repertory.memory.portable import portable
from repertory.memory.records import JsonObject
from repertory.memory.registry import Mounted, Registry
from repertory.nodes.context import Context, context_of
from repertory.nodes.deps import Deps, Node
from repertory.nodes.planner.checks import check_company
from repertory.nodes.planner.known import candidates, does_well, done, newer, unfit
from repertory.nodes.planner.perform import store_of
from repertory.nodes.planner.remembered import recalled, still_holds
from repertory.nodes.planner.state import PlannerInput, Source
from repertory.nodes.prompts import brief

MAX_TASK = 20_000
"""Characters of a task."""


def recaller(deps: Deps) -> Node:
    """Make the node that starts a run and looks for a cohort that fits."""

    async def recall(state: PlannerInput, runtime: Runtime[Context]) -> dict[str, Any]:
        if not isinstance(state.get("task"), str):
            raise InputError('the input has no task; give {"task": "…"}')
        task, context = portable(state["task"]).strip(), context_of(runtime)
        if not task or len(task) > MAX_TASK:
            raise InputError(f"the task has {len(task)} characters; say it in 1 to {MAX_TASK}")
        registry = registry_of(deps, runtime)
        memory = await recalled(task, deps, runtime)
        source, cohort, reasons = await _recalled(task, memory, registry, deps, context)
        return {
            **_FRESH,
            "task": task,
            "run_id": uuid.uuid4().hex,
            "memory": memory,
            "source": source,
            "cohort_id": cohort.id if cohort else None,
            "known_task": cohort.task if cohort else None,
            "known_record": _record(cohort) if cohort else None,
            "passed_over": reasons,
            "company": await _recast(cohort, registry) if cohort else None,
            "notices": [*([deps.index.notice] if deps.index.notice else []), *await _of_libraries(deps, runtime)],
        }

    return recall


_FRESH: dict[str, Any] = {  # a thread may get a second task: nothing of the first run may stay
    "status": "planning",
    "approved_by": None,
    "granted": [],
    "proposals": 0,
    "feedback": [],
    "changes": [],
    "objection": None,
    "preset": None,
    "results": Overwrite({}),
    "repairable": False,
    "replans": 0,
    "answer": "",
    "error": None,
    "rating": None,
    "rated_by": None,
    "usage": Overwrite({}),
    "seconds": Overwrite({}),
}


async def _of_libraries(deps: Deps, runtime: Runtime[Context]) -> list[str]:
    return [f"the library {name!r} has no agents; is that its name?" for name in await mounted(deps, runtime).empty()]


def registry_of(deps: Deps, runtime: Runtime[Context]) -> Registry:
    """The registry of the run's owner, over the store that the graph was compiled with."""
    return mounted(deps, runtime).own


def mounted(deps: Deps, runtime: Runtime[Context]) -> Mounted:
    """The registry of the run's owner, with the libraries that this run may cast from."""
    context = context_of(runtime)
    return Mounted(store_of(runtime), deps.index, context.owner, context.libraries)


async def _recalled(
    task: str, memory: list[str], registry: Registry, deps: Deps, context: Context
) -> tuple[Source, Cohort | None, list[str]]:
    """Where a plan can come from, the best cohort there, and why better ones are not used."""
    reasons: list[str] = []
    async for source, cohort in candidates(task, registry, context.topic):
        why = await _hindrance(cohort, registry, deps, context)
        if why is None and not still_holds(cohort, task, memory, deps.toolbox):
            why = "the topic's memory no longer says what its plan rests on"
        if why is None:
            return source, cohort, reasons
        which = "this task" if source == "equal" else f"{brief(cohort.task, 100)!r}"
        reasons.append(f"the company that did {which} is not used: {why}")
    return "new", None, reasons


async def _hindrance(cohort: Cohort, registry: Registry, deps: Deps, context: Context) -> str | None:
    """Why this run cannot use the cohort: what it lacks, or what became of its agents; None where it can."""
    if not does_well(cohort):
        return f"it {done(cohort)}"
    try:
        check_company(cohort.company, deps.toolbox, context.limits)
    except InputError as error:
        return str(error)
    kept = await registry.agents_named(casting.agent.name for casting in cohort.company.cast)
    for casting in cohort.company.cast:
        if why := unfit(casting.agent, kept, deps):
            return why
    return None


def _record(cohort: Cohort) -> JsonObject:
    """What a person is told of how a cohort did."""
    track = cohort.track.model_dump(mode="json", include={"uses", "successes", "ratings", "liked"})
    return {**track, "rated_by": cohort.rated_by}


async def _recast(cohort: Cohort, registry: Registry) -> Company:
    """The company as it was, each agent in the version that it had; newer ones are told of."""
    kept = await registry.agents_named(casting.agent.name for casting in cohort.company.cast)
    cast = (
        Casting(agent=c.agent, origin="cohort", reason=f"{done(cohort)}{newer(c.agent, kept)}")
        for c in cohort.company.cast
    )
    return Company(plan=cohort.company.plan, cast=tuple(cast))
