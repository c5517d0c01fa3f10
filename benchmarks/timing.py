"""Two sides in turn, in one process: wall time, and processor time of this process; the medians of several rounds."""

import asyncio
import gc
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

Run = Callable[[], Awaitable[Any]]

_SETTLE = 0.5
"""Seconds before and after a run: for what is done after its end, as the retrieval index is."""


class Cost(NamedTuple):
    """What a run took, in seconds."""

    wall: float
    processor: float


async def alternate(sides: tuple[Run, ...], rounds: int) -> list[Cost]:
    """The median cost of each side, after one round that does not count.

    Args:
        sides: what is run, in turn.
        rounds: how often.
    """
    costs: list[list[Cost]] = [[] for _ in sides]
    for n in range(rounds + 1):
        for side, found in zip(sides, costs, strict=True):
            cost = await timed(side)
            if n:
                found.append(cost)
    return [Cost(*(statistics.median(column) for column in zip(*found, strict=True))) for found in costs]


async def timed(run: Run) -> Cost:
    """What one run takes; rubbish of others is collected before. What a run leaves to be done later is counted, too."""
    gc.collect()
    await asyncio.sleep(_SETTLE)
    start, processor = time.perf_counter(), time.process_time()
    await run()
    wall = time.perf_counter() - start
    await asyncio.sleep(_SETTLE)
    return Cost(wall, time.process_time() - processor)
