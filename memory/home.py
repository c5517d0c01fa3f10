"""A home: a folder with all that is kept, or a folder and a database. Several processes may have it open."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.store.base import BaseStore

from repertory.memory.errors import ResourceError
from repertory.memory.retrieval.background import Background
from repertory.memory.retrieval.embedded import HomeIndex
from repertory.memory.retrieval.index import Index
from repertory.memory.storage.checkpoints import build_serializer, open_checkpointer, open_store
from repertory.memory.storage.locks import FileLocks, Locks

_SETUP_PATIENCE = 60.0
DATABASE_VARIABLE = "REPERTORY_DATABASE"


@dataclass(frozen=True)
class Home:
    """What a run needs that outlives it."""

    path: Path
    checkpointer: BaseCheckpointSaver[str]
    store: BaseStore
    index: Index
    locks: Locks
    """Between all processes that share the records."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What a user should know by now; the index may have more to say after its first use."""
        return (self.index.notice,) if self.index.notice else ()

    def lock_thread(self, thread_id: str) -> AbstractAsyncContextManager[None]:
        """Keep every other run of that thread out while this one runs, in this process and in others.

        Raises:
            ResourceError: on entering, when the thread is running already.
        """
        busy = f"thread {thread_id!r} is being run by process {{pid}}: wait until it ends, or stop that process"
        return self.locks.hold(f"thread {thread_id}", busy=busy)


@asynccontextmanager
async def open_home(path: Path | str, *, environ: Mapping[str, str]) -> AsyncIterator[Home]:
    """Open the folder, made if need be, with run state, records and index.

    Args:
        path: the folder.
        environ: `REPERTORY_DATABASE`, the address of a PostgreSQL database that keeps run state and records instead of
            files, for many processes and machines; `REPERTORY_CHROMA`, the address of a Chroma server to use instead of
            files, which processes that share a database need to search at once; and the choice of embeddings, see
            `choose_embedder`.

    Raises:
        ResourceError: the folder cannot be written, a file in it is damaged, the database cannot be used, or asked-for
            embeddings are not there.
        InputError: an unknown choice of embeddings, or an address that is none.
    """
    folder = await asyncio.to_thread(_make_folder, Path(path))
    files = FileLocks(folder / "locks")
    index = HomeIndex(folder, environ, files, Background())  # a folder of Chroma's is of this machine, as these locks
    async with AsyncExitStack() as stack:
        if address := environ.get(DATABASE_VARIABLE):
            kept = await stack.enter_async_context(_open_database(address))
        else:
            kept = await stack.enter_async_context(_open_files(folder, files))
        stack.push_async_callback(index.close)
        yield Home(folder, kept.checkpointer, kept.store, index, kept.locks)


class _Kept(NamedTuple):
    checkpointer: BaseCheckpointSaver[str]
    store: BaseStore
    locks: Locks


@asynccontextmanager
async def _open_files(folder: Path, locks: FileLocks) -> AsyncIterator[_Kept]:
    busy = f"process {{pid}} is setting up the home {str(folder)!r} for more than {_SETUP_PATIENCE:.0f} s"
    setup = locks.hold("setup", busy=busy, wait=_SETUP_PATIENCE)
    async with AsyncExitStack() as stack:
        async with setup:
            checkpointer = await stack.enter_async_context(
                open_checkpointer(folder / "checkpoints.sqlite", build_serializer())
            )
            store = await stack.enter_async_context(open_store(folder / "store.sqlite", locks))
        yield _Kept(checkpointer, store, locks)


@asynccontextmanager
async def _open_database(address: str) -> AsyncIterator[_Kept]:
    try:
        from repertory.memory.storage.postgres import open_database
    except ImportError as error:
        remedy = "pip install 'repertory[postgres]'"
        raise ResourceError(f"{DATABASE_VARIABLE} needs packages that are not here ({error}); {remedy}") from error
    async with open_database(address, build_serializer()) as database:
        yield _Kept(*database)


def _make_folder(path: Path) -> Path:
    folder = path.expanduser().absolute()
    try:
        (folder / "locks").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResourceError(f"the home {str(folder)!r} cannot be written: {error}; give another folder") from error
    return folder
