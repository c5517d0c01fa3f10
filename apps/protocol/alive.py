"""Which servers live, and which of them performs a task."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

from repertory.memory.errors import ResourceError
from repertory.memory.home import Home
from repertory.memory.storage.locks import stay

_POLL_SECONDS = 0.1


class Servers:
    """The servers of a home; made by `joined`.

    Args:
        home: what they share.
        shared: whether there may be others.
    """

    def __init__(self, home: Home, *, shared: bool) -> None:
        self.own = uuid4().hex
        self.shared = shared
        self._home = home

    async def lives(self, server: str | None) -> bool:
        """Whether a server is at work now."""
        if server == self.own:
            return True
        if server is None or not self.shared:
            return False
        return await self._home.locks.is_held(_name(server))

    @asynccontextmanager
    async def performing(self, task_id: str) -> AsyncIterator[None]:
        """Keep every other process from performing the task; wait while one does."""
        async with AsyncExitStack() as stack:
            while self.shared:  # else there is no other
                try:
                    await stack.enter_async_context(self._home.lock_thread(task_id))
                except ResourceError:
                    await self._home.locks.is_held(f"thread {task_id}")  # raises, too, where nobody can tell
                    await asyncio.sleep(_POLL_SECONDS)
                    continue
                break
            yield


@asynccontextmanager
async def joined(home: Home, *, shared: bool) -> AsyncIterator[Servers]:
    """Be one of the servers of a home, or the only one where it cannot be shared.

    Raises:
        ResourceError: there is one already.
    """
    servers = Servers(home, shared=shared)
    name, busy = _name(servers.own), "impossible"
    if not shared:
        name = "server"
        busy = (
            f"process {{pid}} serves the home {str(home.path)!r} already: stop it, give another home, or share a "
            "database (REPERTORY_DATABASE)"
        )
    async with stay(home.locks, name, busy=busy):
        yield servers


def _name(server: str) -> str:
    return f"server {server}"
