"""Rows for indexes, and a cheap embedder."""

import hashlib
import random
from collections.abc import Mapping, Sequence

from repertory.memory.retrieval.documents import Document
from repertory.memory.retrieval.index import ByForm, Thresholds


def documents(texts: Mapping[str, str]) -> dict[str, Document]:
    """Documents of which there is only a text."""
    return {key: Document(text) for key, text in texts.items()}


class Hashed:
    """An embedder whose vectors are sums of a random one for each word. Counts what it was asked."""

    name = "hashed"
    dimension = 48
    thresholds = ByForm(Thresholds(0.5, 0.3), Thresholds(0.5, 0.3))

    def __init__(self, salt: str = "") -> None:
        self.asked = 0
        self._salt = salt

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text."""
        self.asked += len(texts)
        return [
            [sum(column) for column in zip(*map(self._vector, text.lower().split()), strict=True)] for text in texts
        ]

    def _vector(self, word: str) -> list[float]:
        rng = random.Random(hashlib.sha256(f"{self._salt}{word}".encode()).digest())
        return [rng.gauss(0, 1) for _ in range(self.dimension)]
