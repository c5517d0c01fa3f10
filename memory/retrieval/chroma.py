"""An index in Chroma: dense vectors, re-ranked by the words they share with the query."""

import asyncio
import hashlib
import re
import time
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from repertory.memory.errors import ResourceError
from repertory.memory.retrieval.calibration import Calibration, usual_thresholds
from repertory.memory.retrieval.documents import TEMPLATE, Document
from repertory.memory.retrieval.embeddings import Embedder
from repertory.memory.retrieval.index import ByForm, Collection, IndexLostError, Match, Memo
from repertory.memory.retrieval.pace import Pace
from repertory.memory.retrieval.ranking import USUAL, Parts, Ranking, alike, coverage, fit
from repertory.memory.retrieval.words import words
from repertory.memory.storage.shelf import Position

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection as ChromaCollection

_POOL = 50  # the nearest, whose words are looked at
_BATCH = 50  # texts that are embedded at a time
_PAGE = 2000  # keys that are listed at a time
_WORDS = "words"
"""The key of a row's words. Chroma's documents would do, but it indexes each three letters of them: measured, that
doubles the processor time of a write, 0.8 to 1.6 ms a row, and the size of the files."""
_SYNC = 100
"""Rows after which Chroma writes its graph to disk, while it holds the interpreter. Measured with 30,000 rows: with its
default of 1000 that takes 80 to 120 ms, with 100 the longest write of ten rows took 38 ms, and filling was faster."""


class DamagedIndexError(ResourceError):
    """The files of an index cannot be read. Move them aside: the store has all that was in them."""


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
        self.calibrated: dict[tuple[Collection, str], tuple[Position, Calibration]] = {}
        self.ranking = ranking
        self._usual = embedder.thresholds
        self.space = f"{embedder.name}-{embedder.dimension}-t{TEMPLATE}-{ranking.deeds:g}"
        self.shared = _is_server(where)
        self._where = where
        self._embedder = embedder
        self._client: ClientAPI | None = None
        self._collections: dict[str, ChromaCollection] = {}
        self._filled: set[str] = set()
        """Collections that were seen to hold something; asking each time costs a millisecond for 10,000 rows."""
        self._opening = asyncio.Lock()
        self._pace = Pace()

    async def put(self, collection: Collection, owner: str, documents: Mapping[str, Document]) -> None:
        """Insert documents by key, or replace them."""
        keys = list(documents)
        for start in range(0, len(keys), _BATCH):
            batch = keys[start : start + _BATCH]
            chunk = [documents[key] for key in batch]
            held = [{_WORDS: " ".join(sorted(_words(document)))} for document in chunk]
            rows = list(zip(batch, held, await self._vectors(chunk), strict=True))
            async for ids, metadatas, vectors in self._paced(rows):
                await self._call(collection, owner, "upsert", ids=ids, metadatas=metadatas, embeddings=vectors)

    async def remove(self, collection: Collection, owner: str, keys: Iterable[str]) -> None:
        """Forget keys; unknown ones are ignored."""
        async for (ids,) in self._paced([(key,) for key in keys]):
            await self._call(collection, owner, "delete", ids=ids)

    async def search(self, collection: Collection, owner: str, queries: Sequence[str], k: int = 5) -> list[list[Match]]:
        """The best `k` of the 50 nearest of each query."""
        if not queries or await self._is_empty(collection, owner):
            return [[] for _ in queries]
        pool = max(_POOL, k)
        answer = await self._call(
            collection,
            owner,
            "query",
            query_embeddings=await self._embedder.embed(queries),
            n_results=pool,
            include=["metadatas", "distances"],
        )
        if (fewest := min(len(keys) for keys in answer["ids"])) < pool:
            count = await self.count(collection, owner)
            if fewest < min(pool, count) / 2:  # its vectors are gone, and it does not say
                raise DamagedIndexError(f"the Chroma index in {str(self._where)!r} has lost vectors")
        words_held = [[str(each[_WORDS]) for each in group] for group in answer["metadatas"]]
        rows = list(zip(queries, answer["ids"], words_held, answer["distances"], strict=True))
        rank = _rank_tasks if collection == "cohorts" else self._rank
        # In a thread: many queries at once take long enough to hold up the event loop.
        return await asyncio.to_thread(lambda: [rank(*row)[:k] for row in rows])

    async def keys(self, collection: Collection, owner: str, among: Iterable[str] | None = None) -> set[str]:
        """The keys that are there: all, or those of `among`."""
        if among is not None:
            wanted = list(among)
            return set((await self._call(collection, owner, "get", ids=wanted, include=[]))["ids"]) if wanted else set()
        keys: set[str] = set()
        while True:
            page = (await self._call(collection, owner, "get", include=[], limit=_PAGE, offset=len(keys)))["ids"]
            keys.update(page)
            if len(page) < _PAGE:
                return keys

    async def memo(self, collection: Collection, owner: str) -> Memo:
        """What it remembers of a collection, in Chroma's metadata; on a server another process may have changed it."""
        name = self._name(collection, owner)
        async with self._opening:
            if self.shared or name not in self._collections:
                self._collections[name] = await asyncio.to_thread(self._open, name, owner)
        known: Mapping[str, Any] = self._collections[name].metadata or {}
        position = Position(int(known.get("number", 0)), str(known.get("mark", "")))
        return Memo(str(known.get("made", "")), position, str(known.get("renewed", "")))

    async def remember(self, collection: Collection, owner: str, memo: Memo) -> None:
        """Replace what it remembers of a collection."""
        number, mark = memo.position
        new = {"made": memo.made, "number": number, "mark": mark, "renewed": memo.renewed}
        known = self._collections[self._name(collection, owner)].metadata or {}  # `modify` takes away what is not named
        await self._call(collection, owner, "modify", metadata={**known, **new})

    async def likeness(self, text: str, others: Sequence[str]) -> list[float]:
        """How like a text others are: cosines."""
        from repertory.memory.retrieval.vectors import cosines  # with numpy, for which nobody should wait at import

        own, *vectors = await self._embedder.embed([text, *others])
        return cosines([own], vectors)[0] if vectors else []

    async def count(self, collection: Collection, owner: str) -> int:
        """The number of rows."""
        return int(await self._call(collection, owner, "count"))

    async def usual(self) -> ByForm:
        """The thresholds of a small collection: the embedder's, measured where it is not known to us."""
        if self._usual is None:
            self._usual = await usual_thresholds(self._embedder, self.ranking)
        return self._usual

    async def close(self) -> None:
        """Release the files or the connection; the next use opens them again."""
        client, self._client = self._client, None
        self._collections.clear()
        self._filled.clear()
        if client is not None:
            await asyncio.to_thread(client.close)  # type: ignore[attr-defined]  # every client has it; the base class not

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

    async def _call(self, collection: Collection, owner: str, method: str, **arguments: Any) -> Any:
        """Call a method of a collection in a thread: Chroma blocks."""
        name = self._name(collection, owner)
        async with self._opening:
            if name not in self._collections:
                self._collections[name] = await asyncio.to_thread(self._open, name, owner)
        with _failures(self._where):
            return await asyncio.to_thread(getattr(self._collections[name], method), **arguments)

    def _open(self, name: str, owner: str) -> "ChromaCollection":
        with _failures(self._where):
            if self._client is None:
                self._client = _connect(self._where)
            # The embedding function is None: the default one would download a model.
            return self._client.get_or_create_collection(
                name,
                configuration={"hnsw": {"space": "cosine", "sync_threshold": _SYNC}},
                metadata={  # an existing one keeps its own
                    "owner": owner,
                    "embedder": self._embedder.name,
                    "template": TEMPLATE,
                    "made": uuid.uuid4().hex,
                },
                embedding_function=None,
            )

    def _name(self, collection: Collection, owner: str) -> str:
        """Names all that rows of one collection must have in common: an existing one keeps what it was made with."""
        return f"{collection}-{_slug(owner)}-{_slug(self.space)}"


