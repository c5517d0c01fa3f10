"""How long a search takes among 1,000, 10,000 and 100,000 agents, next to comparing all vectors in numpy.

`python -m benchmarks retrieval` goes up to 10,000, `python -m benchmarks scale` to 100,000. To keep what was filled:
`python -m benchmarks.scale --folder DIR 1000 10000 100000`.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from benchmarks.libraries import read_agents, registry_at, registry_of
from benchmarks.skills import DATA
from benchmarks.synthetic import Floats, SyntheticEmbedder, agent, query, vectors_of
from benchmarks.table import Row, format_table
from repertory.memory.registry import Registry
from repertory.memory.retrieval.documents import agent_text, key_of
from repertory.memory.retrieval.embeddings import Embedder, MiniLMEmbedder
from repertory.memory.retrieval.minilm import find_weights

_T = TypeVar("_T")
_BATCH = 500
"""Agents that are kept at once."""
_WARM, _QUERIES = 20, 200
_NEAR = 10
_POOL = 50
_TARGET = 10.0
"""Milliseconds, at 100,000 agents."""
_GROWTH = 3.0
"""Times as long, at ten times the size."""
_LARGE = 100_000


class Spread(NamedTuple):
    """Times of queries, in milliseconds."""

    p50: float
    p95: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Spread":
        """Of single ones."""
        return cls(*(float(value) * 1e3 for value in np.percentile(seconds, [50, 95])))

    def __str__(self) -> str:
        return f"{self.p50:.2f} / {self.p95:.2f}"


class Searched(NamedTuple):
    """What queries took, and what they found."""

    index: Spread
    registry: Spread
    everything: Spread
    """Comparing all vectors."""
    found: float
    """Share of the ten nearest that the index has among its fifty."""


async def measure() -> list[Row]:
    """Up to 10,000 agents, and the rate of imports."""
    return [*await _imports(), *await measure_sizes((1000, 10_000))]


async def measure_large() -> list[Row]:
    """Up to 100,000 agents, which takes some minutes."""
    return await measure_sizes((1000, 10_000, _LARGE))


async def measure_sizes(sizes: Sequence[int], folder: Path | None = None) -> list[Row]:
    """A registry of each size.

    Args:
        sizes: ascending.
        folder: where they are kept, and left behind; what is there is used. Default: a new one, which is forgotten.
    """
    if folder is None:
        with tempfile.TemporaryDirectory() as fresh:
            return await measure_sizes(sizes, Path(fresh))
    rows: list[Row] = []
    before: Searched | None = None
    for size in sizes:
        at = folder / str(size)
        print(f"  {size:,} agents …", file=sys.stderr)
        rows += await _filled(at, size)
        searched = await _searched(at, size)
        rows += _rows(size, searched, before)
        rows += [_cold(at, size), await _by_words(at, size)]
        before = searched
    return rows


async def _filled(at: Path, size: int) -> list[Row]:
    """Keep so many agents, those that are missing."""
    async with registry_at(at, SyntheticEmbedder()) as registry:
        await registry.reconcile()
        there = await registry.index.count("agents", registry.owner)
        spent = 0.0
        for start in range(there, size, _BATCH):
            agents = [agent(number) for number in range(start, min(start + _BATCH, size))]
            began = time.perf_counter()
            await registry.save_agents(agents)
            spent += time.perf_counter() - began
        if there == size:
            return []
        rate = (size - there) / spent
        return [Row(f"import: {size:,} agents, store and index", rate, None, f"{rate:.0f} a second", "", at_least=True)]


async def _searched(at: Path, size: int) -> Searched:
    """One query after the other, all sides in turn; the registry is asked others, for which nothing is at hand yet."""
    vectors, queries = _all_vectors(at, size), [query(number) for number in range(_WARM + _QUERIES)]
    others, wanted = [query(10_000 + number) for number in range(len(queries))], vectors_of(queries)
    times: tuple[list[float], list[float], list[float]] = ([], [], [])
    found = 0
    async with registry_at(at, SyntheticEmbedder()) as registry:
        for number, text in enumerate(queries):
            pool, of_index = await _timed(lambda text=text: registry.index.search("agents", "local", [text], _POOL))
            _, of_registry = await _timed(lambda other=others[number]: registry.find_agents([other]))
            began = time.perf_counter()
            scores = vectors @ wanted[number]
            nearest = np.argpartition(-scores, _POOL)[:_POOL]
            of_all = time.perf_counter() - began
            if number < _WARM:
                continue
            for side, taken in zip(times, (of_index, of_registry, of_all), strict=True):
                side.append(taken)
            best = sorted(pool[0], key=lambda match: -(match.parts.dense or 0.0))[:_NEAR]
            right = nearest[np.argsort(-scores[nearest])][:_NEAR]
            found += len({key_of(match.key) for match in best} & {f"agent_{n}" for n in right})
    return Searched(*map(Spread.of, times), found / (_NEAR * _QUERIES))


def _rows(size: int, searched: Searched, before: Searched | None) -> list[Row]:
    target = _TARGET if size == _LARGE else None
    compared = str(searched.everything)
    rows = []
    for side in ("index", "registry"):
        spread: Spread = getattr(searched, side)
        name = f"query p50 / p95 in ms, {side}: {size:,} agents"
        rows.append(Row(name, spread.p95, target, str(spread), f"numpy {compared}"))
        if before is not None:
            was: Spread = getattr(before, side)
            name, half = f"the same against a tenth of the agents: {side}", f"p50: {spread.p50 / was.p50:.2f}"
            rows.append(Row(name, spread.p95 / was.p95, _GROWTH, half, ""))
    rows.append(Row(f"recall@10 of the index: {size:,} agents", searched.found, None, "", "", at_least=True))
    return rows


def _cold(at: Path, size: int) -> Row:
    """A process that opens a registry, asks one query, and ends."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.cold", str(at.absolute())],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    taken = time.perf_counter() - began
    return Row(f"cold start to first answer, in s: {size:,} agents", taken, None, done.stdout.strip(), "")


