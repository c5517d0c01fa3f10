"""Keeps an index in agreement with the store, whatever it missed."""

from bisect import bisect_right
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import Any, NamedTuple, TypeVar

from repertory.memory.errors import ResourceError
from repertory.memory.retrieval.documents import Document, key_of
from repertory.memory.retrieval.index import Collection, Index, IndexLostError, LastingIndex, Match, Memo
from repertory.memory.storage.locks import hold_in_process
from repertory.memory.storage.shelf import Position, Shelf

_T = TypeVar("_T")
Progress = Callable[[int, int], None]
"""Is told how many rows are done, and of how many."""
RowsOf = Callable[[Collection, Mapping[str, dict[str, Any]]], dict[str, Document]]
"""The rows, by key, that an index is to hold for records as the store has them."""
_COLLECTIONS: tuple[Collection, ...] = ("agents", "cohorts")
_CHUNK = 50  # rows between which others have their turn, and progress is told


class _Compared(NamedTuple):
    wanted: set[str]
    """The keys of all rows that the index is to hold."""
    differing: set[str]
    """Those that are not there, and those that are there and not wanted."""


class Upkeep:
    """One owner's part of an index.

    The store logs which rows each change touches, and an index remembers up to which change it agrees. So what it
    missed, because a process died between store and index or another process wrote, is looked up in the log; where the
    log does not reach back, as for a new index, all keys are compared. Keys of rows carry a digest of their content.

    Rows are only ever brought to what the store says of their records at that moment, while the index is locked: it
    does not matter who does that, how often, or in which order, and a process may die anywhere.
    """

    def __init__(self, index: Index, shelf: Shelf, owner: str, rows_of: RowsOf) -> None:
        self._index = index
        self._shelf = shelf
        self._owner = owner
        self._rows_of = rows_of
        self._background = index.background if isinstance(index, LastingIndex) else None

    async def search(self, collection: Collection, queries: Sequence[str], k: int) -> list[list[Match]]:
        """Search an index that is up to date."""
        if not queries or not (await self._shelf.position(collection)).number:  # nothing was ever kept
            return [[] for _ in queries]
        await self._settled()

        async def search() -> list[list[Match]]:
            await self._catch_up(collection)
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
                    await self._catch_up(collection, by_log_only=True)

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
            return sum([await self._catch_up(collection, progress) for collection in _COLLECTIONS])

        return await _insist(reconcile)

    async def rebuild(self, progress: Progress | None = None) -> int:
        """Embed all rows anew, or go on with that where it was broken off; returns their number."""
        await self._settled()
        return await _insist(lambda: self._rebuild(progress))

    async def _settled(self) -> None:
        if self._background is not None:
            await self._background.settled(self._owner)

    async def _catch_up(
        self, collection: Collection, progress: Progress | None = None, *, by_log_only: bool = False
    ) -> int:
        if await self._agrees(collection):
            return 0
        async with hold_in_process(self._index, f"{self._owner} {collection}"):  # one is enough
            memo = await self._index.memo(collection, self._owner)
            latest = await self._shelf.position(collection)  # before the rows, so that a later change shows
            if memo.position == latest:
                return 0
            touched = await self._shelf.changed_since(collection, memo.position)
            if touched is None:
                if by_log_only:
                    return 0
                touched = (await self._compared(collection)).differing
            repaired = await self._bring(collection, touched, progress)
            await self._remember(collection, memo, position=latest)
            return repaired

    async def _agrees(self, collection: Collection) -> bool:
        memo = await self._index.memo(collection, self._owner)
        return memo.position == await self._shelf.position(collection)

    async def _rebuild(self, progress: Progress | None) -> int:
        memos = {each: await self._index.memo(each, self._owner) for each in _COLLECTIONS}
        latest = {each: await self._shelf.position(each) for each in _COLLECTIONS}
        compared = {each: await self._compared(each) for each in _COLLECTIONS}
        total = sum(len(each.wanted) for each in compared.values())
        done = 0
        for collection, keys in compared.items():
            memo = memos[collection]
            await self._bring(collection, keys.differing - keys.wanted)
            ordered = sorted(keys.wanted)
            begin = bisect_right(ordered, memo.renewed)
            done += begin
            for chunk in _chunks(ordered[begin:]):
                await self._renew(collection, chunk)
                memo = await self._remember(collection, memo, renewed=chunk[-1])
                done += len(chunk)
                if progress is not None:
                    progress(done, total)
        for collection in _COLLECTIONS:  # not before all are done: what is finished would be begun again
            memo = await self._index.memo(collection, self._owner)
            await self._remember(collection, memo, renewed="", position=latest[collection])
        return total

    async def _compared(self, collection: Collection) -> _Compared:
        """Compare all keys; those of the index are only listed where it has more than it should."""
        wanted: set[str] = set()
        missing: set[str] = set()
        async for values in self._shelf.pages((collection,)):
            rows = self._rows_of(collection, values).keys()
            wanted |= rows
            missing |= rows - await self._index.keys(collection, self._owner, rows)
        superfluous: set[str] = set()
        if await self._index.count(collection, self._owner) > len(wanted) - len(missing):
            superfluous = await self._index.keys(collection, self._owner) - wanted
        return _Compared(wanted, missing | superfluous)

    async def _bring(self, collection: Collection, touched: Iterable[str], progress: Progress | None = None) -> int:
        """Bring all rows of the records whose rows were touched to what the store says; returns how many differed."""
        ordered = sorted(touched)
        differed = done = 0
        for chunk in _chunks(ordered):
            async with self._writing():
                rows = await self._rows(collection, chunk)
                there = await self._index.keys(collection, self._owner, {*chunk, *rows})
                superfluous = there - rows.keys()
                missing = {key: document for key, document in rows.items() if key not in there}
                await self._index.put(collection, self._owner, missing)
                await self._index.remove(collection, self._owner, superfluous)
            differed += len(superfluous) + len(missing)
            done += len(chunk)
            if progress is not None:
                progress(done, len(ordered))
        return differed

    async def _renew(self, collection: Collection, chunk: Sequence[str]) -> None:
        """Embed rows anew, where they are still wanted."""
        async with self._writing():
            rows = await self._rows(collection, chunk)
            await self._index.remove(collection, self._owner, set(chunk) - rows.keys())
            await self._index.put(collection, self._owner, rows)

    async def _rows(self, collection: Collection, keys: Iterable[str]) -> dict[str, Document]:
        return self._rows_of(collection, await self._shelf.get_each((collection,), map(key_of, keys)))

    async def _remember(
        self, collection: Collection, memo: Memo, *, position: Position | None = None, renewed: str | None = None
    ) -> Memo:
        """Remember how far the index is, if nobody else came farther meanwhile.

        Raises:
            IndexLostError: it is not the index any more whose rows were written.
        """
        async with self._writing():
            now = await self._index.memo(collection, self._owner)
            if now.made != memo.made:
                raise IndexLostError(f"the index of {collection} was replaced while it was being filled")
            new = now
            if position is not None and now.position == memo.position:
                new = new._replace(position=position)
            if renewed is not None:
                new = new._replace(renewed=renewed)
            if new != now:
                await self._index.remember(collection, self._owner, new)
            return new

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[None]:
        """Only one at a time reads records and writes their rows: the later reader could be the earlier writer."""
        between_processes = self._shelf.lock("index") if self._index.shared else nullcontext()
        async with hold_in_process(self._index, self._owner), between_processes:
            yield


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]


async def _insist(do: Callable[[], Awaitable[_T]]) -> _T:
    """Do it again when the index was replaced: a damaged one by a new one, and that one by words alone."""
    for _ in range(2):
        try:
            return await do()
        except IndexLostError:
            continue
    return await do()
