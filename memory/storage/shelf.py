"""Where one owner's records are in a LangGraph store: namespaces, whole collections, locks and a log of changes."""

import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable
from urllib.parse import quote

from langgraph.store.base import BaseStore, GetOp, Item, PutOp

from repertory.memory.errors import InputError
from repertory.memory.storage.locks import hold_in_process

# One statement sees one moment. Pages by offset would not: stores order by time of change, so that a write between two
# pages moves rows across their border.
_EVERYTHING = 1_000_000
_PAGE = 200  # records at a time, so that neither memory nor the event loop notices how many there are
LOG_LENGTH = 1000
"""Changes of a collection that are remembered one by one."""


class Position(NamedTuple):
    """A place in the log of a collection's changes."""

    number: int = 0
    """Changes up to here; 0 before the first."""
    mark: str = ""
    """Tells this change from one of the same number in another history, as after a backup was restored."""


class Write(NamedTuple):
    """A value to be put: under which labels, by which key."""

    labels: tuple[str, ...]
    key: str
    value: dict[str, Any] | None
    """None takes away what is there."""


@runtime_checkable
class SharedStore(Protocol):
    """A store that several processes write, and that can keep them apart."""

    def exclusive(self, name: str) -> AbstractAsyncContextManager[None]:
        """Hold a lock of that name between processes."""
        ...


@runtime_checkable
class PagedStore(Protocol):
    """A store that can be read in the order of its keys."""

    async def page(self, namespace: tuple[str, ...], after: str, limit: int) -> dict[str, dict[str, Any]]:
        """The next values by key, after a key."""
        ...


class Shelf:
    """The records of one owner in a store."""

    def __init__(self, store: BaseStore, owner: str) -> None:
        if not owner.strip() or len(owner) > 200 or owner != owner.encode(errors="replace").decode():
            raise InputError(f"owner {owner!r}: give a name of 1 to 200 characters, in UTF-8")
        self._store = store
        self._root = ("repertory", quote(owner, safe="").replace(".", "%2E"))  # a dot would end the label

    async def get(self, labels: tuple[str, ...], key: str) -> dict[str, Any] | None:
        """The value of a key, or None."""
        item = await self._store.aget((*self._root, *labels), key)
        return None if item is None else item.value

    async def get_each(self, labels: tuple[str, ...], keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The values of those keys that are there."""
        wanted = list(dict.fromkeys(keys))
        if not wanted:
            return {}
        items = await self._store.abatch([GetOp((*self._root, *labels), key) for key in wanted])
        return {item.key: item.value for item in items if isinstance(item, Item)}

    async def get_all(self, labels: tuple[str, ...]) -> dict[str, dict[str, Any]]:
        """All values by key; those of namespaces below are not among them."""
        namespace = (*self._root, *labels)
        items = await self._store.asearch(namespace, limit=_EVERYTHING)
        return {item.key: item.value for item in items if tuple(item.namespace) == namespace}

    async def pages(self, labels: tuple[str, ...]) -> AsyncIterator[dict[str, dict[str, Any]]]:
        """All values by key, some at a time.

        What is written meanwhile may be missed; the log of changes has it.
        """
        if isinstance(self._store, PagedStore):
            last = ""
            while page := await self._store.page((*self._root, *labels), last, _PAGE):
                yield page
                last = max(page)
            return
        items = list((await self.get_all(labels)).items())
        for start in range(0, len(items), _PAGE):
            yield dict(items[start : start + _PAGE])

    async def put(self, writes: Iterable[Write], *, changed: Iterable[tuple[str, Iterable[str]]] = ()) -> None:
        """Write all in one batch; only while the lock is held.

        Args:
            writes: in the order in which a store without transactions is to write them.
            changed: of collections, the keys of index rows that this brings or takes away. Each one's log gets a
                change.
        """
        log = [write for name, keys in changed for write in await self._logged(name, keys)]
        # The log first: a crash then leaves a needless comparison, never a change that nobody notices.
        await self._store.abatch(
            [
                PutOp((*self._root, *w.labels), w.key, w.value, index=False)  # the registry has an index of its own
                for w in (*log, *writes)
            ]
        )

    async def position(self, collection: str) -> Position:
        """The latest change of a collection's rows."""
        value = await self.get(("changes",), collection)
        if value is None:
            return Position()
        if "stamp" in value:  # of a home that knew only that something had changed
            return Position(1, str(value["stamp"]))
        return Position(value["number"], value["mark"])

    async def changed_since(self, collection: str, position: Position) -> set[str] | None:
        """The keys of index rows that changes after that position touched.

        Returns:
            None where the log does not tell: it was too long ago, or in another history.
        """
        latest = await self.position(collection)
        if position == latest:
            return set()
        numbers = range(position.number + 1, latest.number + 1)
        if not 0 < len(numbers) <= LOG_LENGTH:
            return None
        changes = await self.get_each(("changes", collection), map(_key, numbers))
        if len(changes) < len(numbers) or changes[_key(numbers[0])]["after"] != position.mark:
            return None
        return {key for change in changes.values() for key in change["keys"]}

    @asynccontextmanager
    async def lock(self, part: Literal["records", "index"] = "records") -> AsyncIterator[None]:
        """Keep every other reader-then-writer of this owner's part out, also in other threads and event loops.

        Processes are kept apart where the store can do that.
        """
        name = self._root[1] if part == "records" else f"{self._root[1]} {part}"
        shared = self._store.exclusive(name) if isinstance(self._store, SharedStore) else nullcontext()
        async with hold_in_process(self._store, name), shared:
            yield

    async def _logged(self, collection: str, keys: Iterable[str]) -> list[Write]:
        last = await self.position(collection)
        number = last.number + 1
        changes = ("changes", collection)
        return [
            Write(("changes",), collection, {"number": number, "mark": uuid.uuid4().hex}),
            Write(changes, _key(number), {"after": last.mark, "keys": sorted(keys)}),
            Write(changes, _key(number - LOG_LENGTH), None),
        ]


def _key(number: int) -> str:
    return f"{number:012d}"
