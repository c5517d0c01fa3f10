"""`repertory serve`: a home over HTTP, until it is interrupted."""

import asyncio
import logging
import os
import socket
from types import FrameType

import uvicorn

from repertory.apps.commands.serve_options import Settings
from repertory.apps.protocol.app import create_app
from repertory.apps.protocol.service import Service
from repertory.apps.protocol.serving import PATIENCE, UPLOAD_LIMIT, Serving, open_service
from repertory.apps.status import OK
from repertory.memory.errors import ResourceError
from repertory.nodes.models.configured import configured_models

_GRACE = 5
"""Seconds that calls have to be answered once the server is told to stop."""


def perform(settings: Settings) -> int:
    """Serve; returns when the process gets SIGINT or SIGTERM.

    Raises:
        InputError: there is no such model or file system.
        ResourceError: the address is in use, or the home cannot be used.
    """
    serving = Serving(
        home=settings.home,
        agent=settings.agent,
        model=settings.model,
        workspace=settings.workspace,
        artifacts=settings.artifacts,
        patience=PATIENCE if settings.step_limit is None else settings.step_limit,
        upload_limit=UPLOAD_LIMIT if settings.upload_limit is None else settings.upload_limit,
    )
    what = f"agent {serving.agent}"
    if serving.agent == "planner":
        what += f"; {configured_models(serving.model, environ=os.environ).notice}"
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    with _listening(settings) as listener:
        asyncio.run(_serve(serving, settings.token, listener, what))
    return OK


async def _serve(serving: Serving, token: str | None, listener: socket.socket, what: str) -> None:
    async with open_service(serving, environ=os.environ) as service:
        app = create_app(service, token=token, loopback=token is None)
        config = uvicorn.Config(
            app,
            lifespan="off",  # the service is open already
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
        )
        await _Server(config, service, what).serve([listener])


class _Server(uvicorn.Server):
    """Says where it listens, and when it is told to stop, has the service stop, too: calls that wait are answered."""

    def __init__(self, config: uvicorn.Config, service: Service, what: str) -> None:
        super().__init__(config)
        self._service = service
        self._what = what

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or []:
            host, port = listener.getsockname()[:2]
            print(f"listening on http://{f'[{host}]' if ':' in host else host}:{port} ({self._what})", flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as its base has it
        self.force_exit = self.should_exit  # the second time at once
        self.should_exit = True  # without keeping the signal: it would be raised again at the end

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(super().shutdown(sockets))
            group.create_task(self._service.close())


def _listening(settings: Settings) -> socket.socket:
    host, port = settings.host, settings.port
    try:
        listener = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1024
        )
    except OSError as error:
        raise ResourceError(
            f"{host}:{port} cannot be listened at: {error.strerror or error}; give another --host or --port"
        ) from error
    # Connections inherit it, and asyncio sets it for sockets of its own making only. Without, the body of an answer
    # waits 40 ms for the other side to acknowledge the headers.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
