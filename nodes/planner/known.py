"""What is kept of earlier companies, and whether it can be used now."""

from collections.abc import Mapping

from repertory.memory.plans import Cohort
from repertory.memory.records import Agent
from repertory.nodes.deps import Deps
from repertory.nodes.planner.checks import is_performable


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
