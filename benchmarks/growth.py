"""Does a step cost more the longer the run is? Time and bytes of each step of a 200-step chain."""

import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.cases import chain
from benchmarks.ours import Ours, open_ours
from benchmarks.server import served
from benchmarks.table import Row

_EARLY, _LATE = (10, 30), (180, 200)
"""The steps between which a step's cost is taken: around step 20, and before step 200."""
_KEPT = {
    "checkpoints.sqlite": (
        "SELECT TOTAL(LENGTH(checkpoint) + LENGTH(metadata)) FROM checkpoints",
        "SELECT TOTAL(LENGTH(value)) FROM writes",
    ),
    "store.sqlite": ("SELECT TOTAL(LENGTH(value)) FROM store",),
}


async def measure() -> list[Row]:
    """Wall time and bytes per step late in the chain against early in it."""
    with served(0.02) as url, tempfile.TemporaryDirectory() as folder:
        async with open_ours(url, Path(folder), embeddings="lexical") as ours:
            await ours.run(chain(50).task)  # imports and caches
            ends, sizes = await _perform(ours, Path(folder) / "home")
    early, late = (_per_step(ends, *window) for window in (_EARLY, _LATE))
    before, after = ((sizes[b] - sizes[a]) / (b - a) for a, b in (_EARLY, _LATE))
    total = sizes[_LATE[1]] / _LATE[1]
    ratio = after / before
    return [
        Row(
            "wall per step: at step 200 against step 20",
            late / early,
            1.5,
            f"{late * 1e3:.1f} ms",
            f"{early * 1e3:.1f} ms",
        ),
        Row("bytes per step: at step 200 against step 20", ratio, 1.5, f"{after:.0f} bytes", f"{before:.0f} bytes"),
        Row("bytes per step: the whole run's, for information", total / before, None, f"{total:.0f} bytes", ""),
    ]


async def _perform(ours: Ours, home: Path) -> tuple[list[float], dict[int, float]]:
    """When each step ended, and the bytes kept at the ends of the windows."""
    case = chain(200)
    config, context = ours.settings()
    ends: list[float] = []
    sizes: dict[int, float] = {}
    async for event in ours.graph.astream({"task": case.task}, config, context=context, stream_mode="custom"):
        if event.get("event") == "step" and event["status"] == "done":
            ends.append(time.perf_counter())
            if len(ends) in (*_EARLY, *_LATE):
                sizes[len(ends)] = _bytes_kept(home)
    if len(ends) != len(case.steps):
        raise RuntimeError(f"{len(ends)} of {len(case.steps)} steps were done")
    return ends, sizes


def _per_step(ends: list[float], first: int, last: int) -> float:
    return statistics.median(ends[n] - ends[n - 1] for n in range(first, last))


def _bytes_kept(home: Path) -> float:
    """Bytes of all rows in the home's databases. Free pages and logs, which come and go, do not count."""
    total = 0.0
    for name, queries in _KEPT.items():
        connection = sqlite3.connect(home / name)
        total += sum(connection.execute(query).fetchone()[0] for query in queries)
        connection.close()
    return total
