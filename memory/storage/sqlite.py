"""LangGraph's SQLite checkpointer and store, with each operation in one visit to the database's thread.

The async classes of langgraph-checkpoint-sqlite go to aiosqlite's thread and back for every statement: seven times to
write one item. Here the sync classes of the same package, over the same connection, do a whole operation over there.
Only `page` has SQL of its own. aiosqlite has no public way to run a function on its thread, so two of its private names
are used (`_execute`, `_conn`); tests compare what is written with what the async classes write.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

import aiosqlite
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.store.base import Op, PutOp, Result
from langgraph.store.sqlite import SqliteStore
from langgraph.store.sqlite.aio import AsyncSqliteStore

from repertory.memory.storage.locks import FileLocks

_T = TypeVar("_T")
PATIENCE = 30.0
"""Seconds to wait for another process's write."""


class OneHopSaver(AsyncSqliteSaver):
    """LangGraph's SQLite checkpointer, whose frequent operations are one visit each; the others are as they were."""

    _sync: SqliteSaver | None = None

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """As the base class."""
        return await self._visit(lambda saver: saver.get_tuple(config))

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """As the base class."""
        return await self._visit(lambda saver: saver.put(config, checkpoint, metadata, new_versions))

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """As the base class."""
        await self._visit(lambda saver: saver.put_writes(config, writes, task_id, task_path))

    async def _visit(self, do: Callable[[SqliteSaver], _T]) -> _T:
        await self.setup()
        saver = self._sync
        if saver is None or saver.serde is not self.serde:  # a copy of this object got another serializer
            saver = self._sync = await _visit(self.conn, lambda: SqliteSaver(_raw(self.conn), serde=self.serde))
            saver.is_setup = True
        async with self.lock:  # the operations that are as they were hold it over several visits
            return await _visit(self.conn, lambda: do(saver))


class SharedSqliteStore(AsyncSqliteStore):
    """LangGraph's SQLite store, one visit a batch, and fit for several processes at one file."""

    _sync: SqliteStore | None = None

    def __init__(self, connection: aiosqlite.Connection, locks: FileLocks) -> None:
        super().__init__(connection)
        self._locks = locks

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Execute reads, then writes, in a transaction each.

        In one transaction, a write after a read fails at once when another process has written in between: SQLite
        cannot wait there. A transaction that begins with a write waits its turn.
        """
        if not self.is_setup:
            await self.setup()
        store = self._sync
        if store is None:
            store = self._sync = await _visit(self.conn, lambda: SqliteStore(_raw(self.conn)))
            store.is_setup = True
        todo = list(ops)
        async with self.lock:
            return await _visit(self.conn, lambda: _reads_then_writes(store, todo))

    def exclusive(self, name: str) -> AbstractAsyncContextManager[None]:
        """Keep other processes out of the records of that name."""
        busy = f"the records of {name!r} are locked by process {{pid}} for more than {PATIENCE:.0f} s; try again"
        return self._locks.hold(f"records {name}", busy=busy, wait=PATIENCE)

    async def page(self, namespace: tuple[str, ...], after: str, limit: int) -> dict[str, dict[str, Any]]:
        """The next values of a namespace, by key, after a key.

        The base class pages by offset, in the order of change: rows that change meanwhile would cross the border.
        """

        def read() -> list[tuple[str, str | bytes]]:
            statement = "SELECT key, value FROM store WHERE prefix = ? AND key > ? ORDER BY key LIMIT ?"
            rows: list[tuple[str, str | bytes]] = (
                _raw(self.conn).execute(statement, (".".join(namespace), after, limit)).fetchall()
            )
            return rows

        if not self.is_setup:
            await self.setup()
        async with self.lock:
            return {key: json.loads(value) for key, value in await _visit(self.conn, read)}

    async def close(self) -> None:
        """End the task that gathers operations into batches; left to itself it outlives the loop, which complains."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _reads_then_writes(store: SqliteStore, todo: Sequence[Op]) -> list[Result]:
    results: list[Result] = [None] * len(todo)
    for writes in (False, True):
        places = [place for place, op in enumerate(todo) if isinstance(op, PutOp) is writes]
        if places:
            part = store.batch([todo[place] for place in places])
            for place, result in zip(places, part, strict=True):
                results[place] = result
    return results


async def _visit(connection: aiosqlite.Connection, do: Callable[[], _T]) -> _T:
    """Run a function on the connection's thread, after what was asked of it before."""
    result: _T = await connection._execute(do)  # type: ignore[no-untyped-call]  # noqa: SLF001
    return result


def _raw(connection: aiosqlite.Connection) -> Any:
    """The connection of the standard library; only to be touched on its thread."""
    return connection._conn  # noqa: SLF001
