"""How good a ranking is, and what comes of deciding by a threshold."""

from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.queries import Query
from repertory.memory.registry import Registry

_DEEP = 25
"""Places that are looked at. With more, the index would look at more agents than it does when it casts."""


class Asked(NamedTuple):
    """A query, and what was found."""

    right: frozenset[str]
    """Ids of the agents that are right for it; none for a strange task."""
    ids: tuple[str, ...]
    """Those that were found, best first."""
    score: float
    """The best one's; 0 where nothing was found."""

    @property
    def place(self) -> int | None:
        """Where the first right one is, from 1 on; None where it is not among those found."""
        return next((n for n, found in enumerate(self.ids, 1) if found in self.right), None)


class Decided(NamedTuple):
    """What comes of reusing from a threshold on."""

    recall: float
    """Share of the tasks of a right agent that it was reused for."""
    precision: float
    """Share of all reused agents that were right."""
    false_reuse: float
    """Share of the strange tasks for which an agent was reused."""


async def ask(registry: Registry, queries: Sequence[Query]) -> list[Asked]:
    """Search the agents for each query."""
    found = await registry.find_agents([query.text for query in queries], _DEEP)
    return [
        Asked(
            query.right,
            tuple(each.record.imported_as or each.record.name for each in group),
            group[0].score if group else 0.0,
        )
        for query, group in zip(queries, found, strict=True)
    ]


def recall_at(k: int, asked: Sequence[Asked]) -> float:
    """Share of the queries that have a right agent among their first `k`."""
    return sum(each.place is not None and each.place <= k for each in asked) / len(asked)


def reciprocal_rank(asked: Sequence[Asked]) -> float:
    """The mean of 1 / place of the first right one."""
    return sum(1 / each.place for each in asked if each.place is not None) / len(asked)


def separation(known: Sequence[Asked], strange: Sequence[Asked]) -> float:
    """How likely a task that an agent can do scores higher than a strange one (area under the ROC curve)."""
    wins = sum((one.score > other.score) + 0.5 * (one.score == other.score) for one in known for other in strange)
    return wins / (len(known) * len(strange))


def decide(known: Sequence[Asked], strange: Sequence[Asked], threshold: float) -> Decided:
    """Reuse the best wherever it reaches the threshold."""
    reused = [each for each in (*known, *strange) if each.score >= threshold]
    right = sum(each.place == 1 for each in reused)
    false = sum(each.score >= threshold for each in strange)
    return Decided(
        recall=right / len(known),
        precision=right / len(reused) if reused else 1.0,
        false_reuse=false / len(strange),
    )
