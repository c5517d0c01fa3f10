"""Makes the rows of an index agree with the store."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Any, NamedTuple

from repertory.memory.retrieval.documents import Document, key_of
from repertory.memory.retrieval.index import Collection, Index, IndexLostError, Memo, Place
from repertory.memory.storage.locks import hold_in_process
from repertory.memory.storage.shelf import Position, Shelf

Progress = Callable[[int, int], None]
"""Is told how many rows are done, and of how many."""
RowsOf = Callable[[Collection, Mapping[str, dict[str, Any]]], dict[str, Document]]
"""The rows, by key, that an index is to hold for records as the store has them."""
_CHUNK = 50  # rows between which others have their turn, and progress is told


class Compared(NamedTuple):
    """The keys of a place, compared with the store."""

    wanted: set[str]
    """Those of all rows that are to be there."""
    missing: set[str]
    superfluous: set[str]


class Agreement:
    """Brings one owner's rows to what the store says of their records at that moment, while the index is locked.

    So it does not matter who does it, how often, or in which order, and a process may die anywhere: up to which change
    a place agrees is written after its rows. Keys of rows carry a digest of their content.
    """

    def __init__(self, index: Index, shelf: Shelf, owner: str, rows_of: RowsOf) -> None:
        self._index = index
        self._shelf = shelf
        self._owner = owner
        self._rows_of = rows_of

    async def catch_up(
        self, collection: Collection, progress: Progress | None = None, *, by_log_only: bool = False
    ) -> int:
        """Bring what a place missed; returns the number of rows that differed.

        The log of the store tells what changed; where it does not reach back, as for a new index, all is compared.

        Args:
            collection: what is brought up to date.
            progress: is told how many rows were looked at.
            by_log_only: leave it where all would have to be compared.
        """
        if await self._agrees(collection):
            return 0
        async with hold_in_process(self._index, f"{self._owner} {collection}"):  # one is enough
            memo = await self.begun(collection)
            latest = await self._shelf.position(collection)  # before the rows, so that a later change shows
            if memo.position == latest:
                return 0
            touched = await self._shelf.changed_since(collection, memo.position)
            if touched is None:
                if by_log_only:
                    return 0
                compared = await self.compare(collection, collection)
                touched = compared.missing | compared.superfluous
            differed = await self.bring(collection, collection, touched, progress)
            await self.agree(collection, memo, latest)
            return differed

    async def begun(self, place: Place) -> Memo:
        """What the index remembers of a place, which is made if need be."""
        memo = await self._index.memo(place, self._owner)
        if memo is None:
            async with self.writing():  # another process may be about to move one here
                await self._index.begin(place, self._owner)
                memo = await self._index.memo(place, self._owner)
        if memo is None:
            raise IndexLostError(f"the {place} in the index of {self._owner!r} were deleted when they were begun")
        return memo

    async def compare(self, collection: Collection, place: Place) -> Compared:
        """Compare all keys; those of the index are only listed where it has more than it should."""
        wanted: set[str] = set()
        missing: set[str] = set()
        async for values in self._shelf.pages((collection,)):
            rows = self._rows_of(collection, values).keys()
            wanted |= rows
            missing |= rows - await self._index.keys(place, self._owner, rows)
        superfluous: set[str] = set()
        if await self._index.count(place, self._owner) > len(wanted) - len(missing):
            superfluous = await self._index.keys(place, self._owner) - wanted
        return Compared(wanted, missing, superfluous)

    async def bring(
        self, collection: Collection, place: Place, touched: Iterable[str], progress: Progress | None = None
    ) -> int:
        """Bring all rows of the records whose rows were touched to what the store says; returns how many differed."""
        ordered = sorted(touched)
        differed = done = 0
        for chunk in _chunks(ordered):
            async with self.writing():
                values = await self._shelf.get_each((collection,), map(key_of, chunk))
                rows = self._rows_of(collection, values)
                there = await self._index.keys(place, self._owner, {*chunk, *rows})
                missing = {key: document for key, document in rows.items() if key not in there}
                superfluous = there - rows.keys()
                await self._index.put(place, self._owner, missing)
                await self._index.remove(place, self._owner, superfluous)
            differed += len(superfluous) + len(missing)
            done += len(chunk)
            if progress is not None:
                progress(done, len(ordered))
        return differed

    async def agree(self, place: Place, memo: Memo, position: Position) -> None:
        """Remember up to which change a place agrees, if nobody else came farther meanwhile.

        Args:
            place: the place.
            memo: what was remembered of it before its rows were brought.
            position: the change.

        Raises:
            IndexLostError: it is not the place any more whose rows were brought.
        """
        async with self.writing():
            now = await self._index.memo(place, self._owner)
            if now is None or now.made != memo.made:
                raise IndexLostError(f"the {place} in the index of {self._owner!r} were replaced meanwhile")
            if now.position == memo.position:
                await self._index.remember(place, self._owner, position)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Only one at a time reads records and writes their rows: the later reader could be the earlier writer."""
        between_processes = self._shelf.lock("index") if self._index.shared else nullcontext()
        async with hold_in_process(self._index, self._owner), between_processes:
            yield

    async def _agrees(self, place: Collection) -> bool:
        memo = await self._index.memo(place, self._owner)
        return memo is not None and memo.position == await self._shelf.position(place)


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]