def _connect(where: Path | str) -> "ClientAPI":
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if not _is_server(where):
        try:
            return chromadb.PersistentClient(path=str(where), settings=settings)
        except Exception:
            # Chroma keeps what it failed to open, and would hand it out the next time that this path is opened.
            SharedSystemClient._identifier_to_system.pop(str(where), None)  # noqa: SLF001
            raise
    url = urlsplit(str(where))
    port = url.port or (443 if url.scheme == "https" else 8000)
    return chromadb.HttpClient(host=url.hostname or "", port=port, ssl=url.scheme == "https", settings=settings)


def _is_server(where: Path | str) -> bool:
    return isinstance(where, str) and where.startswith(("http://", "https://"))


@contextmanager
def _failures(where: Path | str) -> Iterator[None]:
    """Tell a damaged folder and an unreachable server from mistakes of ours."""
    from chromadb.errors import ChromaError, InternalError, NotFoundError
    from httpx import HTTPError

    try:
        yield
    except NotFoundError as error:
        raise IndexLostError(f"a collection of the Chroma index in {str(where)!r} was deleted: {error}") from error
    except (ChromaError, HTTPError, ValueError) as error:
        if _is_server(where):
            raise ResourceError(f"no use of the Chroma server at {where!r}: {error}; is `chroma run` up?") from error
        if isinstance(error, InternalError):
            raise DamagedIndexError(f"the Chroma index in {str(where)!r} is damaged: {error}") from error
        raise


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
