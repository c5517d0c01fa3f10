"""An app behind a real server on loopback, and clients that are slow, odd or gone."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp


@contextlib.contextmanager
def serve(app: ASGIApp) -> Iterator[tuple[str, int]]:
    """The address of a server in a thread; it stops at the end, even when clients hang on."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        yield listening.getsockname()
    finally:
        server.should_exit = True
        thread.join(60)
        listening.close()


def ask(address: tuple[str, int], head: str, body: bytes = b"") -> socket.socket:
    """A connection on which a request was sent, as far as it goes."""
    connection = socket.create_connection(address, timeout=60)
    connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n" + body)
    return connection


def answer(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    with connection:
        received = b""
        while block := connection.recv(65536):
            received += block
        return received
