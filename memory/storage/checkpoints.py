"""SQLite files for run state and records, which several processes may share, and the serializer for run state."""

import copy
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiosqlite
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from repertory.memory import journal, proposals  # noqa: F401 - their records must be known below
from repertory.memory.errors import ResourceError
from repertory.memory.records import Record
from repertory.memory.storage.locks import FileLocks
from repertory.memory.storage.sqlite import PATIENCE, OneHopSaver, SharedSqliteStore


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
async def open_checkpointer(path: Path, serializer: JsonPlusSerializer) -> AsyncIterator[OneHopSaver]:
    """Run state in a SQLite file.

    Raises:
        ResourceError: the file is damaged, or cannot be written.
    """
    async with AsyncExitStack() as stack:
        with _usable(path):
            connection = await stack.enter_async_context(aiosqlite.connect(path, timeout=PATIENCE))
            await _prepare(connection)
            saver = OneHopSaver(connection, serde=serializer)
            await saver.setup()
        yield saver


@asynccontextmanager
async def open_store(path: Path, locks: FileLocks) -> AsyncIterator[SharedSqliteStore]:
    """Records in a SQLite file.

    Raises:
        ResourceError: the file is damaged, or cannot be written.
    """
    async with AsyncExitStack() as stack:
        with _usable(path):
            opening = aiosqlite.connect(path, timeout=PATIENCE, isolation_level=None)  # the store begins transactions
            connection = await stack.enter_async_context(opening)
            await _prepare(connection)
            store = SharedSqliteStore(connection, locks)
            stack.push_async_callback(store.close)
            await store.setup()
        yield store


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
