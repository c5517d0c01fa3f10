"""Many tasks at once on one server, each through its plan, steps and report, with a model that takes 50 ms a call."""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.numbered import is_right, task_of
from benchmarks.server import KEY, MODEL
from benchmarks.serving import Server, served_home
from benchmarks.table import Row
from repertory.apps.client import APPROVE, AsyncClient, Task

_TASKS, _TOPICS = 200, 20
_LATENCY = 0.05
_LOOK = 0.1
"""Seconds between two looks at the server's memory."""


class Flight(NamedTuple):
    """What came of tasks that were in flight at once."""

    right: int
    """How many ended with their own answer."""
    wall: float
    """Seconds from the first one's start to the last one's end."""
    processor: float
    """Seconds of the server's."""
    idle: int
    """Bytes of memory before."""
    peak: int
    """The most bytes of memory at any look."""


async def measure(count: int = _TASKS, topics: int = _TOPICS) -> list[Row]:
    """Completed a second, memory, and whether every one is right."""
    with tempfile.TemporaryDirectory() as folder, model() as url:
        environ = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": KEY, "REPERTORY_MODEL": f"openai:{MODEL}"}
        with served_home(Path(folder), environ={**environ, "REPERTORY_EMBEDDINGS": "lexical"}) as server:
            await fly(server, 2, 1, first=100_000)  # what is loaded by the first tasks does not count
            flight = await fly(server, count, topics)
    name = f"{count} tasks at once"
    mib = 2**20
    return [
        Row(f"{name}: right", flight.right, count, "", "", at_least=True),
        Row(f"{name}: completed a second", count / flight.wall, None, f"{flight.wall:.1f} s", "", at_least=True),
        Row(f"{name}: processor time of each, in ms", flight.processor / count * 1e3, None, "", ""),
        Row(
            f"{name}: peak memory in MiB",
            flight.peak / mib,
            None,
            f"{(flight.peak - flight.idle) / mib / count:.2f} each",
            f"idle {flight.idle / mib:.0f}",
        ),
    ]


async def fly(server: Server, count: int, topics: int, *, first: int = 0) -> Flight:
    """Have so many tasks performed at once, spread over some topics."""
    async with AsyncClient(server.url) as client:
        ids = [(await client.create_topic()).topic_id for _ in range(topics)]
        idle = peak = server.memory
        before, began = server.processor, time.perf_counter()
        flying = asyncio.gather(*(_perform(client, ids[n % topics], first + n) for n in range(count)))
        while not flying.done():
            await asyncio.wait({flying}, timeout=_LOOK)
            peak = max(peak, server.memory)
        wall = time.perf_counter() - began
        right = sum(is_right(first + n, task.output) for n, task in enumerate(flying.result()))
        return Flight(right, wall, server.processor - before, idle, peak)


async def _perform(client: AsyncClient, topic_id: str, number: int) -> Task:
    task = await client.create_task(topic_id, task_of(number), permission_mode="auto")
    return await client.perform(topic_id, task.task_id, lambda _: APPROVE)


@contextmanager
def model() -> Iterator[str]:
    """The model in a process of its own; its base URL."""
    command = [sys.executable, "-m", "tests.openai_server", "--latency", str(_LATENCY)]
    command += ["--responder", "benchmarks.numbered:respond"]
    root = Path(__file__).resolve().parents[1]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