async def _by_words(at: Path, size: int) -> Row:
    """The same registry without vectors; its index is in memory, and made from the store first."""
    queries = [query(number) for number in range(_WARM + _QUERIES)]
    async with registry_at(at) as registry:
        _, filled = await _timed(lambda: registry.find_agents(["anybody"]))
        times = [(await _timed(lambda text=text: registry.find_agents([text])))[1] for text in queries][_WARM:]
    spread = Spread.of(times)
    name = f"query p50 / p95 in ms, by words: {size:,} agents"
    return Row(name, spread.p95, None, f"{spread}, the first {filled:.1f} s", "")


async def _imports() -> list[Row]:
    """Agents of a public library, with and without vectors."""
    if not (DATA / "agent_library.json").exists():
        return []
    weights = find_weights()
    embedders: dict[str, Embedder | None] = {"words": None}
    if weights is not None:
        embedders["minilm"] = MiniLMEmbedder(weights)
        await embedders["minilm"].embed(["loaded before"])
    rows = []
    for kind, embedder in embedders.items():
        async with registry_of([], embedder) as registry:
            _, taken = await _timed(lambda registry=registry: _kept(registry))
        name, rate = f"import: {len(read_agents())} public agents, {kind}", len(read_agents()) / taken
        rows.append(Row(name, rate, None, f"{rate:.0f} a second", "", at_least=True))
    return rows


async def _kept(registry: Registry) -> None:
    await registry.save_agents(read_agents())
    await registry.reconcile()


async def _timed(do: Callable[[], Awaitable[_T]]) -> tuple[_T, float]:
    began = time.perf_counter()
    result = await do()
    return result, time.perf_counter() - began


def _all_vectors(at: Path, size: int) -> Floats:
    path = at / "vectors.npy"
    if not path.exists():
        texts = [agent_text(one.role, one.description) for one in map(agent, range(size))]
        np.save(path, vectors_of(texts))
    vectors: Floats = np.load(path)
    return vectors


def main() -> None:
    """Print the table for some sizes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("sizes", nargs="+", type=int, metavar="SIZE", help="a number of agents")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="keep the registries there, and use what is there")
    options = parser.parse_args()
    print(format_table(asyncio.run(measure_sizes(sorted(options.sizes), options.folder))))


if __name__ == "__main__":
    main()
