"""A PostgreSQL session that holds advisory locks for tasks of this process, and tells them when it breaks."""

import asyncio
import contextlib
import hashlib
import os
import socket
from collections.abc import Coroutine
from typing import Any

from psycopg import AsyncConnection, Error

from repertory.memory.errors import ResourceError

_BEAT = 2.0
_ANSWER = 10.0
# The database ends a session whose machine has not answered for 30 s. Its holders know within 22 s that they cannot
# reach it: `_BEAT`, `_ANSWER`, and as long again to cancel the statement that was not answered.
_NOTICING = "SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"
_HOLDER = """
    SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid::bigint = %s AND objid::bigint = %s
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class SessionEndedError(ResourceError):
    """The connection is broken, and all locks of the session are free."""


class Hold:
    """A lock that a task holds."""

    def __init__(self, session: "LockSession", name: str) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - it is made in a coroutine
        self._task = task
        self._before = task.cancelling()
        self._session = session
        self._name = name
        self.lost: str | None = None
        """Why it is not held any more."""

    def lose(self, reason: str) -> None:
        """Cancel the task."""
        self.lost = reason
        self._task.cancel()

    def has_cancelled(self) -> bool:
        """Whether the task is cancelled for the loss alone, as `asyncio.timeout` tells it; ask once."""
        return self.lost is not None and self._task.uncancel() <= self._before

    async def free(self) -> None:
        """Let go."""
        await self._session.free(self._name)


class LockSession:
    """One connection, and what it has locked. The database frees that when the connection ends.

    Args:
        connection: in autocommit mode, named by `session_name`.
    """

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection
        self._holds: dict[str, Hold | None] = {}  # None: is being taken, or let go
        self._tasks: set[asyncio.Task[Any]] = set()
        self._watching: asyncio.Task[None] | None = None
        self._reason: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the connection is known to be broken."""
        return self._reason is not None

    async def begin(self) -> None:
        """Prepare the connection, and watch it from now on."""
        await self._ask(_NOTICING)
        self._watching = self._start(self._watch())

    async def claim(self, name: str) -> Hold | str:
        """The lock, for the current task; else who holds it."""
        if name in self._holds:  # the database would give it to this session once more
            return str(os.getpid())
        self._holds[name] = None
        asking = self._start(self._ask("SELECT pg_try_advisory_lock(%s)", _key(name)))
        try:
            rows = await asyncio.shield(asking)
        except asyncio.CancelledError:  # the database may give it all the same
            asking.add_done_callback(lambda _: self._start(self._free(name)))
            raise
        if rows[0][0]:
            self._check()
            hold = self._holds[name] = Hold(self, name)
            return hold
        del self._holds[name]
        return await self.holder(name) or "unknown"  # it has just been let go

    async def holder(self, name: str) -> str | None:
        """The process that holds a lock; with its machine, where that is another one."""
        if name in self._holds:
            return str(os.getpid())
        rows = await self._ask(_HOLDER, *divmod(_key(name) % 2**64, 2**32))
        if not rows:
            return None
        process, _, machine = str(rows[0][0]).removeprefix("repertory ").partition(" on ")
        return f"{process} on {machine}" if machine and not _machine().startswith(machine) else process

    async def free(self, name: str) -> None:
        """Let go of a lock."""
        self._holds[name] = None
        await asyncio.shield(self._start(self._free(name)))

    async def verify(self) -> None:
        """See whether the connection is there.

        Raises:
            SessionEndedError: it is not, and the tasks that held locks are cancelled.
        """
        await self._ask("SELECT 1")

    async def close(self) -> None:
        """Free what is held, and end the connection."""
        self._holds.clear()
        self._end("it was closed")
        if self._watching is not None:
            self._watching.cancel()
        while self._tasks:  # what is under way ends: at once, or when the database has answered
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._connection.close()

    async def _ask(self, statement: str, *values: int) -> list[Any]:
        self._check()
        try:
            async with asyncio.timeout(_ANSWER):
                cursor = await self._connection.execute(statement, values or None)
                return await cursor.fetchall() if cursor.description else []
        except TimeoutError:
            self._end(f"no answer in {_ANSWER:.0f} s")
        except Error as error:
            self._end(str(error).partition("\n")[0])
        self._check()
        return []

    async def _free(self, name: str) -> None:
        with contextlib.suppress(SessionEndedError):  # then it is free
            await self._ask("SELECT pg_advisory_unlock(%s)", _key(name))
        self._holds.pop(name, None)

    async def _watch(self) -> None:
        with contextlib.suppress(SessionEndedError):
            while not self.ended:
                await asyncio.sleep(_BEAT)
                if self._holds:
                    await self.verify()

    def _end(self, reason: str) -> None:
        if self._reason is None:
            self._reason = reason
            for hold in filter(None, self._holds.values()):
                hold.lose(reason)

    def _check(self) -> None:
        if self._reason is not None:
            raise SessionEndedError(f"the connection that holds locks in the database broke: {self._reason}")

    def _start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Begin what must come to its end, although who wants it may be cancelled."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def session_name() -> str:
    """The application name by which others see whose locks they are."""
    return f"repertory {os.getpid()} on {_machine()}"


def _machine() -> str:
    return socket.gethostname()


def _key(name: str) -> int:
    """64 bits for a name, which no other name has, nor another application's lock in the same database."""
    return int.from_bytes(hashlib.sha256(f"repertory {name}".encode()).digest()[:8], signed=True)
