"""An index in Chroma: dense vectors, re-ranked by the words they share with the query."""

import asyncio
import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from repertory.memory.errors import ResourceError
from repertory.memory.retrieval.documents import TEMPLATE
from repertory.memory.retrieval.embeddings import Embedder
from repertory.memory.retrieval.index import Collection, Match
from repertory.memory.retrieval.lexical import coverage

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection as ChromaCollection

# Measured on 316 agents and 82 tasks: 0.3 x coverage over the dense top 50 brings R@1 from .79 to .90.
_POOL = 50
_LEXICAL_WEIGHT = 0.3
_CHUNK = 25  # a write holds the interpreter: short ones let the event loop breathe


class DamagedIndexError(ResourceError):
    """The files of an index cannot be read. Move them aside: the store has all that was in them."""


class ChromaIndex:
    """Cosine similarity in Chroma, plus lexical coverage.

    One process at a time may use a folder: Chroma damages it otherwise. The caller sees to that. Several processes
    share a Chroma server. The score of an agent is `(cosine + 0.3 coverage) / 1.3`: it may know more than is asked. The
    score of a cohort is the geometric mean of cosine and mutual coverage: a plan for six things is none for one of
    them, though their vectors are near. A like task in wholly other words is planned anew, which costs no call more.
    """

    notice: str | None = None

    def __init__(self, where: Path | str, embedder: Embedder) -> None:
        """Nothing is opened or imported until it is needed.

        Args:
            where: a folder, or the `http://host:port` of a Chroma server.
            embedder: makes the vectors; collections of other embedders are left alone.
        """
        self.stamps: dict[tuple[Collection, str], str] = {}
        self.fits, self.doubtful = embedder.thresholds
        self._where = where
        self._embedder = embedder
        self._client: ClientAPI | None = None
        self._collections: dict[str, ChromaCollection] = {}
        self._opening = asyncio.Lock()

    async def put(self, collection: Collection, owner: str, documents: Mapping[str, str]) -> None:
        """Insert documents by key, or replace them."""
        items = list(documents.items())
        for start in range(0, len(items), _CHUNK):
            keys, texts = zip(*items[start : start + _CHUNK], strict=True)
            vectors = await self._embedder.embed(texts)
            await self._call(collection, owner, "upsert", ids=list(keys), documents=list(texts), embeddings=vectors)

    async def remove(self, collection: Collection, owner: str, keys: Iterable[str]) -> None:
        """Forget keys; unknown ones are ignored."""
        ids = list(keys)
        for start in range(0, len(ids), _CHUNK):
            await self._call(collection, owner, "delete", ids=ids[start : start + _CHUNK])

    async def search(self, collection: Collection, owner: str, queries: Sequence[str], k: int = 5) -> list[list[Match]]:
        """The best `k` of the 50 nearest of each query."""
        count = await self._call(collection, owner, "count") if queries else 0
        if not count:
            return [[] for _ in queries]
        pool = max(_POOL, k)
        answer = await self._call(
            collection,
            owner,
            "query",
            query_embeddings=await self._embedder.embed(queries),
            n_results=pool,
            include=["documents", "distances"],
        )
        if min(len(keys) for keys in answer["ids"]) < min(pool, count) / 2:  # its vectors are gone, and it does not say
            raise DamagedIndexError(f"the Chroma index in {str(self._where)!r} has lost vectors")
        rows = zip(queries, answer["ids"], answer["documents"], answer["distances"], strict=True)
        rank = _rank_tasks if collection == "cohorts" else _rank
        return [rank(query, keys, texts, distances)[:k] for query, keys, texts, distances in rows]

    async def keys(self, collection: Collection, owner: str) -> set[str]:
        """All keys that are there."""
        answer = await self._call(collection, owner, "get", include=[])
        return set(answer["ids"])

    async def close(self) -> None:
        """Release the files or the connection; the next use opens them again."""
        client, self._client = self._client, None
        self._collections.clear()
        if client is not None:
            await asyncio.to_thread(client.close)  # type: ignore[attr-defined]  # every client has it; the base class not

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
                configuration={"hnsw": {"space": "cosine"}},
                metadata={"owner": owner, "embedder": self._embedder.name, "template": TEMPLATE},
                embedding_function=None,
            )

    def _name(self, collection: Collection, owner: str) -> str:
        """Names all that rows of one collection must have in common: an existing one keeps what it was made with."""
        space = f"{self._embedder.name}-{self._embedder.dimension}-t{TEMPLATE}"
        return f"{collection}-{_slug(owner)}-{_slug(space)}"


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
    from chromadb.errors import ChromaError, InternalError
    from httpx import HTTPError

    try:
        yield
    except (ChromaError, HTTPError, ValueError) as error:
        if _is_server(where):
            raise ResourceError(f"no use of the Chroma server at {where!r}: {error}; is `chroma run` up?") from error
        if isinstance(error, InternalError):
            raise DamagedIndexError(f"the Chroma index in {str(where)!r} is damaged: {error}") from error
        raise


def _rank(query: str, keys: Sequence[str], texts: Sequence[str], distances: Sequence[float]) -> list[Match]:
    covered = coverage(query, texts)
    scores = [
        (_cosine(distance) + _LEXICAL_WEIGHT * share) / (1 + _LEXICAL_WEIGHT)
        for distance, share in zip(distances, covered, strict=True)
    ]
    return _sorted(keys, scores)


def _rank_tasks(query: str, keys: Sequence[str], texts: Sequence[str], distances: Sequence[float]) -> list[Match]:
    covered = coverage(query, texts, mutual=True)
    scores = [math.sqrt(_cosine(distance) * share) for distance, share in zip(distances, covered, strict=True)]
    return _sorted(keys, scores)


def _cosine(distance: float) -> float:
    return min(max(1.0 - distance, 0.0), 1.0)


def _sorted(keys: Sequence[str], scores: Sequence[float]) -> list[Match]:
    return sorted(map(Match, keys, scores), key=lambda match: (-match.score, match.key))


def _slug(text: str) -> str:
    """Part of a collection's name: readable, and distinct for distinct texts."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:40]
    return f"{readable}-{hashlib.sha256(text.encode()).hexdigest()[:12]}".lstrip("-")
