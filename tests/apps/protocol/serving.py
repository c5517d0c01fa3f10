"""The app in this process, over a service of the scripted agent; and a client of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from repertory.apps.protocol.service import Service
from repertory.apps.protocol.serving import Serving, open_service
from tests.apps.conftest import clean_environ


def scripted(home: Path) -> AbstractAsyncContextManager[Service]:
    """A service of the scripted agent, opened."""
    return open_service(Serving(home, "scripted"), environ=clean_environ())


def never() -> AbstractAsyncContextManager[Service]:
    """For tests in which no service is needed."""
    raise AssertionError("nobody should open a service")


def client_of(app: ASGIApp, **options: Any) -> httpx.AsyncClient:
    """A client that calls an app in this process, without its lifespan. What the app raises is raised."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", **options)


class Openings:
    """Counts how often a service was opened and closed."""

    def __init__(self, opener: Callable[[], AbstractAsyncContextManager[Service]]) -> None:
        self._opener = opener
        self.opened = 0
        self.closed = 0

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Service]:
        """Open it."""
        self.opened += 1
        async with self._opener() as service:
            try:
                yield service
            finally:
                self.closed += 1
