"""Recall: does a company that did well for this task, or one like it, exist already?"""

import uuid
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import Overwrite

from repertory.memory.errors import InputError
from repertory.memory.plans import Casting, Cohort, Company
from repertory.memory.portable import portable
from repertory.memory.registry import Registry
from repertory.nodes.context import Context, context_of
from repertory.nodes.deps import Deps, Node
from repertory.nodes.planner.checks import check_company, is_performable
from repertory.nodes.planner.perform import store_of
from repertory.nodes.planner.state import PlannerInput

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
        cohort, source = await registry.equal_cohort(task), "equal"
        if cohort is None:
            source = "similar"
            found = await registry.find_cohorts(task, k=3)
            cohort = next((match.record for match in found if match.score >= deps.index.fits), None)
        if cohort is not None and not await _usable(cohort, registry, deps, context):
            cohort = None
        return {
            **_FRESH,
            "task": task,
            "run_id": uuid.uuid4().hex,
            "source": source if cohort else "new",
            "cohort_id": cohort.id if cohort else None,
            "known_task": cohort.task if cohort else None,
            "company": _recast(cohort) if cohort else None,
            "notices": [deps.index.notice] if deps.index.notice else [],
        }

    return recall


_FRESH: dict[str, Any] = {  # a thread may get a second task: nothing of the first run may stay
    "status": "planning",
    "approved_by": None,
    "granted": [],
    "proposals": 0,
    "feedback": [],
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


def registry_of(deps: Deps, runtime: Runtime[Context]) -> Registry:
    """The registry of the run's owner, over the store that the graph was compiled with."""
    return Registry(store_of(runtime), deps.index, context_of(runtime).owner)


async def _usable(cohort: Cohort, registry: Registry, deps: Deps, context: Context) -> bool:
    """Whether this run has the cohort's tools and functions, and nobody has put one of its agents to rest."""
    try:
        check_company(cohort.company, deps.toolbox, context.limits)
    except InputError:
        return False
    if not all(is_performable(casting.agent, deps) for casting in cohort.company.cast):
        return False
    kept = await registry.agents_named(casting.agent.name for casting in cohort.company.cast)
    return all(agent.status == "active" for agent in kept.values())


def _recast(cohort: Cohort) -> Company:
    done = f"did {cohort.track.successes} of {cohort.track.uses} such tasks well"
    return Company(
        plan=cohort.company.plan,
        cast=tuple(Casting(agent=c.agent, origin="cohort", reason=done) for c in cohort.company.cast),
    )
