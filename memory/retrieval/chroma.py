"""An index in Chroma: dense vectors, re-ranked by the words they share with the query."""

import asyncio
import hashlib
import re
import time
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from repertory.memory.retrieval.calibration import Calibration, usual_thresholds
from repertory.memory.retrieval.chroma_collections import ChromaCollections, DamagedIndexError
from repertory.memory.retrieval.documents import TEMPLATE, Document
from repertory.memory.retrieval.embeddings import Embedder
from repertory.memory.retrieval.index import ANEW, ByForm, Collection, IndexLostError, Match, Memo, Place
from repertory.memory.retrieval.pace import Pace
from repertory.memory.retrieval.ranking import USUAL, Parts, Ranking, alike, coverage, fit
from repertory.memory.retrieval.words import words
from repertory.memory.storage.shelf import Position

_POOL = 50  # the nearest, whose words are looked at
_BATCH = 50  # texts that are embedded at a time
_PAGE = 2000  # keys that are listed at a time
_SAMPLE = 10  # rows whose vectors are looked at, the oldest
_WORDS = "words"
"""The key of a row's words. Chroma's documents would do, but it indexes each three letters of them: measured, that
doubles the processor time of a write, 0.8 to 1.6 ms a row, and the size of the files."""


class ChromaIndex:
    """Cosine similarity in Chroma, plus lexical coverage.

    One process at a time may use a folder: Chroma damages it otherwise. The caller sees to that. Several processes
    share a Chroma server. For the scores see `ranking`. A row's metadata holds the words that it covers.
    """

    notice: str | None = None
    kept = True

    def __init__(self, where: Path | str, embedder: Embedder, ranking: Ranking = USUAL) -> None:
        """Nothing is opened or imported until it is needed.

        Args:
            where: a folder, or the `http://host:port` of a Chroma server.
            embedder: makes the vectors; collections of other embedders are left alone.
            ranking: the weights of the formula.
        """
        self.calibrated: dict[tuple[str, str], tuple[Position, Calibration]] = {}
        self.ranking = ranking
        self._usual = embedder.thresholds
        self.space = f"{embedder.name}-{embedder.dimension}-t{TEMPLATE}-{ranking.deeds:g}"
        self._where = where
        self._embedder = embedder
        self._collections = ChromaCollections(where)
        self._filled: set[str] = set()
        """Collections that were seen to hold something; asking each time costs a millisecond for 10,000 rows."""
        self._pace = Pace()

    @property
    def shared(self) -> bool:
        """Whether other processes write it, too."""
        return self._collections.shared

    async def put(self, place: Place, owner: str, documents: Mapping[str, Document]) -> None:
        """Insert documents by key. Replacing them makes Chroma forget others now and then."""
        await self.begin(place, owner)
        name = self._name(place, owner)
        keys = list(documents)
        for start in range(0, len(keys), _BATCH):
            batch = keys[start : start + _BATCH]
            chunk = [documents[key] for key in batch]
            held = [{_WORDS: " ".join(sorted(_words(document)))} for document in chunk]
            rows = list(zip(batch, held, await self._vectors(chunk), strict=True))
            async for ids, metadatas, vectors in self._paced(rows):
                await self._collections.call(name, "upsert", ids=ids, metadatas=metadatas, embeddings=vectors)

    async def remove(self, place: Place, owner: str, keys: Iterable[str]) -> None:
        """Forget keys; unknown ones are ignored."""
        async for (ids,) in self._paced([(key,) for key in keys]):
            await self._collections.call(self._name(place, owner), "delete", ids=ids)

    async def search(self, collection: Collection, owner: str, queries: Sequence[str], k: int = 5) -> list[list[Match]]:
        """The best `k` of the 50 nearest of each query."""
        if not queries or await self._is_empty(collection, owner):
            return [[] for _ in queries]
        pool = max(_POOL, k)
        answer = await self._collections.call(
            self._name(collection, owner),
            "query",
            query_embeddings=await self._embedder.embed(queries),
            n_results=pool,
            include=["metadatas", "distances"],
        )
        if answer is None:
            raise IndexLostError(f"the Chroma index of {owner!r} was deleted while it was searched")
        if (fewest := min(len(keys) for keys in answer["ids"])) < pool:
            count = await self.count(collection, owner)
            if fewest < min(pool, count) / 2:  # its vectors are gone, and it does not say
                raise DamagedIndexError(f"the Chroma index in {str(self._where)!r} has lost vectors")
        columns = map(_present, answer["ids"], answer["metadatas"], answer["distances"])
        rows = [(query, *held) for query, held in zip(queries, columns, strict=True)]
        rank = _rank_tasks if collection == "cohorts" else self._rank
        # In a thread: many queries at once take long enough to hold up the event loop.
        return await asyncio.to_thread(lambda: [rank(*row)[:k] for row in rows])

    async def keys(self, place: Place, owner: str, among: Iterable[str] | None = None) -> set[str]:
        """The keys that are there: all, or those of `among`."""
        name = self._name(place, owner)
        if among is not None:
            wanted = list(among)
            answer = await self._collections.call(name, "get", ids=wanted, include=[]) if wanted else None
            return set(answer["ids"]) if answer else set()
        keys: set[str] = set()
        while page := await self._collections.call(name, "get", include=[], limit=_PAGE, offset=len(keys)):
            keys.update(page["ids"])
            if len(page["ids"]) < _PAGE:
                break
        return keys

    async def memo(self, place: Place, owner: str) -> Memo | None:
        """What it remembers of a place, in Chroma's metadata; None where nothing was begun."""
        known = await self._collections.metadata(self._name(place, owner))
        if known is None:
            return None
        return Memo(str(known.get("made", "")), Position(int(known.get("number", 0)), str(known.get("mark", ""))))

    async def begin(self, place: Place, owner: str) -> None:
        """Make an empty place; one that is there already stays as it is."""
        made = {"owner": owner, "embedder": self._embedder.name, "template": TEMPLATE, "made": uuid.uuid4().hex}
        await self._collections.begin(self._name(place, owner), made)

    async def remember(self, place: Place, owner: str, position: Position) -> None:
        """Remember up to which change a place agrees."""
        await self._collections.annotate(self._name(place, owner), position._asdict())

    async def replace(self, collection: Collection, owner: str) -> None:
        """Search the rows that were embedded anew; the ones that were searched until now go."""
        name = self._name(collection, owner)
        self._filled.discard(name)
        await self._collections.discard(name)
        await self._collections.rename(self._name(ANEW[collection], owner), name)

    async def likeness(self, text: str, others: Sequence[str]) -> list[float]:
        """How like a text others are: cosines."""
        from repertory.memory.retrieval.vectors import cosines  # with numpy, for which nobody should wait at import

        own, *vectors = await self._embedder.embed([text, *others])
        return cosines([own], vectors)[0] if vectors else []

    async def embedder(self) -> Embedder:
        """What texts are embedded with."""
        return self._embedder

    async def count(self, place: Place, owner: str) -> int:
        """The number of rows."""
        return int(await self._collections.call(self._name(place, owner), "count") or 0)

    async def usual(self) -> ByForm:
        """The thresholds of a small collection: the embedder's, measured where it is not known to us."""
        if self._usual is None:
            self._usual = await usual_thresholds(self._embedder, self.ranking)
        return self._usual

    async def close(self) -> None:
        """Release the files or the connection; the next use opens them again."""
        self._filled.clear()
        await self._collections.close()

    def _rank(self, query: str, keys: Sequence[str], held: Sequence[str], distances: Sequence[float]) -> list[Match]:
        wanted = frozenset(words(query))  # what else a row holds changes nothing here, and most of the time went there
        covered = coverage(query, [wanted.intersection(each.split()) for each in held])
        parts = [Parts(_cosine(distance), share) for distance, share in zip(distances, covered, strict=True)]
        return _sorted(keys, parts, [fit(part.dense or 0.0, part.words, self.ranking) for part in parts])

    async def _vectors(self, documents: Sequence[Document]) -> list[list[float]]:
        deeds = [document.deeds if self.ranking.deeds else () for document in documents]
        texts = [document.text for document in documents] + [deed for each in deeds for deed in each]
        from repertory.memory.retrieval.vectors import blended  # with numpy, for which nobody should wait at import

        vectors = iter(await self._embedder.embed(texts))
        own = [next(vectors) for _ in documents]
        return [
            blended(vector, [next(vectors) for _ in each], self.ranking.deeds) if each else vector
            for vector, each in zip(own, deeds, strict=True)
        ]

    async def _is_empty(self, collection: Collection, owner: str) -> bool:
        if (name := self._name(collection, owner)) in self._filled:
            return False
        if filled := bool(await self.count(collection, owner)):
            if not self.shared:
                # This fails where vectors on disk are lost; a query would find what is left, and say nothing.
                await self._collections.call(name, "get", limit=_SAMPLE, include=["embeddings"])
            self._filled.add(name)
        return not filled

    async def _paced(self, rows: Sequence[tuple[Any, ...]]) -> AsyncIterator[tuple[list[Any], ...]]:
        """Columns of rows, as many at a time as may be written at once; a server's writes hold up nobody here."""
        start = 0
        while start < len(rows):
            stop = len(rows) if self.shared else start + self._pace.rows
            began = time.monotonic()
            yield tuple(list(column) for column in zip(*rows[start:stop], strict=True))
            self._pace.took(time.monotonic() - began)
            start = stop

    def _name(self, place: Place, owner: str) -> str:
        """Names all that rows of one collection must have in common: an existing one keeps what it was made with."""
        return f"{place}-{_slug(owner)}-{_slug(self.space)}"


