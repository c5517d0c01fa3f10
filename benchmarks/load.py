"""Requests to a server over some connections at once, and what each costs it."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import aiohttp

from benchmarks.serving import Server

_SETTLE = 0.3
"""Seconds before and after, for what is done after an answer."""


class Request(NamedTuple):
    """What is sent."""

    method: str
    path: str
    json: Any = None


class Cost(NamedTuple):
    """What requests cost."""

    processor: float
    """Seconds of the server's processor time, each."""
    per_second: float
    """How many were answered in a second."""


async def send(server: Server, requests: Sequence[Request], connections: int) -> tuple[Cost, list[Any]]:
    """Send requests, over so many connections that are each kept busy.

    Returns:
        What they cost, and the answers, in the order of the requests.

    Raises:
        RuntimeError: one was refused; then what was measured means nothing.
    """
    answers: list[Any] = [None] * len(requests)
    left = iter(enumerate(requests))
    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(server.url, connector=connector) as session:

        async def work() -> None:
            for number, request in left:
                async with session.request(request.method, request.path, json=request.json) as response:
                    answers[number] = await response.json()
                    if response.status >= 300:
                        raise RuntimeError(f"{request} was answered {response.status}: {answers[number]}")

        await asyncio.sleep(_SETTLE)
        before, began = server.processor, time.perf_counter()
        await asyncio.gather(*(work() for _ in range(connections)))
        taken = time.perf_counter() - began
        await asyncio.sleep(_SETTLE)
        return Cost((server.processor - before) / len(requests), len(requests) / taken), answers
