"""One query in a fresh process: `python -m benchmarks.cold FOLDER`. Prints how long its parts took."""

import asyncio
import sys
import time
from itertools import pairwise
from pathlib import Path

_BEGAN = time.perf_counter()

from benchmarks.libraries import registry_at  # noqa: E402 - what imports take is part of it
from benchmarks.synthetic import SyntheticEmbedder, query  # noqa: E402


async def main(folder: Path) -> None:
    """Ask, twice."""
    times = [time.perf_counter()]
    async with registry_at(folder, SyntheticEmbedder()) as registry:
        for number in range(2):
            await registry.find_agents([query(number)])
            times.append(time.perf_counter())
    first, second = (after - before for before, after in pairwise(times))
    print(f"imports {times[0] - _BEGAN:.2f} s, first {first:.2f} s, second {second * 1e3:.0f} ms")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
