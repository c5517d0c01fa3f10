"""What both clients say to httpx."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx

from repertory.memory.errors import InputError

DEFAULT_SERVER = "http://127.0.0.1:8000"
CALL_TIMEOUT = 120.0
"""Seconds without a byte: longer than a server lets a step run before it answers."""
STREAM_TIMEOUT = 60.0
"""Seconds without a byte of an event stream, which also carries signs of life."""
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=100)


def server_url(server: str) -> str:
    """The URL of a server, checked.

    Raises:
        InputError: it is none of HTTP's.
    """
    try:
        url = httpx.URL(server)
    except httpx.InvalidURL as error:
        raise InputError(f"the server {server!r} is no URL: {error}; write one such as {DEFAULT_SERVER}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise InputError(f"the server {server!r} is no URL of HTTP; write one such as {DEFAULT_SERVER}")
    return server.rstrip("/")


def headers(token: str | None) -> dict[str, str]:
    """What every request says."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def multipart(file: IO[bytes], name: str, relative_path: str | None) -> dict[str, object]:
    """A file on its way up, read as it is sent."""
    data = {} if relative_path is None else {"relative_path": relative_path}
    return {"files": {"file": (name, file)}, "data": data}


@contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name when all of it is there, so that half of one is never taken for it."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
