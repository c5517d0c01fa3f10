"""Records that come back as they were: with their versions, statuses and track records."""

from collections.abc import Sequence
from typing import NamedTuple

from repertory.memory.errors import InputError
from repertory.memory.plans import Cohort
from repertory.memory.records import Agent
from repertory.memory.registry.agents import KeptAgents
from repertory.memory.registry.cohorts import KeptCohorts
from repertory.memory.retrieval.documents import task_key


class Saved(NamedTuple):
    """A cohort, and when it was saved: among those of equal tasks the latest is taken."""

    cohort: Cohort
    at: str
    """ISO 8601, UTC."""


class Restoring(KeptAgents, KeptCohorts):
    """Takes whole histories out of the registry, and puts them into one that has nothing under their names."""

    async def older_versions(self) -> dict[str, list[Agent]]:
        """The versions of agents before their newest, by name, the oldest first; most have none."""
        values = await self._shelf.get_all(("versions",))
        versions: dict[str, list[Agent]] = {}
        for agent in sorted(map(Agent.model_validate, values.values()), key=lambda agent: agent.version):
            versions.setdefault(agent.name, []).append(agent)
        return versions

    async def saved_cohorts(self) -> list[Saved]:
        """All cohorts, by id, with the times at which they were saved."""
        return [Saved(cohort, await self._saved_at(cohort)) for cohort in await self.cohorts()]

    async def restore_agents(self, histories: Sequence[Sequence[Agent]]) -> list[Agent]:
        """Keep agents as they are: with version, status, track record and origin; only the owner is this registry's.

        Args:
            histories: of each agent its versions, the newest last.

        Returns:
            Those that are now kept; one whose name is taken is left out, with all its versions.

        Raises:
            InputError: two histories have one name, or the versions of one do not belong together.
        """
        for versions in histories:
            numbers = [agent.version for agent in versions]
            if len({agent.name for agent in versions}) != 1 or numbers != sorted(set(numbers)):
                known = [f"{agent.name}@{agent.version}" for agent in versions]
                raise InputError(f"versions {known!r}: give those of one agent, each once, the newest last")
        names = [versions[-1].name for versions in histories]
        if len(set(names)) != len(names):
            raise InputError(f"agents {names!r} to be restored: give each a name of its own")
        async with self._shelf.lock():
            taken = await self.agents_named(names)
            free = [
                [self._own(agent) for agent in versions] for versions in histories if versions[-1].name not in taken
            ]
            news = [versions[-1] for versions in free]
            follow = await self._write_agents(news, {}, [agent for versions in free for agent in versions[:-1]])
        await follow()
        return news

    async def restore_cohorts(self, saved: Sequence[Saved]) -> list[Cohort]:
        """Keep cohorts as they are, with rating, track record and time; only the owner is this registry's.

        Returns:
            Those that are now kept; one whose id is taken is left out.
        """
        async with self._shelf.lock():
            taken = await self._shelf.get_each(("cohorts",), (each.cohort.id for each in saved))
            free = [each for each in saved if each.cohort.id not in taken]
            news = [(each.cohort.model_copy(update={"owner": self.owner}), each.at) for each in free]
            follow = await self._write_cohorts(news, {})
        await follow()
        return [cohort for cohort, _ in news]

    def _own(self, agent: Agent) -> Agent:
        return agent.model_copy(update={"owner": self.owner})

    async def _saved_at(self, cohort: Cohort) -> str:
        value = await self._shelf.get(("tasks", task_key(cohort.task)), cohort.id)
        return "" if value is None else str(value["saved"])
