"""Which embedding model there is, without downloading one."""

from collections.abc import Sequence
from typing import Protocol

from repertory.memory.index import Thresholds


class Embedder(Protocol):
    """Turns texts into vectors whose cosine says how alike the texts are."""

    @property
    def name(self) -> str:
        """Identifies the model; indexes are kept apart by it."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    @property
    def thresholds(self) -> Thresholds:
        """From which score on a match by this model is reused."""
        ...

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text, in order.

        Raises:
            ResourceError: the model cannot be reached.
        """
        ...
