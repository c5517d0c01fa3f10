"""A synchronous face for graphs whose nodes are async: `invoke` and `stream` run them on a loop of their own.

LangGraph runs async nodes under `ainvoke` only. Here the sync calls hand the work to one background loop, so they
also work where a loop is already running, as in notebooks. A checkpointer or a store that knows only sync methods
(SqliteSaver, PostgresSaver, SqliteStore) is called in threads.
"""

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, Checkpoint, CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph.state import CompiledStateGraph
from langgraph.store.base import BaseStore, Op, Result
from langgraph.store.base.batch import AsyncBatchedBaseStore
from langgraph.store.sqlite import SqliteStore

from repertory.memory.errors import InputError

Graph = CompiledStateGraph[Any, Any, Any, Any]


def with_sync_face(graph: Graph) -> Graph:
    """The same graph, with `invoke` and `stream` that work."""
    return SyncFace(**vars(graph))


class SyncFace(CompiledStateGraph[Any, Any, Any, Any]):
    """A compiled graph whose sync methods run its async ones."""

    def invoke(self, *args: Any, **kwargs: Any) -> Any:
        """As `ainvoke`, from sync code."""
        future = asyncio.run_coroutine_threadsafe(self._for_threads().ainvoke(*args, **kwargs), _loop())
        try:
            return future.result()
        finally:
            future.cancel()  # where the caller was interrupted, the run is, too

    def stream(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """As `astream`, from sync code."""
        items: queue.Queue[tuple[bool, Any]] = queue.Queue()

        async def pump() -> None:
            async for item in self._for_threads().astream(*args, **kwargs):
                items.put((True, item))

        future = asyncio.run_coroutine_threadsafe(pump(), _loop())
        future.add_done_callback(lambda _: items.put((False, None)))
        try:
            while (item := items.get())[0]:
                yield item[1]
            future.result()
        finally:
            future.cancel()

    def _for_threads(self) -> Graph:
        """The same graph, over a checkpointer and a store that the background loop can use."""
        if isinstance(self.store, AsyncBatchedBaseStore):
            raise InputError(
                f"{type(self.store).__name__} belongs to the event loop that it was opened in; "
                "use `ainvoke` and `astream` there, or give a store such as SqliteStore to sync code"
            )
        changes: dict[str, Any] = {}
        if isinstance(self.checkpointer, BaseCheckpointSaver) and not _is_async(self.checkpointer):
            changes["checkpointer"] = ThreadedSaver(self.checkpointer)
        if isinstance(self.store, SqliteStore):
            changes["store"] = _threaded(self.store)
        return self.copy(changes) if changes else self


def _is_async(saver: BaseCheckpointSaver[Any]) -> bool:
    """Whether it has async methods of its own; SqliteSaver overrides them only to refuse."""
    return type(saver).aget_tuple is not BaseCheckpointSaver.aget_tuple and not isinstance(saver, SqliteSaver)


class ThreadedStore(BaseStore):
    """Async methods for a store that has sync ones only: each batch runs in a thread.

    Args:
        store: the store.
    """

    def __init__(self, store: BaseStore) -> None:
        self._store = store

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """As the store's own."""
        return self._store.batch(ops)

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """As `batch`."""
        return await asyncio.to_thread(self._store.batch, list(ops))


@lru_cache(maxsize=16)
def _threaded(store: BaseStore) -> ThreadedStore:
    """One for each store, since the registry's locks are those of a store."""
    return ThreadedStore(store)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="repertory-sync", daemon=True).start()
    return loop


class ThreadedSaver(BaseCheckpointSaver[Any]):
    """Async methods for a checkpointer that has sync ones only: each call runs in a thread.

    Args:
        saver: the checkpointer.
    """

    def __init__(self, saver: BaseCheckpointSaver[Any]) -> None:
        super().__init__(serde=saver.serde)
        self._saver = saver

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """As `get_tuple`."""
        return await asyncio.to_thread(self._saver.get_tuple, config)

    async def alist(self, config: RunnableConfig | None, **kwargs: Any) -> AsyncIterator[CheckpointTuple]:
        """As `list`."""
        for item in await asyncio.to_thread(lambda: list(self._saver.list(config, **kwargs))):
            yield item

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: dict[str, Any],
    ) -> RunnableConfig:
        """As `put`."""
        return await asyncio.to_thread(self._saver.put, config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """As `put_writes`."""
        await asyncio.to_thread(self._saver.put_writes, config, writes, task_id, task_path)

    def get_next_version(self, current: Any, channel: None) -> Any:
        """As the checkpointer's own."""
        return self._saver.get_next_version(current, channel)
