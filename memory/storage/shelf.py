"""Where one owner's records are in a LangGraph store: namespaces, whole collections, locks and change stamps."""

import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, NamedTuple, Protocol, runtime_checkable
from urllib.parse import quote

from langgraph.store.base import BaseStore, GetOp, Item, PutOp

from repertory.memory.errors import InputError
from repertory.memory.storage.locks import hold_in_process

# One statement sees one moment. Pages would not: stores order by time of change, so that a write between two pages
# moves rows across their border.
_EVERYTHING = 1_000_000


class Stamps(NamedTuple):
    """The stamp of a collection before and after a write."""

    before: str | None
    after: str


class Write(NamedTuple):
    """A value to be put: under which labels, by which key."""

    labels: tuple[str, ...]
    key: str
    value: dict[str, Any]


@runtime_checkable
class SharedStore(Protocol):
    """A store that several processes write, and that can keep them apart."""

    def exclusive(self, name: str) -> AbstractAsyncContextManager[None]:
        """Hold a lock of that name between processes."""
        ...


class Shelf:
    """The records of one owner in a store."""

    def __init__(self, store: BaseStore, owner: str) -> None:
        if not owner.strip() or len(owner) > 200:
            raise InputError(f"owner {owner!r}: give a name of 1 to 200 characters")
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

    async def put(self, writes: Iterable[Write], *, changes: str | None = None) -> Stamps | None:
        """Write all in one batch; only while the lock is held.

        Args:
            writes: in the order in which a store without transactions is to write them.
            changes: the collection whose documents this changes; it gets a new stamp.
        """
        stamps = None
        extra: list[Write] = []
        if changes is not None:
            stamps = Stamps(await self.stamp(changes), uuid.uuid4().hex)
            extra = [Write(("changes",), changes, {"stamp": stamps.after})]
        # The stamp first: a crash then leaves a needless comparison, never a change that nobody notices.
        await self._store.abatch(
            [
                PutOp((*self._root, *w.labels), w.key, w.value, index=False)  # the registry has an index of its own
                for w in (*extra, *writes)
            ]
        )
        return stamps

    async def stamp(self, collection: str) -> str | None:
        """The latest change of a collection's documents; None before the first."""
        value = await self.get(("changes",), collection)
        return None if value is None else str(value["stamp"])

    @asynccontextmanager
    async def lock(self) -> AsyncIterator[None]:
        """Keep every other reader-then-writer of this owner's records out, also in other threads and event loops."""
        shared = self._store.exclusive(self._root[1]) if isinstance(self._store, SharedStore) else nullcontext()
        async with hold_in_process(self._store, self._root[1]), shared:
            yield
