"""A library of public agents with tasks that they can do and tasks that none of them can; and registries of agents."""

import json
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from benchmarks.skills import DATA
from repertory.memory.definitions.naming import apart, name_of
from repertory.memory.records import Agent
from repertory.memory.registry import Registry
from repertory.memory.retrieval.chroma import ChromaIndex
from repertory.memory.retrieval.embeddings import Embedder
from repertory.memory.retrieval.index import Thresholds
from repertory.memory.retrieval.lexical import LexicalIndex
from repertory.memory.retrieval.ranking import USUAL, Ranking
from repertory.memory.storage.checkpoints import open_store
from repertory.memory.storage.locks import FileLocks


@cache
def read_agents(folder: Path = DATA) -> tuple[Agent, ...]:
    """All agents of the library, `imported_as` their ids.

    Raises:
        FileNotFoundError: the data is not there.
    """
    agents: dict[str, Agent] = {}
    for record in json.loads((folder / "agent_library.json").read_text(encoding="utf-8")):
        name = name_of(record["name"])
        name = apart(name, record["id"]) if name in agents else name
        agents[name] = Agent(
            name=name,
            role=record["role"],
            description=record["description"],
            prompt=record["prompt"],
            imported_as=record["id"],
        )
    return tuple(agents.values())


def read_strange(folder: Path = DATA) -> list[str]:
    """Tasks that no agent of the library can do.

    Raises:
        FileNotFoundError: the data is not there.
    """
    lines = (folder / "queries_out.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[0] for line in lines if line.strip()]


class Remembering:
    """An embedder that makes the vector of a text once: the same texts are asked for again and again here."""

    def __init__(self, embedder: Embedder) -> None:
        self.name = embedder.name
        self.dimension = embedder.dimension
        self.thresholds: Thresholds | None = embedder.thresholds
        self._embedder = embedder
        self._known: dict[str, list[float]] = {}

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text."""
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        if new:
            self._known.update(zip(new, await self._embedder.embed(new), strict=True))
        return [self._known[text] for text in texts]


@asynccontextmanager
async def registry_at(
    folder: Path, embedder: Embedder | None = None, ranking: Ranking = USUAL
) -> AsyncIterator[Registry]:
    """A registry in files, as a home has it.

    Args:
        folder: where; what is there is used.
        embedder: for an index in Chroma; without it ranking is by words.
        ranking: the weights of the formula.
    """
    (folder / "locks").mkdir(parents=True, exist_ok=True)
    index = LexicalIndex(None, ranking) if embedder is None else ChromaIndex(folder / "chroma", embedder, ranking)
    try:
        async with open_store(folder / "store.sqlite", FileLocks(folder / "locks")) as store:
            yield Registry(store, index)
    finally:
        await index.close()


@asynccontextmanager
async def registry_of(
    agents: Iterable[Agent], embedder: Embedder | None = None, ranking: Ranking = USUAL
) -> AsyncIterator[Registry]:
    """A new registry in files that has these agents, and is forgotten afterwards; see `registry_at`."""
    with tempfile.TemporaryDirectory() as folder:
        async with registry_at(Path(folder), embedder, ranking) as registry:
            await registry.save_agents(list(agents))
            yield registry
