"""The index of a home: Chroma in a folder that one process at a time may use, or else ranking by words."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from repertory.memory.errors import InputError, ResourceError
from repertory.memory.retrieval.background import Background
from repertory.memory.retrieval.calibration import Calibration
from repertory.memory.retrieval.chroma import ChromaIndex
from repertory.memory.retrieval.chroma_collections import DamagedIndexError
from repertory.memory.retrieval.documents import Document
from repertory.memory.retrieval.embeddings import Embedder, choose_embedder, choose_offline
from repertory.memory.retrieval.index import ByForm, Collection, Index, IndexLostError, Match, Memo, Place
from repertory.memory.retrieval.lexical import LexicalIndex
from repertory.memory.retrieval.ranking import USUAL, Ranking
from repertory.memory.storage.locks import FileLocks, HeldLock
from repertory.memory.storage.shelf import Position

_T = TypeVar("_T")
_PATIENCE = 10.0  # seconds for changes under way when a home is closed; what is missing then the next search adds
SERVER_VARIABLE = "REPERTORY_CHROMA"


class HomeIndex:
    """Chooses at its first use, and replaces what fails.

    A damaged Chroma folder is moved aside and begun anew; without the lock on it, or when embeddings fail, ranking is
    by words. Whatever replaces an index is empty: `IndexLostError` tells the registry, which fills it from the store.
    """

    def __init__(
        self,
        home: Path,
        environ: Mapping[str, str],
        locks: FileLocks,
        background: Background | None = None,
        ranking: Ranking = USUAL,
    ) -> None:
        """Look at what there is; nothing heavy is imported or opened yet.

        Args:
            home: the folder; Chroma's is in it.
            environ: read for the choice of index and embeddings.
            locks: the home's.
            background: where runs leave changes of the index behind; without it they wait for them. Whoever gives it
                calls `close` before the event loop ends.
            ranking: the weights of the formula.

        Raises:
            InputError, ResourceError: the environment asks for embeddings that are unknown or not there, or names a
                Chroma server by what is no address.
        """
        self.calibrated: dict[tuple[str, str], tuple[Position, Calibration]] = {}
        self.background = background
        self._ranking = ranking
        self._folder = home / "chroma"
        self._environ = environ
        self._locks = locks
        self._lock: HeldLock | None = None
        self._choosing = asyncio.Lock()
        self._index: Index | None = None
        self._repairs: list[str] = []
        server = environ.get(SERVER_VARIABLE, "")
        if server and not server.startswith(("http://", "https://")):
            raise InputError(f"{SERVER_VARIABLE}={server!r} is no address; write http://HOST:PORT")
        choice = choose_offline(environ)
        self._expected = None if choice is None else choice.notice

    @property
    def notice(self) -> str | None:
        """What was repaired, and why ranking is by words if it is."""
        ranking = self._expected if self._index is None else self._index.notice
        return "; ".join([*self._repairs, *([ranking] if ranking else [])]) or None

    @property
    def ranking(self) -> Ranking:
        """The weights that scores are made with."""
        return self._ranking

    @property
    def space(self) -> str:
        """What scores depend on besides the documents. Known after the first search."""
        return (self._index or LexicalIndex()).space

    @property
    def kept(self) -> bool:
        """Whether rows outlive the process. Known after the first use."""
        return self._index is not None and self._index.kept

    @property
    def shared(self) -> bool:
        """Whether other processes write it, too."""
        return bool(self._environ.get(SERVER_VARIABLE))

    async def put(self, place: Place, owner: str, documents: Mapping[str, Document]) -> None:
        """Insert documents by key, or replace them."""
        if documents:
            await self._attempt(lambda index: index.put(place, owner, documents))

    async def remove(self, place: Place, owner: str, keys: Iterable[str]) -> None:
        """Forget keys; unknown ones are ignored."""
        if gone := list(keys):
            await self._attempt(lambda index: index.remove(place, owner, gone))

    async def search(self, collection: Collection, owner: str, queries: Sequence[str], k: int = 5) -> list[list[Match]]:
        """The best `k` matches of each query."""
        return await self._attempt(lambda index: index.search(collection, owner, queries, k))

    async def keys(self, place: Place, owner: str, among: Iterable[str] | None = None) -> set[str]:
        """The keys that are there: all, or those of `among`."""
        wanted = None if among is None else list(among)
        return await self._attempt(lambda index: index.keys(place, owner, wanted))

    async def memo(self, place: Place, owner: str) -> Memo | None:
        """What the index remembers of a place; None where nothing was begun."""
        return await self._attempt(lambda index: index.memo(place, owner))

    async def begin(self, place: Place, owner: str) -> None:
        """Make an empty place; one that is there already stays as it is."""
        await self._attempt(lambda index: index.begin(place, owner))

    async def remember(self, place: Place, owner: str, position: Position) -> None:
        """Remember up to which change of the store a place agrees."""
        await self._attempt(lambda index: index.remember(place, owner, position))

    async def replace(self, collection: Collection, owner: str) -> None:
        """Search the rows that were embedded anew; the ones that were searched until now go."""
        await self._attempt(lambda index: index.replace(collection, owner))

    async def likeness(self, text: str, others: Sequence[str]) -> list[float]:
        """How like a text others are."""
        return await self._attempt(lambda index: index.likeness(text, others))

    async def embedder(self) -> Embedder | None:
        """What texts are embedded with; None where ranking is by words."""
        return await self._attempt(lambda index: index.embedder())

    async def count(self, place: Place, owner: str) -> int:
        """The number of rows."""
        return await self._attempt(lambda index: index.count(place, owner))

    async def usual(self) -> ByForm:
        """The thresholds of a small collection."""
        return await self._attempt(lambda index: index.usual())

    async def close(self) -> None:
        """Wait for changes that are under way, release Chroma's files, and then the lock on them."""
        try:
            if self.background is not None:
                await self.background.close(_PATIENCE)
        finally:
            await self._release()

    async def _release(self) -> None:
        index, self._index = self._index, None
        try:
            if index is not None:
                await index.close()
        finally:
            if self._lock is not None:
                self._lock.release()
                self._lock = None

    async def _attempt(self, do: Callable[[Index], Awaitable[_T]]) -> _T:
        async with self._choosing:
            if self._index is None:
                self._index = await self._choose()
            index = self._index
        try:
            return await do(index)
        except IndexLostError:  # it is there, and has to be filled again
            raise
        except ResourceError as error:
            if self._environ.get(SERVER_VARIABLE) and not isinstance(index, LexicalIndex):
                raise  # it was asked for by name
            async with self._choosing:
                if self._index is index:  # else another task was faster
                    self._index = await self._replace(index, error)
            raise IndexLostError(str(error)) from error

    async def _choose(self) -> Index:
        embedder, notice = await choose_embedder(self._environ)
        if embedder is None:
            return LexicalIndex(notice, self._ranking)
        if server := self._environ.get(SERVER_VARIABLE):
            return ChromaIndex(server, embedder, self._ranking)
        if self._lock is None:
            try:
                self._lock = await self._locks.acquire(
                    "chroma",
                    busy="ranking by words only: process {pid} uses the index of this home; stop it, or share a server "
                    f"(`chroma run`) through {SERVER_VARIABLE}=http://localhost:8000",
                )
            except ResourceError as error:
                return LexicalIndex(str(error), self._ranking)
        return ChromaIndex(self._folder, embedder, self._ranking)

    async def _replace(self, index: Index, error: ResourceError) -> Index:
        await index.close()
        if self._repairs or not isinstance(error, DamagedIndexError):  # one repair must do
            return LexicalIndex(f"ranking by words only: {error}", self._ranking)
        aside = self._folder.with_name(f"chroma.damaged-{time.time_ns()}")
        try:
            self._folder.rename(aside)
        except OSError as obstacle:
            notice = f"ranking by words only: {error}; it cannot be moved aside: {obstacle}"
            return LexicalIndex(notice, self._ranking)
        self._repairs.append(f"{error}; it was moved to {str(aside)!r} and is being rebuilt from the store")
        return await self._choose()
