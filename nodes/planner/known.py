"""What is kept of earlier companies, and whether it can be used now."""

from collections.abc import AsyncIterator, Mapping

from repertory.memory.plans import Cohort
from repertory.memory.records import Agent
from repertory.memory.registry import Registry
from repertory.memory.tasks.likeness import is_alike
from repertory.nodes.deps import Deps
from repertory.nodes.planner.checks import is_performable
from repertory.nodes.planner.state import Source

_NEAREST = 5  # cohorts that the index may nominate


async def candidates(task: str, registry: Registry, topic: str | None = None) -> AsyncIterator[tuple[Source, Cohort]]:
    """The cohorts that did this task, or the same kind of task, best first.

    The index is asked last, and only nominates: how near it finds two tasks says too little.

    Args:
        task: what is to be done.
        registry: has the cohorts.
        topic: of the run. What holds its memory comes first; what holds that of another one is not looked at.
    """
    seen: set[str] = set()
    for cohort in sorted(await registry.equal_cohorts(task), key=lambda cohort: cohort.topic is None):
        seen.add(cohort.id)
        if not is_elsewhere(cohort, topic):
            yield "equal", cohort
    for cohort in await registry.cohorts_of_form(task):
        if cohort.id not in seen and not is_elsewhere(cohort, topic):
            yield "similar", cohort
        seen.add(cohort.id)
    [near] = await registry.find_cohorts([task], k=_NEAREST)
    for match in near:
        cohort = match.record
        if cohort.id not in seen and not is_elsewhere(cohort, topic) and is_alike(task, cohort.task):
            yield "similar", cohort


def is_elsewhere(cohort: Cohort, topic: str | None) -> bool:
    """Whether a cohort's plan holds what only the memory of another topic says."""
    return cohort.topic is not None and cohort.topic != topic


def unfit(agent: Agent, kept: Mapping[str, Agent], deps: Deps) -> str | None:
    """Why an agent of a cohort is not to be cast: what this run lacks for it, or what became of it; None where it is.

    Args:
        agent: in the version that the cohort has.
        kept: agents of the registry by name, in their newest versions.
        deps: tools and functions of this run.
    """
    newest = kept.get(agent.name)
    if newest is not None and newest.status != "active":
        return f"agent {agent.name!r} is {newest.status}"
    if not is_performable(agent, deps):
        return f"agent {agent.name!r} needs tools or functions that this run does not have"
    return None


def does_well(cohort: Cohort) -> bool:
    """Whether a cohort did its task well at least every other time."""
    return 2 * cohort.track.successes >= cohort.track.uses


def done(cohort: Cohort) -> str:
    """What is said of a cohort's record: `did 3 of 4 such tasks well`."""
    return f"did {cohort.track.successes} of {cohort.track.uses} such tasks well"


def newer(agent: Agent, kept: Mapping[str, Agent]) -> str:
    """What is said where there is a newer version of a cohort's agent."""
    newest = kept.get(agent.name)
    if newest is None or newest.version <= agent.version:
        return ""
    return f"; {agent.name} v{agent.version} is used as it was, v{newest.version} is kept"
