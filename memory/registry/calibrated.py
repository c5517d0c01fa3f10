"""From which scores on an owner's agents are reused."""

from collections.abc import Sequence

from repertory.memory.registry.agents import KeptAgents
from repertory.memory.retrieval.calibration import Calibration, calibrate
from repertory.memory.retrieval.index import Match, QueryForm, Thresholds
from repertory.memory.storage.shelf import Write


class Calibrated(KeptAgents):
    """The agents of one owner, with thresholds that follow their number."""

    async def thresholds(self, form: QueryForm = "task") -> Thresholds:
        """From which scores on an agent is reused, or a model is asked: calibrated anew as the library grows.

        Args:
            form: what the queries say. They are not comparable: two descriptions are more alike than a task and one.
        """
        position = await self._shelf.position("agents")
        known = self.index.calibrated.get((self.index.space, self.owner))
        if known is None or known[0] != position:
            known = position, await self._calibration()
            self.index.calibrated[self.index.space, self.owner] = known
        return known[1].of(form)

    async def _calibration(self) -> Calibration:
        await self._upkeep.reconcile()  # the index is chosen, opened and brought up to date
        size, space = await self.index.count("agents", self.owner), self.index.space
        if (kept := await self._shelf.get(("calibrations",), space)) is not None:
            calibration = Calibration.parse(kept)
            if calibration.holds(size):
                return calibration
        calibration = await calibrate(size, self._search, await self.index.usual())
        await self._shelf.put([Write(("calibrations",), space, calibration.model_dump(mode="json"))])
        return calibration

    async def _search(self, queries: Sequence[str]) -> list[list[Match]]:
        return await self._upkeep.search("agents", queries, 1)
