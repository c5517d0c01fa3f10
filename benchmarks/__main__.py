"""Run the benchmarks and print one table: `python -m benchmarks`, or `python -m benchmarks calls wall` for some."""

import argparse
import asyncio
import platform
import sys
from collections.abc import Awaitable, Callable

from benchmarks import calls, casting, cohorts, coordinators, growth, planning, protocol, scale, walls
from benchmarks.table import Row, format_table

PARTS: dict[str, Callable[[], Awaitable[list[Row]]]] = {
    "calls": calls.measure,
    "wall": walls.measure_fast,
    "critical": walls.measure_slow,
    "growth": growth.measure,
    "hierarchies": coordinators.measure,
    "planning": planning.measure,
    "cohorts": cohorts.measure,
    "casting": casting.measure,
    "retrieval": scale.measure,
    "protocol": protocol.measure,
    "scale": scale.measure_large,
}
SLOW = {"scale"}
"""Measured only where they are named: filling 100,000 agents takes several minutes."""


async def measure(names: list[str]) -> list[Row]:
    """The rows of these parts."""
    rows: list[Row] = []
    for name in names:
        print(f"measuring {name} …", file=sys.stderr)
        rows += await PARTS[name]()
    return rows


def main() -> None:
    """Print the table. A target that is missed is no failure of the program: it is what the table is for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="NAME", help=f"of {', '.join(PARTS)}; default: all but {', '.join(SLOW)}"
    )
    names = parser.parse_args().parts or [name for name in PARTS if name not in SLOW]
    if unknown := sorted(set(names) - set(PARTS)):
        parser.error(f"there is no part {unknown[0]!r}; there is {sorted(PARTS)}")
    print(format_table(asyncio.run(measure(names))))
    print(f"\nPython {platform.python_version()} on {platform.system()}; ratios within one run.")


if __name__ == "__main__":
    main()
