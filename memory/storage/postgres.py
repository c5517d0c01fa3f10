"""LangGraph's checkpointer and store in one PostgreSQL database, which processes of many machines may share."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.store.base import Op, PutOp, Result
from langgraph.store.postgres.aio import AsyncPostgresStore
from psycopg import AsyncCursor, Error
from psycopg.rows import DictRow

from repertory.memory.storage.postgres_address import Address
from repertory.memory.storage.postgres_locks import PostgresLocks
from repertory.memory.storage.postgres_pool import Pool

PATIENCE = 30.0
"""Seconds to wait for records that another process has locked."""
_SETUP_PATIENCE = 60.0
_TABLES = ["store", "checkpoints", "checkpoint_blobs", "checkpoint_writes"]
# Indexes whose maker died: LangGraph's statements would take them for made, and no query would use them.
_HALF_MADE = """
    SELECT format('DROP INDEX %%s', indexrelid::regclass) AS statement FROM pg_index
    WHERE NOT indisvalid AND indrelid = ANY (SELECT to_regclass(name) FROM unnest(%s::text[]) AS name)
"""
# Keys in the order of their code points, as in every other store, whatever the order of the database.
_KEYS = 'CREATE INDEX IF NOT EXISTS repertory_store_keys ON store (prefix, key COLLATE "C")'
_PAGE = 'SELECT key, value FROM store WHERE prefix = %s AND key COLLATE "C" > %s ORDER BY key COLLATE "C" LIMIT %s'


class Database(NamedTuple):
    """What is kept in a database, and its locks."""

    checkpointer: "PooledSaver"
    store: "SharedPostgresStore"
    locks: PostgresLocks


@asynccontextmanager
async def open_database(address: str, serializer: SerializerProtocol) -> AsyncIterator[Database]:
    """Connect, and make or update the tables, one process at a time.

    A connection that breaks is replaced. What was asked over it is an error, and was not acknowledged.

    Args:
        address: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, or any other form that libpq knows. Locks need a
            session, which a pooler that shares connections between transactions does not give.
        serializer: for run state.

    Raises:
        InputError: what is no address.
        ResourceError: the server cannot be reached or refuses, or the tables cannot be made.
    """
    at = Address(address)
    locks = PostgresLocks(at.connect)
    busy = f"process {{pid}} is making the tables in {str(at)!r} for more than {_SETUP_PATIENCE:.0f} s"
    async with AsyncExitStack() as stack:
        stack.push_async_callback(locks.close)
        async with locks.hold("setup", busy=busy, wait=_SETUP_PATIENCE):
            pool = await stack.enter_async_context(Pool(at, locks))
            saver = PooledSaver(pool, serde=serializer)
            store = SharedPostgresStore(pool, locks)
            stack.push_async_callback(store.close)
            try:
                await _make_tables(pool, saver, store)
            except Error as error:
                raise at.unusable(error, "let its user create tables in its schema") from error
        yield Database(saver, store, locks)


async def _make_tables(pool: Pool, saver: "PooledSaver", store: "SharedPostgresStore") -> None:
    async with pool.connection() as connection:
        for row in await (await connection.execute(_HALF_MADE, (_TABLES,))).fetchall():
            await connection.execute(row["statement"].encode())
    await saver.setup()
    await store.setup()
    async with pool.connection() as connection:
        await connection.execute(_KEYS)


class PooledSaver(AsyncPostgresSaver):
    """LangGraph's PostgreSQL checkpointer, whose writes are transactions, and wait for a connection only.

    The base class runs one operation at a time. It takes a pipeline for a transaction: when a value cannot be sent, the
    statements before it take effect.
    """

    def __init__(self, pool: Pool, serde: SerializerProtocol) -> None:
        super().__init__(pool, serde=serde)
        self._pool = pool

    @asynccontextmanager
    async def _cursor(self, *, pipeline: bool = False) -> AsyncIterator[AsyncCursor[DictRow]]:
        if pipeline:
            async with self._pool.transaction() as cursor:
                yield cursor
        else:
            async with self._pool.connection() as connection, connection.cursor(binary=True) as cursor:
                yield cursor


class SharedPostgresStore(AsyncPostgresStore):
    """LangGraph's PostgreSQL store, fit for several processes."""

    def __init__(self, pool: Pool, locks: PostgresLocks) -> None:
        super().__init__(pool)
        self._pool = pool
        self._locks = locks

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Execute reads, then writes; all writes take effect, or none."""
        todo = list(ops)
        results: list[Result] = [None] * len(todo)
        reads = [place for place, op in enumerate(todo) if not isinstance(op, PutOp)]
        if reads:
            found = await super().abatch([todo[place] for place in reads])
            for place, result in zip(reads, found, strict=True):
                results[place] = result
        # One statement a row, in the same order everywhere: so no two batches can wait for each other. It is also one
        # statement to prepare, whatever the size of batches.
        writes = {(op.namespace, op.key): op for op in todo if isinstance(op, PutOp)}
        if writes:
            async with self._pool.transaction() as cursor:
                for _, op in sorted(writes.items()):
                    await self._batch_put_ops([(0, op)], cursor)
        return results

    def exclusive(self, name: str) -> AbstractAsyncContextManager[None]:
        """Keep other processes out of the records of that name."""
        busy = f"the records of {name!r} are locked by process {{pid}} for more than {PATIENCE:.0f} s; try again"
        return self._locks.hold(f"records {name}", busy=busy, wait=PATIENCE)

    async def page(self, namespace: tuple[str, ...], after: str, limit: int) -> dict[str, dict[str, Any]]:
        """The next values of a namespace, by key, after a key."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_PAGE, (".".join(namespace), after, limit))
            return {row["key"]: row["value"] for row in await cursor.fetchall()}

    async def close(self) -> None:
        """End the task that gathers operations into batches; left to itself it outlives the loop, which complains."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
