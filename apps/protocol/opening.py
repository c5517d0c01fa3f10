"""The service of an app: opened by the app's lifespan, or by the first call; closed with the app, or with the loop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from repertory.apps.protocol.guard import Guard
from repertory.apps.protocol.service import Service
from repertory.memory.errors import RepertoryError, ResourceError

Opener = Callable[[], AbstractAsyncContextManager[Service]]
"""Opens a service; leaving the context closes it."""


class Opening:
    """Opens a service once, and holds it open.

    The lifespan of an app that is mounted in another one is not run; then the first call opens the service. It is held
    by a task of its own, since a context must be left by the task that entered it: when the event loop ends, it
    cancels the task, and so the service is closed.

    Args:
        source: a service that its owner closes, or how to open one.
    """

    def __init__(self, source: Service | Opener) -> None:
        self._source = source
        self._holder: asyncio.Task[None] | None = None
        self._opened: asyncio.Future[Service] | None = None
        self._closing = asyncio.Event()

    async def service(self) -> Service:
        """The service; opened if it is not.

        Raises:
            ResourceError: it cannot be opened. The next call tries again.
        """
        if not callable(self._source):
            return self._source
        if self._opened is None or self._holder is None or self._holder.done():
            self._opened, self._closing = asyncio.get_running_loop().create_future(), asyncio.Event()
            holding = self._hold(self._source, self._opened, self._closing)
            self._holder = asyncio.create_task(holding, name="repertory service")
        return await asyncio.shield(self._opened)

    @asynccontextmanager
    async def lifespan(self, _: object = None) -> AsyncIterator[None]:
        """Open it, and close it at the end: the lifespan of an app."""
        await self.service()
        try:
            yield
        finally:
            await self.close()

    async def close(self) -> None:
        """Close it, if it is open."""
        self._closing.set()
        if self._holder:
            await self._holder

    async def _hold(self, source: Opener, opened: "asyncio.Future[Service]", closing: asyncio.Event) -> None:
        try:
            async with source() as service:
                opened.set_result(service)
                await closing.wait()
        except Exception as error:
            if opened.done():
                raise
            told = ResourceError(str(error)) if isinstance(error, RepertoryError) else error
            opened.set_exception(told)  # to whoever waits for the service
        finally:
            opened.cancel()


@dataclass(frozen=True)
class Face:
    """What the routes of an app find in its state."""

    opening: Opening
    guard: Guard
    version: str
    """Of the package."""
