"""Locks between processes of any machine, in a PostgreSQL database."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from psycopg import AsyncConnection

from repertory.memory.errors import ResourceError
from repertory.memory.storage.postgres_session import Hold, LockSession, SessionEndedError, session_name

_T = TypeVar("_T")
_POLL_SECONDS = (0.005, 0.05)  # the first time, and at most


class PostgresLocks:
    """Locks by name, as session-level advisory locks on one connection of this process.

    The database frees them when the connection ends, and so when their holder dies. When the connection breaks while
    the holder lives, somebody else may have the lock: the tasks that hold locks are cancelled and raise ResourceError.
    That is noticed by a statement every two seconds, and by `verify`. New locks are taken over a new connection.
    An object belongs to one event loop.

    Args:
        connect: opens a connection under an application name, in autocommit mode; raises ResourceError.
    """

    def __init__(self, connect: Callable[[str], Awaitable[AsyncConnection[Any]]]) -> None:
        self._connect = connect
        self._session: LockSession | None = None
        self._opening = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def hold(self, name: str, *, busy: str, wait: float = 0.0) -> AsyncIterator[None]:
        """Hold the lock of that name; it also excludes other tasks of this process.

        Args:
            name: any text.
            busy: what to say when it is held elsewhere; `{pid}` becomes the holder's process id, with its machine where
                that is another one.
            wait: seconds to wait for it.

        Raises:
            ResourceError: it is held elsewhere, after waiting; the database cannot be reached; or the lock was lost
                while it was held, and what was done under it broken off.
        """
        hold = await self._acquire(name, busy, wait)
        try:
            yield
        except asyncio.CancelledError:
            if not hold.has_cancelled():
                raise
        finally:
            await hold.free()
        if hold.lost is not None:
            raise ResourceError(f"the lock {name!r} was lost, and work under it broken off: {hold.lost}")

    async def is_held(self, name: str) -> bool:
        """Whether any living process holds the lock of that name."""
        return await self._insist(lambda session: session.holder(name)) is not None

    async def verify(self) -> None:
        """See whether locks are still held; tasks whose locks are lost are cancelled."""
        if self._session is not None and not self._session.ended:
            with contextlib.suppress(SessionEndedError):
                await self._session.verify()

    async def close(self) -> None:
        """Free what is held, and end the connection."""
        if self._session is not None:
            await self._session.close()

    async def _acquire(self, name: str, busy: str, wait: float) -> Hold:
        until = time.monotonic() + wait
        pause, most = _POLL_SECONDS
        while True:
            held = await self._insist(lambda session: session.claim(name))
            if isinstance(held, Hold):
                return held
            if time.monotonic() >= until:
                raise ResourceError(busy.replace("{pid}", held))
            await asyncio.sleep(pause)
            pause = min(2 * pause, most)

    async def _insist(self, do: Callable[[LockSession], Awaitable[_T]]) -> _T:
        """Do it; again, over a new connection, where the one that was used last turns out to be broken."""
        try:
            return await do(await self._opened())
        except SessionEndedError:
            return await do(await self._opened())

    async def _opened(self) -> LockSession:
        async with self._opening:
            if self._session is None or self._session.ended:
                if self._session is not None:
                    await self._session.close()
                session = LockSession(await self._connect(session_name()))
                await session.begin()
                self._session = session
            return self._session
