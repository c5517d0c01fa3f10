"""The registry: agents and cohorts of one owner, their track records, and their upkeep."""

from collections.abc import Callable, Mapping

from repertory.memory.plans import Cohort
from repertory.memory.records import Agent, Usage
from repertory.memory.registry.kept import all_rows, dump
from repertory.memory.registry.restoring import Restoring
from repertory.memory.retrieval.documents import agent_rows, cohort_rows
from repertory.memory.retrieval.index import Collection
from repertory.memory.storage.shelf import Write


class Registry(Restoring):
    """Agents and cohorts of one owner. Nothing of another owner is ever seen or touched.

    A write goes to the store first and to the index after it; what an index missed is caught up with before a search.
    """

    async def count(
        self,
        run_id: str,
        *,
        agents: Mapping[str, tuple[bool, Usage]],
        cohort: tuple[str, bool, Usage] | None,
    ) -> None:
        """Add a run to the track records: exactly once, however often it is called for that run.

        Args:
            run_id: identifies the run.
            agents: by name, whether the agent succeeded, and what it used. Names that are not kept are ignored.
            cohort: the same for the cohort that did the task, with its id.
        """
        async with self._shelf.lock():
            olds: list[tuple[str, Agent | Cohort, bool, Usage]] = [
                ("agents", agent, *agents[name]) for name, agent in (await self.agents_named(agents)).items()
            ]
            if cohort is not None and (kept := await self.cohort(cohort[0])) is not None:
                olds.append(("cohorts", kept, cohort[1], cohort[2]))
            writes = []
            for label, old, success, usage in olds:
                track = old.track.count(run_id, success=success, usage=usage)
                if track != old.track:
                    key = old.name if isinstance(old, Agent) else old.id
                    writes.append(Write((label,), key, dump(old.model_copy(update={"track": track}))))
            if writes:
                await self._shelf.put(writes)

    async def reindex(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Fill the index anew from the store.

        Args:
            progress: is told how many rows are done, and of how many.

        Returns:
            The number of rows that the index now has for this owner.
        """
        return await self._upkeep.refill(progress)

    async def reconcile(self) -> int:
        """Bring the index up to date with the store; cheap when nothing was missed. Searches do it by themselves.

        Returns:
            The number of rows that were missing, outdated or superfluous.
        """
        return await self._upkeep.reconcile()

    async def _rows(self, collection: Collection) -> dict[str, str]:
        """What belongs in the index."""
        if collection == "agents":
            return all_rows(map(agent_rows, await self.agents()))
        return all_rows(map(cohort_rows, await self.cohorts()))
