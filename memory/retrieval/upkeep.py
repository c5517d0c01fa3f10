"""Keeps an index in agreement with the store, whatever it missed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from repertory.memory.errors import ResourceError
from repertory.memory.retrieval.index import Collection, Index, IndexLostError, LastingIndex, Match
from repertory.memory.storage.locks import hold_in_process
from repertory.memory.storage.shelf import Shelf, Stamps

_T = TypeVar("_T")
_COLLECTIONS: tuple[Collection, ...] = ("agents", "cohorts")
_CHUNK = 25  # embedded Chroma holds the interpreter while it writes, and progress is told between chunks


class Upkeep:
    """One owner's part of an index.

    Each change of documents leaves a new stamp in the store. An index that knows another stamp missed something:
    a process died between store and index, another process wrote, or the index is new or was replaced. Keys of rows
    carry a digest of their text, so comparing keys finds what is missing, outdated or superfluous.
    """

    def __init__(
        self, index: Index, shelf: Shelf, owner: str, rows: Callable[[Collection], Awaitable[dict[str, str]]]
    ) -> None:
        """`rows` tells from the store what belongs in the index."""
        self._index = index
        self._shelf = shelf
        self._owner = owner
        self._rows = rows
        self._background = index.background if isinstance(index, LastingIndex) else None

    async def search(self, collection: Collection, queries: Sequence[str], k: int) -> list[list[Match]]:
        """Search an index that is up to date."""
        if not queries or await self._shelf.stamp(collection) is None:  # nothing was ever kept
            return [[] for _ in queries]
        await self._settled()

        async def search() -> list[list[Match]]:
            await self._reconcile(collection)
            return await self._index.search(collection, self._owner, queries, k)

        return await _insist(search)

    async def follow(
        self, collection: Collection, before: Mapping[str, str], after: Mapping[str, str], stamps: Stamps | None
    ) -> None:
        """Bring a change of the store to the index, soon or now; without stamps there is none.

        What happens to an index in between is the same as if a process had died there: the next search repairs it.
        """
        if stamps is None:
            return
        if self._background is None:
            await self._follow(collection, before, after, stamps)
            return

        async def later() -> None:
            # An index that cannot be reached is told of by the next search, unless that one can reach it.
            with suppress(ResourceError):
                await self._follow(collection, before, after, stamps)

        self._background.start(self._owner, later)

    async def _settled(self) -> None:
        if self._background is not None:
            await self._background.settled(self._owner)

    async def _follow(
        self, collection: Collection, before: Mapping[str, str], after: Mapping[str, str], stamps: Stamps
    ) -> None:
        known = self._index.stamps.get((collection, self._owner))  # if it changes meanwhile, others are at work
        try:
            await self._put(collection, {row: after[row] for row in after.keys() - before.keys()})
            await self._index.remove(collection, self._owner, before.keys() - after.keys())
        except IndexLostError:  # the next search fills it
            return
        if stamps.before is not None and stamps.before == known == self._index.stamps.get((collection, self._owner)):
            self._agree(collection, stamps.after)

    async def reconcile(self) -> int:
        """Repair what differs; returns the number of rows."""
        await self._settled()
        return await _insist(lambda: self._reconcile(*_COLLECTIONS))

    async def refill(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Empty and fill the index; returns the number of rows."""
        await self._settled()
        return await _insist(lambda: self._refill(progress))

    async def _reconcile(self, *collections: Collection) -> int:
        repaired = 0
        for collection in collections:
            if await self._is_current(collection):
                continue
            async with hold_in_process(self._index, self._owner):  # one is enough
                repaired += await self._repair(collection)
        return repaired

    async def _is_current(self, collection: Collection) -> bool:
        stamp = await self._shelf.stamp(collection)
        return stamp is None or stamp == self._index.stamps.get((collection, self._owner))

    async def _repair(self, collection: Collection) -> int:
        if await self._is_current(collection):  # somebody else did it while this one waited
            return 0
        stamp = await self._shelf.stamp(collection)  # before the rows, so that a later change shows
        rows = await self._rows(collection)
        there = await self._index.keys(collection, self._owner)
        missing = {row: text for row, text in rows.items() if row not in there}
        superfluous = there - rows.keys()
        await self._index.remove(collection, self._owner, superfluous)
        await self._put(collection, missing)
        self._agree(collection, stamp)
        return len(missing) + len(superfluous)

    async def _refill(self, progress: Callable[[int, int], None] | None) -> int:
        async with hold_in_process(self._index, self._owner):
            stamps = {collection: await self._shelf.stamp(collection) for collection in _COLLECTIONS}
            wanted = {collection: await self._rows(collection) for collection in _COLLECTIONS}
            total = sum(map(len, wanted.values()))
            done = 0
            for collection, rows in wanted.items():
                self._index.stamps.pop((collection, self._owner), None)
                await self._index.remove(collection, self._owner, await self._index.keys(collection, self._owner))
                for chunk in _chunks(rows):
                    await self._index.put(collection, self._owner, chunk)
                    done += len(chunk)
                    if progress is not None:
                        progress(done, total)
                self._agree(collection, stamps[collection])
            return total

    async def _put(self, collection: Collection, rows: Mapping[str, str]) -> None:
        for chunk in _chunks(rows):
            await self._index.put(collection, self._owner, chunk)

    def _agree(self, collection: Collection, stamp: str | None) -> None:
        if stamp is not None:
            self._index.stamps[collection, self._owner] = stamp


def _chunks(rows: Mapping[str, str]) -> list[dict[str, str]]:
    items = list(rows.items())
    return [dict(items[start : start + _CHUNK]) for start in range(0, len(items), _CHUNK)]


async def _insist(do: Callable[[], Awaitable[_T]]) -> _T:
    """Do it again when the index was replaced: a damaged one by a new one, and that one by words alone."""
    for _ in range(2):
        try:
            return await do()
        except IndexLostError:
            continue
    return await do()
