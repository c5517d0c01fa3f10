"""Keeps an index in agreement with the store, whatever it missed."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from repertory.memory.errors import ResourceError
from repertory.memory.retrieval.agreement import Agreement, Progress, RowsOf
from repertory.memory.retrieval.index import ANEW, Collection, Index, IndexLostError, LastingIndex, Match
from repertory.memory.storage.locks import hold_in_process
from repertory.memory.storage.shelf import Shelf

_T = TypeVar("_T")
_COLLECTIONS: tuple[Collection, ...] = ("agents", "cohorts")


class Upkeep:
    """One owner's part of an index.

    The store logs which rows each change touches, and an index remembers up to which change it agrees. What it missed,
    because a process died between store and index or another process wrote, is brought before it is searched.
    """

    def __init__(self, index: Index, shelf: Shelf, owner: str, rows_of: RowsOf) -> None:
        self._index = index
        self._shelf = shelf
        self._owner = owner
        self._agreement = Agreement(index, shelf, owner, rows_of)
        self._background = index.background if isinstance(index, LastingIndex) else None

    async def search(self, collection: Collection, queries: Sequence[str], k: int) -> list[list[Match]]:
        """Search an index that is up to date."""
        if not queries or not (await self._shelf.position(collection)).number:  # nothing was ever kept
            return [[] for _ in queries]
        await self._settled()

        async def search() -> list[list[Match]]:
            await self._agreement.catch_up(collection)
            return await self._index.search(collection, self._owner, queries, k)

        return await _insist(search)

    async def follow(self, collections: Sequence[Collection]) -> None:
        """Bring changes just made in the store to the index, soon or now.

        What happens to an index in between is the same as if a process had died there: the next search repairs it.
        """
        if not collections:
            return

        async def now() -> None:
            with suppress(IndexLostError):  # the next search fills it
                for collection in collections:
                    await self._agreement.catch_up(collection, by_log_only=True)

        if self._background is None:
            await now()
            return

        async def later() -> None:
            # An index that cannot be reached is told of by the next search, unless that one can reach it.
            with suppress(ResourceError):
                await now()

        self._background.start(self._owner, later)

    async def reconcile(self, progress: Progress | None = None) -> int:
        """Repair what differs; returns the number of rows that did."""
        await self._settled()

        async def reconcile() -> int:
            return sum([await self._agreement.catch_up(collection, progress) for collection in _COLLECTIONS])

        return await _insist(reconcile)

    async def rebuild(self, progress: Progress | None = None) -> int:
        """Embed all rows anew, or go on with that where it was broken off; returns their number.

        They are made in another place, while the old ones are searched and kept up to date, and then replace them. To
        replace row by row would be simpler, but Chroma cannot: of 40 collections whose rows were all upserted again,
        14 had one afterwards that no search found.
        """
        await self._settled()
        async with hold_in_process(self._index, f"{self._owner} rebuilding"):
            return await _insist(lambda: self._rebuild(progress))

    async def _rebuild(self, progress: Progress | None) -> int:
        at = self._agreement
        memos = {each: await at.begun(ANEW[each]) for each in _COLLECTIONS}
        latest = {each: await self._shelf.position(each) for each in _COLLECTIONS}
        compared = {each: await at.compare(each, ANEW[each]) for each in _COLLECTIONS}
        total = sum(len(each.wanted) for each in compared.values())
        done = total - sum(len(each.missing) for each in compared.values())

        def told(now: int, _: int) -> None:
            if progress is not None:
                progress(done + now, total)

        for collection, (_, missing, superfluous) in compared.items():
            anew = ANEW[collection]
            await at.bring(collection, anew, superfluous)
            await at.bring(collection, anew, missing, told)
            await at.agree(anew, memos[collection], latest[collection])
            done += len(missing)
        for collection in _COLLECTIONS:
            await self._replace(collection)
        return total

    async def _replace(self, collection: Collection) -> None:
        async with self._agreement.writing():
            if await self._index.memo(ANEW[collection], self._owner) is None:
                raise IndexLostError(f"another process has rebuilt the {collection} of {self._owner!r}")
            await self._index.replace(collection, self._owner)

    async def _settled(self) -> None:
        if self._background is not None:
            await self._background.settled(self._owner)


async def _insist(do: Callable[[], Awaitable[_T]]) -> _T:
    """Do it again when the index was replaced: a damaged one by a new one, and that one by words alone."""
    for _ in range(2):
        try:
            return await do()
        except IndexLostError:
            continue
    return await do()
