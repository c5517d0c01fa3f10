"""Connections to a PostgreSQL database, for as many operations at once as there are of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection, AsyncCursor, OperationalError
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool

from repertory.memory.storage.postgres_address import Address
from repertory.memory.storage.postgres_json import dumps, loads
from repertory.memory.storage.postgres_locks import PostgresLocks

_CONNECTIONS = 10  # at most; a server usually allows a hundred to all its clients
_PATIENCE = 30.0  # seconds to wait for one, as while the server restarts


class Pool(AsyncConnectionPool[AsyncConnection[DictRow]]):
    """A pool that sees whether a connection is alive before it gives it away, and replaces those that are not.

    Args:
        at: the database.
        locks: are verified whenever a connection is made. When the server has restarted, whoever held a lock is so told
            before anything more is written.
    """

    def __init__(self, at: Address, locks: PostgresLocks) -> None:
        async def configure(connection: AsyncConnection[Any]) -> None:
            set_json_dumps(dumps, connection)
            set_json_loads(loads, connection)
            await locks.verify()

        super().__init__(
            at.conninfo,
            kwargs={"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row},
            min_size=1,
            max_size=_CONNECTIONS,
            timeout=_PATIENCE,
            configure=configure,
            check=AsyncConnectionPool.check_connection,
            open=False,
        )
        self._at = at

    @asynccontextmanager
    async def connection(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 - the base class's
    ) -> AsyncIterator[AsyncConnection[DictRow]]:
        """As the base class.

        Raises:
            ResourceError: the server went away, or refuses.
        """
        try:
            async with super().connection(timeout) as connection:
                yield connection
        except OperationalError as error:  # PoolTimeout is one, too
            raise self._at.unusable(error) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncCursor[DictRow]]:
        """A cursor whose statements all take effect, or none.

        They are sent together, with what begins and ends the transaction, and so is little to wait for. That is a third
        of the work of psycopg's own transactions.
        """
        async with self.connection() as connection:
            try:
                async with connection.pipeline(), connection.cursor(binary=True) as cursor:
                    await cursor.execute("BEGIN")
                    yield cursor
                    await cursor.execute("COMMIT")
            except BaseException:
                await connection.rollback()
                raise
