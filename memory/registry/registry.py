"""The registry: agents and cohorts of one owner, their track records, and their upkeep."""

from repertory.memory.registry.calibrated import Calibrated
from repertory.memory.registry.duplicates import Duplicates
from repertory.memory.registry.learning import Learning
from repertory.memory.registry.restoring import Restoring
from repertory.memory.retrieval.agreement import Progress


class Registry(Restoring, Learning, Duplicates, Calibrated):
    """Agents and cohorts of one owner. Nothing of another owner is ever seen or touched.

    A write goes to the store first and to the index after it; what an index missed is caught up with before a search.
    """

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