def _present(
    keys: Sequence[str], rows: Sequence[Mapping[str, Any] | None], distances: Sequence[float]
) -> tuple[list[str], list[str], list[float]]:
    """Keys, words and distances of the rows that are there: on a server one may go while a query is answered."""
    there = [(key, str(row[_WORDS]), far) for key, row, far in zip(keys, rows, distances, strict=True) if row]
    return [key for key, _, _ in there], [held for _, held, _ in there], [far for _, _, far in there]


def _rank_tasks(query: str, keys: Sequence[str], held: Sequence[str], distances: Sequence[float]) -> list[Match]:
    covered = coverage(query, [frozenset(each.split()) for each in held], mutual=True)
    parts = [Parts(_cosine(distance), share) for distance, share in zip(distances, covered, strict=True)]
    return _sorted(keys, parts, [alike(part.dense or 0.0, part.words) for part in parts])


def _words(document: Document) -> set[str]:
    return set(words(" ".join((document.text, document.more, *document.deeds))))


def _cosine(distance: float) -> float:
    return min(max(1.0 - distance, 0.0), 1.0)


def _sorted(keys: Sequence[str], parts: Sequence[Parts], scores: Sequence[float]) -> list[Match]:
    matches = map(Match, keys, scores, parts)
    return sorted(matches, key=lambda match: (-match.score, match.key))


def _slug(text: str) -> str:
    """Part of a collection's name: readable, and distinct for distinct texts."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:40]
    return f"{readable}-{hashlib.sha256(text.encode()).hexdigest()[:12]}".lstrip("-")
