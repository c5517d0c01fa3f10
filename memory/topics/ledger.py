"""Where the entities of topics are kept: in the graphs' store, a document for each, and lists in the order of creation.

A task's steps and actions are in its document, so that each change of a task is one write. Lists are numbered: a page
costs the same wherever it is and however long the list. Every change of a topic is numbered in the topic's log, and
written in one batch with what changed.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from langgraph.store.base import BaseStore, GetOp, Item, PutOp

from repertory.memory.records import JsonObject, Record
from repertory.memory.storage.shelf import SharedStore
from repertory.memory.topics.changes import Change, changes
from repertory.memory.topics.records import Interaction, Task, Topic, TopicArtifact

_ROOT = "repertory_entities"
_E = TypeVar("_E", Topic, Interaction, Task, TopicArtifact)
_PLACES: dict[type[Record], str] = {
    Topic: "topics",
    Interaction: "interactions",
    Task: "tasks",
    TopicArtifact: "artifacts",
}
TOPICS, TASKS = "topics", "tasks"
"""Lists of all topics, and of all tasks of all topics."""
_LOG = "events/"
_REMEMBERED = 10_000
"""Topics that are remembered, and lists whose lengths are."""
Told = Callable[[str, int, Change], None]
"""Hears of a topic's change and its number."""


def tasks_of(topic_id: str) -> str:
    """The list of a topic's tasks."""
    return f"tasks/{topic_id}"


def interactions_of(topic_id: str) -> str:
    """The list of a topic's interactions."""
    return f"interactions/{topic_id}"


def artifacts_of(topic_id: str) -> str:
    """The list of a topic's artifacts, those of its tasks among them."""
    return f"artifacts/{topic_id}"


class Batch:
    """What is written together."""

    def __init__(self) -> None:
        self.entities: list[Record] = []
        self.entries: dict[str, list[JsonObject]] = {}
        self.changes: list[tuple[str, Change]] = []

    def put(self, entity: Topic | Interaction | Task | TopicArtifact) -> None:
        """Keep an entity as it is now."""
        self.entities.append(entity)

    def enter(self, listed: str, entity_id: str) -> None:
        """Add an entity to the end of a list."""
        self.entries.setdefault(listed, []).append({"id": entity_id})

    def tell(self, topic_id: str, change: Change) -> None:
        """Say in a topic's log what changed."""
        self.changes.append((topic_id, change))
        self.entries.setdefault(_LOG + topic_id, []).append(change.model_dump(mode="json"))


