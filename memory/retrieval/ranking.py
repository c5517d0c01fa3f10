"""How well an agent fits: one formula, each part of which can be switched off.

    score = (cosine + w x coverage) / (1 + w) x (rate / usual rate) ** t

- cosine: of the query with a weighted mean of two vectors: that of what the agent says of itself, `role: description`,
  and the centroid of its deeds, the tasks that it did well (a Rocchio relevance update; Rocchio 1971).
- coverage: the share of the query's words, by inverse document frequency, that the agent's description, deeds and
  prompt hold. Where there are no vectors, BM25 over the same words takes the place of cosine and coverage.
- rate: how often it does well, as the mean of a Beta(4, 1) prior updated with its track record; the prior's own mean
  is the usual rate. So nobody is judged by one failure, who failed five times of five loses a third and more, and who
  never fails gains an eighth at most: a good record reorders those who fit, and makes nobody fit who does not.

A cohort's score is the geometric mean of cosine and mutual coverage: a plan for six things is none for one of them,
though their vectors are near.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from repertory.memory.records import Track
from repertory.memory.retrieval.words import inverse_frequency, words

_WELL, _BADLY = 4, 1
"""The prior: as if everybody had done four steps well and one badly."""


class Ranking(NamedTuple):
    """The weights of the formula; 0 switches a part off. Measured: `python -m benchmarks casting`."""

    words: float = 0.3
    """Weight of coverage beside the cosine's 1."""
    deeds: float = 1 / 3
    """Share of the centroid of deeds in an agent's vector. With half, what was not done before is found worse."""
    track: float = 0.5
    """Exponent of the rate."""


USUAL = Ranking()


class Parts(NamedTuple):
    """What a score is made of."""

    dense: float | None
    """Cosine, in [0, 1]; None where there are no vectors."""
    words: float
    """Coverage in [0, 1], or BM25 where there are no vectors."""
    track: float = 1.0
    """What the track record multiplies the score by."""


def fit(dense: float, covered: float, ranking: Ranking) -> float:
    """How well an agent's texts fit, in [0, 1]."""
    return (dense + ranking.words * covered) / (1 + ranking.words)


def track_factor(track: Track, ranking: Ranking) -> float:
    """What a track record multiplies a score by: 1 for nobody's record, above for a good one, below for a bad one."""
    rate = (track.successes + _WELL) / (track.uses + _WELL + _BADLY)
    return float((rate * (_WELL + _BADLY) / _WELL) ** ranking.track)


def alike(dense: float, covered: float) -> float:
    """How alike two tasks are, in [0, 1]."""
    return math.sqrt(dense * covered)


def coverage(query: str, documents: Sequence[frozenset[str]], *, mutual: bool = False) -> list[float]:
    """How much of the query each document covers: the weight of the shared words over that of all its words.

    A word weighs its inverse document frequency among just these documents, so that what they all say counts little.

    Args:
        query: what is asked for.
        documents: the words of each, as `words` gives them.
        mutual: take the smaller of both directions. A document that says all of the query and much more covers it, but
            the query does not cover the document.

    Returns:
        One value in [0, 1] for each document.
    """
    wanted = frozenset(words(query))
    counts = Counter(word for document in documents for word in (document if mutual else document & wanted))
    weights = {word: inverse_frequency(counts[word], len(documents)) for word in wanted | counts.keys()}

    def share(document: frozenset[str], whole: frozenset[str]) -> float:
        total = sum(weights[word] for word in whole)
        return sum(weights[word] for word in wanted & document) / total if total else 0.0

    return [min(share(each, wanted), share(each, each)) if mutual else share(each, wanted) for each in documents]
