"""Agents and cohorts that come from elsewhere, and what becomes of them where something of their name is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from repertory.memory.library.reading import Incoming
from repertory.memory.plans import Cohort
from repertory.memory.records import AT_REST, Agent
from repertory.memory.registry import Registry
from repertory.memory.registry.restoring import Saved

Change = Literal["added", "changed", "approved", "unchanged", "left"]
"""`changed`: it is the next version of the agent of that name. `approved`: it is the draft that was there, now active.
`left`: the one that is kept is at rest, retired, or a cohort, which never changes; it stays as it was."""


class Arrival(NamedTuple):
    """An agent that came, as it is kept now."""

    agent: Agent
    change: Change
    file: str


class CohortArrival(NamedTuple):
    """A cohort that came, as it is kept now."""

    cohort: Cohort
    change: Change
    file: str


@dataclass(frozen=True)
class Door:
    """Lets agents and cohorts in.

    Nothing is overwritten: where an agent has the name, what comes becomes its next version; one at rest or retired is
    left alone, since what comes could not be told from it when it is woken.
    """

    registry: Registry
    active: bool
    """Drafts come in as active: whoever imports them approves them."""

    async def agents(self, incoming: Sequence[Incoming]) -> list[Arrival]:
        """Let agents in, all at once; each has a name of its own."""
        news = [each._replace(versions=(*each.versions[:-1], self._approved(each.versions[-1]))) for each in incoming]
        restored = await self.registry.restore_agents([each.versions for each in news])
        fresh = {agent.name: agent for agent in restored}
        kept = await self.registry.agents_named(each.versions[-1].name for each in news)
        arrivals = {
            name: Arrival(fresh[name], "added", each.file) if name in fresh else self._met(each, kept[name])
            for each in news
            for name in [each.versions[-1].name]
        }
        saved = await self.registry.save_agents([a.agent for a in arrivals.values() if a.change == "changed"])
        approved = [name for name, arrival in arrivals.items() if arrival.change == "approved"]
        moved = [each.after for each in await self.registry.move_agents(approved, "approve")]
        for agent in (*saved, *moved):
            arrivals[agent.name] = arrivals[agent.name]._replace(agent=agent)
        return list(arrivals.values())

    async def cohort(self, saved: Saved, file: str) -> CohortArrival:
        """Let a cohort in."""
        restored = await self.registry.restore_cohorts([saved])
        if restored:
            return CohortArrival(restored[0], "added", file)
        kept = await self.registry.cohort(saved.cohort.id)
        same = kept is not None and _plan_of(kept) == _plan_of(saved.cohort)
        return CohortArrival(kept or saved.cohort, "unchanged" if same else "left", file)

    def _approved(self, agent: Agent) -> Agent:
        return agent.model_copy(update={"status": "active"}) if self.active and agent.status == "draft" else agent

    def _met(self, each: Incoming, kept: Agent) -> Arrival:
        """What becomes of an agent whose name is taken."""
        new = each.versions[-1]
        if new.content() == kept.content():
            return Arrival(kept, "approved" if self.active and kept.status == "draft" else "unchanged", each.file)
        if kept.status in AT_REST:
            return Arrival(kept, "left", each.file)
        return Arrival(new.model_copy(update={"created_by": f"import {each.file}"}), "changed", each.file)


def _plan_of(cohort: Cohort) -> object:
    """What makes a cohort what it is."""
    return cohort.model_copy(update={"owner": "", "track": {}, "rating": "", "rated_by": ""})
