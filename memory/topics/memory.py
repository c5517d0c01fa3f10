"""The memory of a topic: what was said, found out, done and made in it. Topics share nothing."""

import asyncio
import hashlib
import json
from collections.abc import Iterable

from langgraph.store.base import BaseStore, GetOp, Item, PutOp
from langgraph.store.memory import InMemoryStore

from repertory.memory.errors import InputError, ResourceError
from repertory.memory.portable import portable
from repertory.memory.retrieval.embeddings import Embedder
from repertory.memory.retrieval.index import Index
from repertory.memory.topics.notes import MAX_TEXT, Kind, Note, cut
from repertory.memory.topics.recalling import Trace, fitting, moment, ranked

ROOT = "repertory_topics"
"""First label of the namespaces of all topics' memories."""
SPAN = 4_000
"""Notes that are looked at, the latest: what a recall costs has a bound, however long a topic goes on."""
MAX_KEY = 200
"""Characters of the name of a fact."""
_READ = 60
"""Notes that are read in full, the best: more do not fit into any prompt."""
_EMBEDDED = 1_000
"""Characters of a note that its vector is made of; models look at little more."""
_WRITERS = 16
_ALL = 1_000_000


class TopicMemory:
    """Notes in a LangGraph store, in namespaces of this topic's own.

    Each write is one batch under a key that the caller gives, so that doing it again after a crash changes nothing.
    A note's vector is made when it is written and kept with the embedder's name; a recall embeds its query only.

    Args:
        store: the graph's.
        topic_id: any text.
        owner: whose topic it is.
        index: knows the embedder; without one, or without an embedder, notes are found by their words.

    Raises:
        InputError: the topic has no id.
    """

    def __init__(self, store: BaseStore, topic_id: str, *, owner: str = "local", index: Index | None = None) -> None:
        if not topic_id.strip():
            raise InputError(f"the topic's id is {topic_id!r}; give one that is not empty")
        # a digest: ids may hold dots, which end labels, and what stores take for wildcards
        label = hashlib.sha256(json.dumps([owner, topic_id]).encode()).hexdigest()[:32]
        self._notes, self._traces = (ROOT, label, "notes"), (ROOT, label, "traces")
        self._store, self._index = store, index
        self.topic_id = topic_id

    async def note_interaction(self, key: str, *, said: str | None, answered: str | None = None) -> None:
        """Note what the user said, and what was answered; writing the key again replaces both."""
        await self._write(f"interaction/{key}", "interaction", said or "", answered or "")

    async def remember(self, key: str, value: str, *, writer: str = "", trusted: bool = True) -> None:
        """Note a fact; a new value replaces that of the same key. White space and case of keys do not count.

        Args:
            key: its name, at most 200 characters.
            value: any text.
            writer: identifies this write: one that is among the latest 16 of the fact changes nothing any more.
            trusted: False where the value may come from outside.

        Raises:
            InputError: the key is empty or too long.
        """
        if not key.strip() or len(key) > MAX_KEY:
            raise InputError(f"the key {cut(key, MAX_KEY)!r} has {len(key)} characters; give 1 to {MAX_KEY}")
        await self._write(_fact_key(key), "fact", key.strip(), value, trusted=trusted, writer=writer)

    async def fact(self, key: str) -> str | None:
        """The value of a fact; None where nobody noted it."""
        item = await self._store.aget(self._notes, _fact_key(key))
        return None if item is None else Note.model_validate(item.value).content

    async def note_result(self, key: str, *, task: str, answer: str, trusted: bool = True) -> None:
        """Note what a task brought.

        Args:
            key: the run's id.
            task: as it was set.
            answer: what was answered.
            trusted: False where tools brought some of it from outside.
        """
        await self._write(f"result/{key}", "result", task, answer, trusted=trusted)

    async def note_artifact(self, path: str, *, made_by: str) -> None:
        """Note a file, by its path in the workspace, and what made it; the latest maker counts."""
        await self._write(f"artifact/{path}", "artifact", path, made_by)

    async def recall(self, query: str, *, budget_tokens: int) -> list[str]:
        """What the topic knows that bears on a query, as lines for a prompt.

        Relevance, recency and importance are weighed as `recalling` says. Of a topic with more than 4,000 notes the
        latest are looked at; facts are found by `fact` whatever their age.

        Args:
            query: a task, a question, or any text.
            budget_tokens: of all lines together, by an estimate that is high for English.

        Returns:
            The oldest first; a line says who said it, and has line breaks where its text has.
        """
        if budget_tokens <= 0:
            return []
        items = await self._store.asearch(self._traces, limit=self._span)
        traces = sorted((Trace(**item.value) for item in items), key=lambda trace: trace.at)[-SPAN:]
        if not traces:
            return []
        embedder = await self._embedder()
        vector = await _vector(embedder, query)
        name = embedder.name if embedder else ""
        best = await asyncio.to_thread(ranked, traces, query, name, vector)
        notes = await self._read(trace.key for trace in best[:_READ])
        return [note.line() for note in fitting(notes, query, budget_tokens)]

    @property
    def _span(self) -> int:
        """Stores give what changed last first, but for the one in memory, which has no order and costs nothing."""
        return _ALL if isinstance(self._store, InMemoryStore) else SPAN

    async def _read(self, keys: Iterable[str]) -> list[Note]:
        """Those of the notes that are there, in the order of the keys."""
        items = await self._store.abatch([GetOp(self._notes, key) for key in keys])
        return [Note.model_validate(item.value) for item in items if isinstance(item, Item)]

    async def _write(
        self, key: str, kind: Kind, subject: str, content: str, *, trusted: bool = True, writer: str = ""
    ) -> None:
        old, trace = await self._store.abatch([GetOp(self._notes, key), GetOp(self._traces, key)])
        known = Note.model_validate(old.value) if isinstance(old, Item) else None
        writers = known.writers if known else ()
        if writer and writer in writers:
            return
        replaces = known is not None and kind == "fact" and known.content != content
        note = Note(
            key=key,
            kind=kind,
            subject=cut(portable(subject).strip(), MAX_TEXT),
            content=cut(portable(content).strip(), MAX_TEXT),
            trusted=trusted,
            at=moment() if known is None or replaces else known.at,
            writers=(*writers, *([writer] if writer else []))[-_WRITERS:],
        )
        if note == known and trace is not None:
            return
        embedder = await self._embedder()
        vector = await _vector(embedder, note.text)
        made = Trace.of(note, embedder.name if embedder else "", vector)
        await self._store.abatch(
            [
                PutOp(self._notes, key, note.model_dump(mode="json"), index=False),  # a trace never lacks its note
                PutOp(self._traces, key, made.dump(), index=False),
            ]
        )

    async def _embedder(self) -> Embedder | None:
        if self._index is None:
            return None
        try:
            return await self._index.embedder()
        except ResourceError:  # what is remembered must not depend on it
            return None


async def _vector(embedder: Embedder | None, text: str) -> list[float] | None:
    """The text's vector; None where there is no embedder, or it cannot be reached: then words must do."""
    if embedder is None or not text.strip():
        return None
    try:
        [vector] = await embedder.embed([text[:_EMBEDDED]])
    except ResourceError:
        return None
    return vector


def _fact_key(key: str) -> str:
    return f"fact/{' '.join(key.casefold().split())}"
