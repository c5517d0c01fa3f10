"""SQLite files for run state and records, which several processes may share, and the serializer for run state."""

import copy
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiosqlite
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.store.base import Op, PutOp, Result
from langgraph.store.sqlite.aio import AsyncSqliteStore

from repertory.memory import journal, proposals  # noqa: F401 - their records must be known below
from repertory.memory.errors import ResourceError
from repertory.memory.locks import FileLocks
from repertory.memory.records import Record

_PATIENCE = 30.0  # seconds to wait for another process's write


def build_serializer(extra: Iterable[type] = ()) -> JsonPlusSerializer:
    """The serializer for run state: our records come back as themselves, strange classes are refused.

    Args:
        extra: more classes that may come back. Records that are imported by now are among them anyway.
    """
    return JsonPlusSerializer(allowed_msgpack_modules=[*_subclasses(Record), *extra])


def knowing_records(checkpointer: BaseCheckpointSaver[Any]) -> BaseCheckpointSaver[Any]:
    """A caller's checkpointer, with a serializer from which our records come back as themselves.

    The caller's own object stays as it is. A serializer that encrypts, or lists what it allows, is kept and extended;
    LangGraph's default one, which warns of every class that it was not told of, is replaced.
    """
    known = checkpointer.with_allowlist({(record.__module__, record.__name__) for record in _subclasses(Record)})
    if known is checkpointer and type(checkpointer.serde) is JsonPlusSerializer:
        known = copy.copy(checkpointer)
        known.serde = build_serializer()
    return known


@asynccontextmanager
async def open_checkpointer(path: Path, serializer: JsonPlusSerializer) -> AsyncIterator[AsyncSqliteSaver]:
    """Run state in a SQLite file.

    Raises:
        ResourceError: the file is damaged, or cannot be written.
    """
    async with AsyncExitStack() as stack:
        with _usable(path):
            connection = await stack.enter_async_context(aiosqlite.connect(path, timeout=_PATIENCE))
            await _prepare(connection)
            saver = AsyncSqliteSaver(connection, serde=serializer)
            await saver.setup()
        yield saver


@asynccontextmanager
async def open_store(path: Path, locks: FileLocks) -> AsyncIterator["SharedSqliteStore"]:
    """Records in a SQLite file.

    Raises:
        ResourceError: the file is damaged, or cannot be written.
    """
    async with AsyncExitStack() as stack:
        with _usable(path):
            opening = aiosqlite.connect(path, timeout=_PATIENCE, isolation_level=None)  # the store begins transactions
            connection = await stack.enter_async_context(opening)
            await _prepare(connection)
            store = SharedSqliteStore(connection, locks)
            await store.setup()
        yield store


class SharedSqliteStore(AsyncSqliteStore):
    """LangGraph's SQLite store, fit for several processes at one file."""

    def __init__(self, connection: aiosqlite.Connection, locks: FileLocks) -> None:
        super().__init__(connection)
        self._locks = locks

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Execute reads, then writes, in a transaction each.

        In one transaction, a write after a read fails at once when another process has written in between: SQLite
        cannot wait there. A transaction that begins with a write waits its turn.
        """
        todo = list(ops)
        results: list[Result] = [None] * len(todo)
        for writes in (False, True):
            places = [place for place, op in enumerate(todo) if isinstance(op, PutOp) is writes]
            if places:
                part = await super().abatch([todo[place] for place in places])
                for place, result in zip(places, part, strict=True):
                    results[place] = result
        return results

    def exclusive(self, name: str) -> AbstractAsyncContextManager[None]:
        """Keep other processes out of the records of that name."""
        busy = f"the records of {name!r} are locked by process {{pid}} for more than {_PATIENCE:.0f} s; try again"
        return self._locks.hold(f"records {name}", busy=busy, wait=_PATIENCE)


async def _prepare(connection: aiosqlite.Connection) -> None:
    await connection.execute("PRAGMA journal_mode=WAL")
    # Nothing committed is lost when the process dies; the last moments may be when the machine loses its power.
    await connection.execute("PRAGMA synchronous=NORMAL")


@contextmanager
def _usable(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        remedy = "restore it from a copy, move it away, or use another home"
        raise ResourceError(f"{str(path)!r} cannot be used: {error}; {remedy}") from error


def _subclasses(record: type[Record]) -> set[type[Record]]:
    below = {sub for direct in record.__subclasses__() for sub in _subclasses(direct)}
    return {record, *below}
