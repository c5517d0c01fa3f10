"""What making and reading a task costs the server, next to the reference SDK's handlers over its in-memory store."""

import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from benchmarks.load import Cost, Request, send
from benchmarks.sdk import made, served_sdk
from benchmarks.serving import Server, served_home
from benchmarks.table import Row

_ROUNDS = 3
_REQUESTS = 2000
_CONNECTIONS = (1, 16)
_BODY = {"input": "Find out what is to be done."}


class Side(NamedTuple):
    """A server, and how tasks are made and read there."""

    server: Server
    create: str
    """Path to which tasks are sent."""


class Found(NamedTuple):
    """What the two calls cost on one side."""

    create: Cost
    get: Cost


async def measure() -> list[Row]:
    """Processor time of a request, and requests a second; no rows without the SDK."""
    python = made()
    if python is None:
        return []
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        theirs = Side(stack.enter_context(served_sdk(python)), "/ap/v1/agent/tasks")
        server = stack.enter_context(served_home(Path(folder), "--model", "offline"))
        _, [topic] = await send(server, [Request("POST", "/ap/v2/topics", {})], 1)
        sides = (theirs, Side(server, f"/ap/v2/topics/{topic['topic_id']}/tasks"), Side(server, theirs.create))
        for connections in _CONNECTIONS:
            print(f"  {connections} connections …", file=sys.stderr)
            other, v2, v1 = await _alternate(sides, connections)
            for name, own in (("v2", v2), ("v1", v1)):
                rows += _rows(f"{name}, {connections} connection{'s' * (connections > 1)}", own, other)
    return rows


async def measure_side(side: Side, connections: int, count: int) -> Found:
    """Make tasks, and read each of them."""
    create, tasks = await send(side.server, [Request("POST", side.create, _BODY)] * count, connections)
    reads = [Request("GET", f"{side.create}/{task['task_id']}") for task in tasks]
    get, read = await send(side.server, reads, connections)
    if [task["task_id"] for task in read] != [task["task_id"] for task in tasks]:
        raise RuntimeError("other tasks were read than were made")
    return Found(create, get)


async def _alternate(sides: Sequence[Side], connections: int) -> list[Found]:
    """The sides in turn, after one round that does not count; the medians."""
    found: list[list[Found]] = [[] for _ in sides]
    for n in range(_ROUNDS + 1):
        for side, costs in zip(sides, found, strict=True):
            cost = await measure_side(side, connections, _REQUESTS if n else _REQUESTS // 4)
            if n:
                costs.append(cost)
    return [Found(_median(costs, lambda each: each.create), _median(costs, lambda each: each.get)) for costs in found]


def _median(found: Sequence[Found], which: Callable[[Found], Cost]) -> Cost:
    return Cost(*(statistics.median(column) for column in zip(*map(which, found), strict=True)))


def _rows(name: str, own: Found, other: Found) -> list[Row]:
    rows = []
    for call in ("create", "get"):
        ours, theirs = getattr(own, call), getattr(other, call)
        label = f"{call} a task, {name}"
        rows += [
            Row(
                f"processor time: {label}",
                ours.processor / theirs.processor,
                None,
                f"{ours.processor * 1e3:.2f} ms",
                f"{theirs.processor * 1e3:.2f} ms",
            ),
            Row(
                f"requests a second: {label}",
                ours.per_second / theirs.per_second,
                None,
                f"{ours.per_second:.0f}",
                f"{theirs.per_second:.0f}",
            ),
        ]
    return rows
