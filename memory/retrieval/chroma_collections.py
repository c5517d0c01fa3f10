"""The collections of a Chroma folder or server, by name."""

import asyncio
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from repertory.memory.errors import ResourceError
from repertory.memory.retrieval.index import IndexLostError

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection as ChromaCollection

_SYNC = 100
"""Rows after which Chroma writes its graph to disk, while it holds the interpreter. Measured with 30,000 rows: with its
default of 1000 that takes 80 to 120 ms, with 100 the longest write of ten rows took 38 ms, and filling was faster."""

_DISCARDED = "discarded-"


class DamagedIndexError(ResourceError):
    """The files of an index cannot be read. Move them aside: the store has all that was in them."""


class ChromaCollections:
    """Opened when they are needed; each call is made in a thread, since Chroma blocks."""

    def __init__(self, where: Path | str) -> None:
        """Nothing is opened or imported yet.

        Args:
            where: a folder, or the `http://host:port` of a Chroma server.
        """
        self.shared = _is_server(where)
        self._where = where
        self._client: ClientAPI | None = None
        self._open: dict[str, ChromaCollection] = {}
        self._discarded = False
        self._opening = asyncio.Lock()

    async def metadata(self, name: str) -> Mapping[str, Any] | None:
        """The metadata of a collection; on a server another process may have changed it. None where there is none."""
        async with self._opening:
            if self.shared:
                self._open.pop(name, None)
            found = await self._found(name)
        return None if found is None else found.metadata or {}

    async def begin(self, name: str, metadata: Mapping[str, Any]) -> None:
        """Make a collection; one that is there already stays as it is."""
        async with self._opening:
            if name in self._open:
                return
            self._open[name] = await asyncio.to_thread(self._make, name, metadata)

    async def annotate(self, name: str, metadata: Mapping[str, Any]) -> None:
        """Change some of a collection's metadata."""
        known = await self.metadata(name) or {}  # `modify` takes away what is not named
        await self.call(name, "modify", metadata={**known, **metadata})

    async def call(self, name: str, method: str, /, **arguments: Any) -> Any:
        """What a method of a collection returns; None where there is no such collection.

        Raises:
            IndexLostError: it was there, and is gone.
            DamagedIndexError: the files cannot be read.
            ResourceError: the server cannot be reached.
        """
        async with self._opening:
            collection = await self._found(name)
        if collection is None:
            return None
        try:
            with _failures(self._where):
                return await asyncio.to_thread(getattr(collection, method), **arguments)
        except ResourceError as error:
            # A server says many things when another process deletes a collection under a request.
            if self.shared and not await self._is_there(name, collection):
                raise IndexLostError(f"{name!r} was deleted at {self._where!r} while it was used: {error}") from error
            raise

    async def rename(self, name: str, to: str) -> None:
        """Give a collection another name, which no other has."""
        await self.call(name, "modify", name=to)
        async with self._opening:
            self._open.pop(name, None)

    async def discard(self, name: str) -> None:
        """Take a collection out of use, and delete it; those of a folder when that is closed.

        Deleting 100,000 rows holds the interpreter for two seconds.
        """
        aside = f"{_DISCARDED}{uuid.uuid4().hex}"
        await self.rename(name, aside)
        if self.shared:
            await asyncio.to_thread(self._delete, aside)
        else:
            self._discarded = True

    async def close(self) -> None:
        """Release the files or the connection; the next use opens them again."""
        if self._discarded:
            await asyncio.to_thread(self._delete_discarded)
        client, self._client = self._client, None
        self._open.clear()
        if client is not None:
            await asyncio.to_thread(client.close)  # type: ignore[attr-defined]  # every client has it; the base class not

    async def _found(self, name: str) -> "ChromaCollection | None":
        if name not in self._open:
            found = await asyncio.to_thread(self._get, name)
            if found is None:
                return None
            self._open[name] = found
        return self._open[name]

    async def _is_there(self, name: str, collection: "ChromaCollection") -> bool:
        found = await asyncio.to_thread(self._get, name)
        return found is not None and found.id == collection.id

    def _get(self, name: str) -> "ChromaCollection | None":
        from chromadb.errors import NotFoundError

        with _failures(self._where):
            try:
                return self._connected().get_collection(name, embedding_function=None)
            except NotFoundError:
                return None

    def _make(self, name: str, metadata: Mapping[str, Any]) -> "ChromaCollection":
        with _failures(self._where):
            # The embedding function is None: the default one would download a model.
            return self._connected().get_or_create_collection(
                name,
                configuration={"hnsw": {"space": "cosine", "sync_threshold": _SYNC}},
                metadata=dict(metadata),
                embedding_function=None,
            )

    def _delete(self, name: str) -> None:
        with suppress(IndexLostError), _failures(self._where):  # there may be none
            self._connected().delete_collection(name)

    def _delete_discarded(self) -> None:
        """Also what a process that was killed left; where it cannot be done now, the next one that discards does it."""
        self._discarded = False
        with suppress(ResourceError), _failures(self._where):
            for collection in self._connected().list_collections():
                if collection.name.startswith(_DISCARDED):
                    self._delete(collection.name)

    def _connected(self) -> "ClientAPI":
        if self._client is None:
            self._client = _connect(self._where)
        return self._client


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