class Ledger:
    """The entities of a store.

    Args:
        store: the graphs' own.
        shared: whether other servers write it, too; they are kept apart where the store can do that.
        told: hears of every change, in order, once it is written.
    """

    def __init__(self, store: BaseStore, *, shared: bool = False, told: Told) -> None:
        self.store = store
        self._alone_here = not shared
        self._shared = store if shared and isinstance(store, SharedStore) else None
        self._told = told
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}
        self._lengths: dict[str, int] = {}
        """Of lists, the latest used last; known only where nobody else writes them."""
        self._topics: dict[str, Topic] = {}
        """Some of those that are there: a topic never changes."""

    async def find(self, kind: type[_E], entity_id: str) -> _E | None:
        """The entity of that id, or None."""
        item = await self.store.aget((_ROOT, _PLACES[kind]), entity_id)
        return None if item is None else kind.model_validate(item.value)

    async def topic(self, topic_id: str) -> Topic | None:
        """The topic of that id, or None."""
        topic = self._topics.get(topic_id) or await self.find(Topic, topic_id)
        if topic is not None:
            self._topics[topic_id] = topic
            if len(self._topics) > _REMEMBERED:
                del self._topics[next(iter(self._topics))]
        return topic

    async def page(self, kind: type[_E], listed: str, start: int, count: int) -> tuple[list[_E], int]:
        """Entities of a list in the order of their creation, and the length of the list.

        Args:
            kind: of entities.
            listed: the list.
            start: how many come before.
            count: the most.
        """
        total = await self._length(listed)
        numbers = range(start + 1, min(start + count, total) + 1)
        entries = await self._get((_ROOT, "lists", listed), [_key(number) for number in numbers])
        ids = [entry["id"] for entry in entries]
        return [kind.model_validate(value) for value in await self._get((_ROOT, _PLACES[kind]), ids)], total

    async def each(self, kind: type[_E], listed: str) -> list[_E]:
        """All entities of a list."""
        entities, _ = await self.page(kind, listed, 0, await self._length(listed))
        return entities

    async def log(self, topic_id: str, after: int, most: int = 500) -> list[tuple[int, Change]]:
        """A topic's changes after a number."""
        listed = _LOG + topic_id
        numbers = range(after + 1, min(after + most, await self._length(listed)) + 1)
        entries = await self._get((_ROOT, "lists", listed), [_key(number) for number in numbers])
        return [(number, Change.model_validate(entry)) for number, entry in zip(numbers, entries, strict=True)]

    async def position(self, topic_id: str) -> int:
        """The number of a topic's latest change."""
        return await self._length(_LOG + topic_id)

    @asynccontextmanager
    async def writing(self, *names: str) -> AsyncIterator[Batch]:
        """Read and write without anybody in between; what is in the batch at the end is written, all or nothing.

        Args:
            names: of topics, and of lists that are no topic's, whose entities or entries are written.
        """
        batch = Batch()
        async with AsyncExitStack() as stack:
            for name in sorted(set(names)):
                await stack.enter_async_context(self._alone(name))
            yield batch
            await self._write(batch)

    async def change(self, task_id: str, topic_id: str, move: Callable[[Task, Batch], Task]) -> Task:
        """Change a task by a function of what it is.

        Args:
            task_id: of the task, which must be there.
            topic_id: its topic.
            move: gives the task after it, and may put more into the batch; whatever it raises, nothing has changed.
        """
        async with self.writing(topic_id) as batch:
            before = await self.find(Task, task_id)
            if before is None:
                raise KeyError(task_id)
            after = move(before, batch)
            if after is not before:
                record_change(batch, before, after)
        return after

    async def _write(self, batch: Batch) -> None:
        counts = await asyncio.gather(*(self._length(listed) for listed in batch.entries))
        lengths = dict(zip(batch.entries, counts, strict=True))
        # Entries, then entities, then lengths: where a store has no transactions, what is half written is not seen.
        ops = [
            PutOp((_ROOT, "lists", listed), _key(lengths[listed] + place), entry, index=False)
            for listed, entries in batch.entries.items()
            for place, entry in enumerate(entries, 1)
        ]
        ops += [
            PutOp((_ROOT, _PLACES[type(entity)]), _id(entity), entity.model_dump(mode="json"), index=False)
            for entity in batch.entities
        ]
        ops += [
            PutOp((_ROOT, "lengths"), listed, {"n": lengths[listed] + len(entries)}, index=False)
            for listed, entries in batch.entries.items()
        ]
        if not ops:
            return
        for listed in batch.entries:  # broken off in between, nobody knows whether it was written
            self._lengths.pop(listed, None)
        await self.store.abatch(ops)
        self._remember({listed: lengths[listed] + len(entries) for listed, entries in batch.entries.items()})
        for topic_id, change in batch.changes:
            lengths[_LOG + topic_id] += 1
            self._told(topic_id, lengths[_LOG + topic_id], change)

    async def _length(self, listed: str) -> int:
        if listed in self._lengths:
            return self._lengths[listed]
        item = await self.store.aget((_ROOT, "lengths"), listed)
        return 0 if item is None else int(item.value["n"])

    def _remember(self, lengths: dict[str, int]) -> None:
        if self._alone_here:
            for listed, length in lengths.items():
                self._lengths[listed] = length
            while len(self._lengths) > _REMEMBERED:
                del self._lengths[next(iter(self._lengths))]

    async def _get(self, namespace: tuple[str, ...], keys: Sequence[str]) -> list[dict[str, Any]]:
        """The values of keys that are there, in the order of the keys."""
        items = await self.store.abatch([GetOp(namespace, key) for key in dict.fromkeys(keys)]) if keys else []
        return [item.value for item in items if isinstance(item, Item)]

    @asynccontextmanager
    async def _alone(self, name: str) -> AsyncIterator[None]:
        lock, waiting = self._locks.get(name, (asyncio.Lock(), 0))
        self._locks[name] = (lock, waiting + 1)
        try:
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(lock)
                if self._shared:
                    await stack.enter_async_context(self._shared.exclusive(f"topic {name}"))
                yield
        finally:
            lock, waiting = self._locks[name]
            if waiting == 1:
                del self._locks[name]
            else:
                self._locks[name] = (lock, waiting - 1)


def record_change(batch: Batch, before: Task | None, after: Task) -> None:
    """Put a task into a batch, with the artifacts that are new and all that is to be told of."""
    known = {artifact.artifact_id for artifact in before.artifacts} if before else set[str]()
    for artifact in after.artifacts:
        if artifact.artifact_id not in known:
            batch.put(artifact)
            batch.enter(artifacts_of(after.topic_id), artifact.artifact_id)
    for change in changes(before, after):
        batch.tell(after.topic_id, change)
    batch.put(after)


def _id(entity: Record) -> str:
    if isinstance(entity, Topic):
        return entity.topic_id
    if isinstance(entity, Interaction):
        return entity.interaction_id
    if isinstance(entity, Task):
        return entity.task_id
    if isinstance(entity, TopicArtifact):
        return entity.artifact_id
    raise TypeError(type(entity))


def _key(number: int) -> str:
    return f"{number:012d}"
