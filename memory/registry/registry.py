"""The registry: agents and cohorts of one owner, their track records, and their upkeep."""

from collections.abc import Mapping

from repertory.memory.plans import Cohort
from repertory.memory.records import Agent, Usage
from repertory.memory.registry.kept import dump, rows_of
from repertory.memory.registry.restoring import Restoring
from repertory.memory.retrieval.index import Collection
from repertory.memory.retrieval.upkeep import Progress
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
            olds: list[tuple[Collection, Agent | Cohort, bool, Usage]] = [
                ("agents", agent, *agents[name]) for name, agent in (await self.agents_named(agents)).items()
            ]
            if cohort is not None and (kept := await self.cohort(cohort[0])) is not None:
                olds.append(("cohorts", kept, cohort[1], cohort[2]))
            writes = []
            touched: dict[Collection, set[str]] = {"agents": set(), "cohorts": set()}
            for label, old, success, usage in olds:
                track = old.track.count(run_id, success=success, usage=usage)
                if track != old.track:
                    key = old.name if isinstance(old, Agent) else old.id
                    new = dump(old.model_copy(update={"track": track}))
                    writes.append(Write((label,), key, new))
                    touched[label] |= rows_of(label, {key: dump(old)}).keys() ^ rows_of(label, {key: new}).keys()
            follow = await self._write(writes, touched)
        await follow()

    async def reindex(self, progress: Progress | None = None) -> int:
        """Embed everything anew, from the store; or go on with that where it was broken off.

        Searches meanwhile miss nothing.

        Args:
            progress: is told how many rows are done, and of how many.

        Returns:
            The number of rows that the index now has for this owner.
        """
        return await self._upkeep.rebuild(progress)

    async def reconcile(self, progress: Progress | None = None) -> int:
        """Bring the index up to date with the store; cheap when nothing was missed. Searches do it by themselves.

        Args:
            progress: is told how many rows were looked at, and of how many.

        Returns:
            The number of rows that were missing, outdated or superfluous.
        """
        return await self._upkeep.reconcile(progress)
