"""From which score on an agent is reused: found for each index by what strange tasks score in it.

Thresholds do not transfer between embedders, forms of texts and sizes of libraries: the more agents there are, the
better the best of them fits a task that is none of theirs; and two descriptions are more alike than a task and one, so
that queries of each form have thresholds of their own. So a library is asked for the agents of sixty tasks from all
walks of life, most of which none of its agents can do. A library that can do some of them would raise a plain quantile
of what the best score, so the quantile is that of a normal distribution whose median and lower spread are the scores'
(robust as long as the library knows fewer than half of the tasks).
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from importlib.resources import files
from statistics import NormalDist, median, quantiles
from typing import TYPE_CHECKING, NamedTuple

from repertory.memory.records import Record
from repertory.memory.retrieval.index import ByForm, Match, QueryForm, Thresholds
from repertory.memory.retrieval.ranking import Ranking, coverage, fit
from repertory.memory.retrieval.words import words

if TYPE_CHECKING:
    from repertory.memory.retrieval.embeddings import Embedder

SMALL = 30
"""Agents up to which the usual thresholds of the embedder hold: the best of few says little."""
_FALSE_REUSE = 0.07
"""Share of strange tasks that may score as if an agent fitted. The library knows some of the tasks that are taken for
strange here, so that fewer really do: measured, 3 in 100."""
_FALSE_USUALLY = 0.001
"""The same where there are but sixty agents: tasks of somebody who has few agents are near to them more often."""
_DOUBT = 0.3
"""Share of strange tasks for which a model may be asked whether one fits after all."""
_GROWTH = 1.25
_MOST = 1.5
"""Times the usual threshold that the highest is: a library that can do everything has no strange tasks."""

Search = Callable[[Sequence[str]], Awaitable[Sequence[Sequence[Match]]]]


class Reference(NamedTuple):
    """A task, and what an agent that can do it would say of itself."""

    task: str
    agent: str


class Calibration(Record):
    """Thresholds, and the size of the library that they were found for."""

    size: int
    task: Thresholds
    role: Thresholds

    def of(self, form: QueryForm) -> Thresholds:
        """The thresholds for queries of that form."""
        return self.task if form == "task" else self.role

    def holds(self, size: int) -> bool:
        """Whether a library of another size may still use them."""
        return self.size / _GROWTH <= size <= self.size * _GROWTH


@cache
def references() -> tuple[Reference, ...]:
    """Tasks from all walks of life; they have nothing to do with any library that is measured."""
    text = files("repertory.memory.retrieval").joinpath("reference.tsv").read_text(encoding="utf-8")
    return tuple(Reference(*line.split("\t")) for line in text.splitlines())


async def calibrate(size: int, search: Search, usual: ByForm) -> Calibration:
    """Find the thresholds of a library.

    Args:
        size: the number of its agents.
        search: gives the best matches of each query in it.
        usual: the thresholds of a small library with the same index; none is lower.
    """
    if size < SMALL:
        return Calibration(size=size, **usual._asdict())
    found: list[Thresholds] = []
    for queries in zip(*references(), strict=True):
        tops = [matches[0].score if matches else 0.0 for matches in await search(queries)]
        found.append(_thresholds(tops, usual[len(found)]))
    return Calibration(size=size, **ByForm(*found)._asdict())


async def usual_thresholds(embedder: "Embedder", ranking: Ranking) -> ByForm:
    """The thresholds of a small library with an embedder that has not been measured.

    They are what few of the reference tasks, and of their agents, score with the best reference agent of another task.

    Raises:
        ResourceError: the embedder cannot be reached.
    """
    tasks, agents = zip(*references(), strict=True)
    vectors = await embedder.embed([*tasks, *agents])
    from repertory.memory.retrieval.vectors import cosines  # with numpy, for which nobody should wait at import

    held = [frozenset(words(agent)) for agent in agents]
    found = []
    for queries, asked in ((tasks, vectors[: len(tasks)]), (agents, vectors[len(tasks) :])):
        scores = []
        for n, (query, near) in enumerate(zip(queries, cosines(asked, vectors[len(tasks) :]), strict=True)):
            fits = [fit(dense, share, ranking) for dense, share in zip(near, coverage(query, held), strict=True)]
            scores.append(max(score for place, score in enumerate(fits) if place != n))
        strange = _strange(scores)
        found.append(Thresholds(fits=strange.inv_cdf(1 - _FALSE_USUALLY), doubtful=strange.inv_cdf(1 - _DOUBT)))
    return ByForm(*found)


def _strange(scores: Sequence[float]) -> NormalDist:
    """How strange tasks score, whatever a minority of them does."""
    middle = median(scores)
    below = middle - quantiles(scores, n=100, method="inclusive")[15]  # one standard deviation of a normal distribution
    return NormalDist(middle, max(below, 1e-9))


def _thresholds(scores: Sequence[float], usual: Thresholds) -> Thresholds:
    """The usual ones, or higher ones that few of the scores of strange tasks would reach."""
    strange = _strange(scores)
    fits = min(max(strange.inv_cdf(1 - _FALSE_REUSE), usual.fits), _MOST * usual.fits)
    return Thresholds(fits=fits, doubtful=min(max(strange.inv_cdf(1 - _DOUBT), usual.doubtful), fits))
