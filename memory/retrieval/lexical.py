"""An index in memory that ranks by words: BM25, for when there is no embedding model."""

import asyncio
import threading
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest

from repertory.memory.retrieval.calibration import Calibration
from repertory.memory.retrieval.documents import TEMPLATE, Document
from repertory.memory.retrieval.index import ANEW, ByForm, Collection, Match, Memo, Place, Thresholds
from repertory.memory.retrieval.ranking import USUAL, Parts, Ranking, coverage
from repertory.memory.retrieval.words import inverse_frequency, words
from repertory.memory.storage.shelf import Position

_K1, _B = 1.2, 0.75  # the customary values of BM25
_POOL = 50  # this many of the best are looked at from both sides
_NOTICE = "ranking by words only: no embedding model is in use"
# Measured on 316 public agent descriptions: none of 38 tasks that no agent fits reached `fits`.
_USUAL = ByForm(task=Thresholds(fits=0.4, doubtful=0.2), role=Thresholds(fits=0.6, doubtful=0.35))


class LexicalIndex:
    """Okapi BM25 over an inverted index (Robertson and Zaragoza 2009), scaled to [0, 1].

    A document of average length that holds each word of the query once scores 1. A cohort scores no more than the
    share of its task that the query covers: a plan for six things is none for one of them.
    """

    kept = False
    shared = False

    def __init__(self, notice: str | None = _NOTICE, ranking: Ranking = USUAL, usual: ByForm = _USUAL) -> None:
        self.calibrated: dict[tuple[str, str], tuple[Position, Calibration]] = {}
        self.notice = notice
        self.ranking = ranking
        self._usual = usual
        self.space = f"words-t{TEMPLATE}"
        self._places: dict[tuple[Place, str], _Postings] = defaultdict(_Postings)

    async def put(self, place: Place, owner: str, documents: Mapping[str, Document]) -> None:
        """Insert documents by key, or replace them."""
        texts = {key: " ".join((each.text, each.more, *each.deeds)) for key, each in documents.items()}
        await asyncio.to_thread(self._places[place, owner].put, texts)

    async def remove(self, place: Place, owner: str, keys: Iterable[str]) -> None:
        """Forget keys; unknown ones are ignored."""
        await asyncio.to_thread(self._places[place, owner].remove, list(keys))

    async def search(self, collection: Collection, owner: str, queries: Sequence[str], k: int = 5) -> list[list[Match]]:
        """The best `k` of each query that share a word with it."""
        postings = self._places[collection, owner]
        mutual = collection == "cohorts"
        # In a thread: among 100,000 documents one query takes longer than the event loop may be held up.
        return await asyncio.to_thread(postings.search_each, queries, k, mutual=mutual)

    async def keys(self, place: Place, owner: str, among: Iterable[str] | None = None) -> set[str]:
        """The keys that are there: all, or those of `among`."""
        there = self._places[place, owner].documents.keys()
        return set(there) if among is None else there & set(among)

    async def memo(self, place: Place, owner: str) -> Memo | None:
        """What it remembers of a place; None where nothing was begun."""
        return self._places[place, owner].memo if (place, owner) in self._places else None

    async def begin(self, place: Place, owner: str) -> None:
        """Make an empty place; one that is there already stays as it is."""
        self._places.setdefault((place, owner), _Postings())

    async def remember(self, place: Place, owner: str, position: Position) -> None:
        """Remember up to which change of the store a place agrees."""
        postings = self._places[place, owner]
        postings.memo = postings.memo._replace(position=position)

    async def replace(self, collection: Collection, owner: str) -> None:
        """Search the rows that were embedded anew; the ones that were searched until now go."""
        self._places[collection, owner] = self._places.pop((ANEW[collection], owner))

    async def likeness(self, text: str, others: Sequence[str]) -> list[float]:
        """How like a text others are: mutual coverage."""
        return coverage(text, [frozenset(words(other)) for other in others], mutual=True)

    async def embedder(self) -> None:
        """There is none."""

    async def count(self, place: Place, owner: str) -> int:
        """The number of rows."""
        return len(self._places[place, owner].documents)

    async def usual(self) -> ByForm:
        """The thresholds of a small collection."""
        return self._usual

    async def close(self) -> None:
        """There is nothing to release."""


def _best_first(item: tuple[str, float]) -> tuple[float, str]:
    key, score = item
    return -score, key


class _Postings:
    """Which document holds which word how often."""

    def __init__(self) -> None:
        self.memo = Memo(made=uuid.uuid4().hex)
        self.documents: dict[str, Counter[str]] = {}
        self._by_word: dict[str, dict[str, int]] = defaultdict(dict)
        self._lengths: dict[str, int] = {}
        self._length = 0
        self._lock = threading.Lock()  # each of the three below is done in a thread

    def put(self, documents: Mapping[str, str]) -> None:
        with self._lock:
            for key, document in documents.items():
                self._remove(key)
                self._add(key, document)

    def remove(self, keys: Iterable[str]) -> None:
        with self._lock:
            for key in keys:
                self._remove(key)

    def search_each(self, queries: Sequence[str], k: int, *, mutual: bool) -> list[list[Match]]:
        with self._lock:
            return [self._search(query, k, mutual=mutual) for query in queries]

    def _add(self, key: str, document: str) -> None:
        counts = Counter(words(document))
        self.documents[key] = counts
        self._lengths[key] = counts.total()
        self._length += self._lengths[key]
        for word, count in counts.items():
            self._by_word[word][key] = count

    def _remove(self, key: str) -> None:
        counts = self.documents.pop(key, Counter())
        self._length -= self._lengths.pop(key, 0)
        for word in counts:
            del self._by_word[word][key]
            if not self._by_word[word]:
                del self._by_word[word]

    def _search(self, query: str, k: int, *, mutual: bool) -> list[Match]:
        wanted = set(words(query))
        scores: dict[str, float] = defaultdict(float)
        lengths, base = self._lengths, _K1 * (1 - _B)
        per_word = _K1 * _B * len(lengths) / max(self._length, 1)  # for each word of a document
        best = 0.0
        for word in wanted:
            holders = self._by_word.get(word, {})
            weight = inverse_frequency(len(holders), len(self.documents))
            best += weight
            full = weight * (_K1 + 1)
            for key, count in holders.items():
                scores[key] += full * count / (count + base + per_word * lengths[key])
        wide = max(k, _POOL) if mutual else k
        least = min(nlargest(wide, scores.values()), default=0.0)
        top = sorted(((key, score) for key, score in scores.items() if score >= least), key=_best_first)[:wide]
        found = ((key, min(score / best, self._covered(key, wanted) if mutual else 1.0)) for key, score in top)
        matches = [Match(key, score, Parts(None, score)) for key, score in found]
        return sorted(matches, key=lambda match: (-match.score, match.key))[:k]

    def _covered(self, key: str, wanted: set[str]) -> float:
        """The share of a document that the words of a query cover, by weight."""
        held = self.documents[key].keys()
        weights = {word: inverse_frequency(len(self._by_word[word]), len(self.documents)) for word in held}
        return sum(weights[word] for word in held & wanted) / sum(weights.values())
