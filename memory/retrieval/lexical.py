"""An index in memory that ranks by words: BM25, for when there is no embedding model. And lexical coverage."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from heapq import nsmallest

from repertory.memory.retrieval.index import Collection, Match, Thresholds

_K1, _B = 1.2, 0.75  # the customary values of BM25
_WORD = re.compile(r"[^\W_]+(?:[+#]+|(?:[.][^\W_]+)+)?", re.UNICODE)
_STOP = frozenset(
    _WORD.findall(
        """a an and any are as at be been by can do does for from get has have how i if in into is it its let like me
        my need of on or our out please should so some such that the their them then there these they this to too up us
        use want was we what when where which who will with would you your"""
    )
)
_LEAST = 50  # with fewer documents than this, how many hold a word says little about the word
_POOL = 50  # this many of the best are looked at from both sides
_NOTICE = "ranking by words only: no embedding model is in use"
# Measured on 316 public agent descriptions: none of 38 tasks that no agent fits reached `fits`.
_THRESHOLDS = Thresholds(fits=0.4, doubtful=0.2)


def words(text: str) -> list[str]:
    """The words that count, in lower case and without their commonest endings (`C++` and `node.js` stay whole)."""
    return [_stem(word) if word.isalnum() else word for word in _WORD.findall(text.casefold()) if word not in _STOP]


def coverage(query: str, documents: Sequence[str], *, mutual: bool = False) -> list[float]:
    """How much of the query each document covers: the weight of the shared words over that of all its words.

    A word weighs its inverse document frequency among just these documents, so that what they all say counts little.

    Args:
        query: what is asked for.
        documents: what is there.
        mutual: take the smaller of both directions. A document that says all of the query and much more covers it, but
            the query does not cover the document.

    Returns:
        One value in [0, 1] for each document.
    """
    wanted = set(words(query))
    held = [set(words(document)) for document in documents]
    counts = Counter(word for document in held for word in document)
    weights = {word: _idf(counts[word], len(documents)) for word in wanted | counts.keys()}

    def share(document: set[str], whole: set[str]) -> float:
        total = sum(weights[word] for word in whole)
        return sum(weights[word] for word in wanted & document) / total if total else 0.0

    return [min(share(each, wanted), share(each, each)) if mutual else share(each, wanted) for each in held]


class LexicalIndex:
    """Okapi BM25 over an inverted index (Robertson and Zaragoza 2009), scaled to [0, 1].

    A document of average length that holds each word of the query once scores 1. A cohort scores no more than the
    share of its task that the query covers: a plan for six things is none for one of them.
    """

    def __init__(self, notice: str | None = _NOTICE, thresholds: Thresholds = _THRESHOLDS) -> None:
        self.stamps: dict[tuple[Collection, str], str] = {}
        self.notice = notice
        self.fits, self.doubtful = thresholds
        self._collections: dict[tuple[Collection, str], _Postings] = defaultdict(_Postings)

    async def put(self, collection: Collection, owner: str, documents: Mapping[str, str]) -> None:
        """Insert documents by key, or replace them."""
        postings = self._collections[collection, owner]
        for key, document in documents.items():
            postings.remove(key)
            postings.add(key, document)

    async def remove(self, collection: Collection, owner: str, keys: Iterable[str]) -> None:
        """Forget keys; unknown ones are ignored."""
        for key in keys:
            self._collections[collection, owner].remove(key)

    async def search(self, collection: Collection, owner: str, queries: Sequence[str], k: int = 5) -> list[list[Match]]:
        """The best `k` of each query that share a word with it."""
        postings = self._collections[collection, owner]
        mutual = collection == "cohorts"
        return [postings.search(query, k, mutual=mutual) for query in queries]

    async def keys(self, collection: Collection, owner: str) -> set[str]:
        """All keys that are there."""
        return set(self._collections[collection, owner].documents)

    async def close(self) -> None:
        """There is nothing to release."""


class _Postings:
    """Which document holds which word how often."""

    def __init__(self) -> None:
        self.documents: dict[str, Counter[str]] = {}
        self._by_word: dict[str, dict[str, int]] = defaultdict(dict)
        self._length = 0

    def add(self, key: str, document: str) -> None:
        counts = Counter(words(document))
        self.documents[key] = counts
        self._length += counts.total()
        for word, count in counts.items():
            self._by_word[word][key] = count

    def remove(self, key: str) -> None:
        counts = self.documents.pop(key, Counter())
        self._length -= counts.total()
        for word in counts:
            del self._by_word[word][key]
            if not self._by_word[word]:
                del self._by_word[word]

    def search(self, query: str, k: int, *, mutual: bool) -> list[Match]:
        wanted = set(words(query))
        scores: dict[str, float] = defaultdict(float)
        average = self._length / max(len(self.documents), 1)
        best = 0.0
        for word in wanted:
            holders = self._by_word.get(word, {})
            weight = _idf(len(holders), len(self.documents))
            best += weight
            for key, count in holders.items():
                length = self.documents[key].total() / average
                scores[key] += weight * count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * length))
        top = nsmallest(max(k, _POOL) if mutual else k, scores.items(), key=lambda item: (-item[1], item[0]))
        matches = [Match(key, min(score / best, self._covered(key, wanted) if mutual else 1.0)) for key, score in top]
        return sorted(matches, key=lambda match: (-match.score, match.key))[:k]

    def _covered(self, key: str, wanted: set[str]) -> float:
        """The share of a document that the words of a query cover, by weight."""
        held = self.documents[key].keys()
        weights = {word: _idf(len(self._by_word[word]), len(self.documents)) for word in held}
        return sum(weights[word] for word in held & wanted) / sum(weights.values())


def _idf(holders: int, documents: int) -> float:
    documents = max(documents, _LEAST)
    return math.log(1 + (documents - holders + 0.5) / (holders + 0.5))


def _stem(word: str) -> str:
    """A light stemmer: enough to bring `analyses`, `analysed` and `analysing` together, rarely more."""
    for ending, replacement in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + replacement
    return word


_ENDINGS = (
    ("ss", "ss"),
    ("sis", "s"),
    ("ations", ""),
    ("ation", ""),
    ("ings", ""),
    ("ing", ""),
    ("ies", "y"),
    ("ers", ""),
    ("er", ""),
    ("ed", ""),
    ("es", ""),
    ("s", ""),
    ("e", ""),
)
