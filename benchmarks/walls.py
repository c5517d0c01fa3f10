"""Wall and processor time of whole runs, against the bare client and against the critical path."""

import statistics
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.bare import Bare
from benchmarks.cases import Case, chain, diamond, five_steps, wide, worfbench
from benchmarks.ours import catalogue, open_ours
from benchmarks.server import served
from benchmarks.table import Row
from benchmarks.timing import Cost, alternate, timed
from repertory.memory.retrieval.minilm import find_weights

_ROUNDS = 5


async def measure_fast() -> list[Row]:
    """At 50 ms a call: wall time at most 1.2 times the bare client's, processor time per call at most 1.5 times."""
    cases = (five_steps(), wide(), diamond(), chain(50))
    costs = await _compare(cases, _ROUNDS)
    rows = [
        _wall(case.name, *cost, None if case is cases[-1] else 1.2) for case, cost in zip(cases, costs, strict=True)
    ]
    if real := worfbench():
        pairs = await _compare(real, 1)
        ratios = [own.wall / other.wall for other, own in pairs]
        bare, ours = (_together(side) for side in zip(*pairs, strict=True))
        rows.append(_wall(f"{len(real)} WorfBench plans, together", bare, ours, 1.2))
        rows.append(
            Row("wall at 50 ms: the worst of them", max(ratios), 1.2, "", f"median {statistics.median(ratios):.3f}")
        )
    for embeddings in ("lexical", *(("minilm",) if find_weights() else ())):
        cost = (await _compare([cases[0]], _ROUNDS, embeddings))[0]
        rows.append(_wall(f"{cases[0].name}, home ranks by {embeddings!r}", *cost, 1.2))
    return rows + [_processor(case, *cost) for case, cost in zip(cases, costs, strict=True)]


async def measure_slow() -> list[Row]:
    """At 500 ms a call: wall time at most 1.05 times the critical path, which no schedule can beat."""
    latency, rows = 0.5, []
    with served(latency) as url, tempfile.TemporaryDirectory() as folder:
        async with open_ours(url, Path(folder)) as ours:
            for case in (five_steps(), wide(), diamond()):
                walls = [(await timed(partial(ours.run, case.task))).wall for _ in range(3)]
                wall, least = statistics.median(walls), latency * case.critical_path
                name = f"wall at 500 ms against the critical path: {case.name}"
                rows.append(Row(name, wall / least, 1.05, f"{wall:.2f} s", f"{least:.2f} s"))
    return rows


async def _compare(cases: Sequence[Case], rounds: int, embeddings: str = "auto") -> list[tuple[Cost, Cost]]:
    """Bare and ours in turn."""
    with served(0.05) as url, tempfile.TemporaryDirectory() as folder:
        async with open_ours(url, Path(folder), embeddings=embeddings) as ours:
            bare, costs = Bare(url, catalogue(ours.toolbox)), []
            for case in cases:
                sides = (partial(bare.run, case.task), partial(ours.run, case.task))
                other, own = await alternate(sides, rounds)
                costs.append((other, own))
            return costs


def _together(costs: Sequence[Cost]) -> Cost:
    return Cost(sum(cost.wall for cost in costs), sum(cost.processor for cost in costs))


def _wall(name: str, bare: Cost, ours: Cost, target: float | None) -> Row:
    ratio = ours.wall / bare.wall
    return Row(f"wall at 50 ms: {name}", ratio, target, f"{ours.wall * 1e3:.0f} ms", f"{bare.wall * 1e3:.0f} ms")


def _processor(case: Case, bare: Cost, ours: Cost) -> Row:
    own, other = (cost.processor / case.calls * 1e3 for cost in (ours, bare))
    return Row(f"processor time per call: {case.name}", own / other, 1.5, f"{own:.2f} ms", f"{other:.2f} ms")
