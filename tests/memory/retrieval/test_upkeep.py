"""An index follows the store: by the log where it can, by comparing where it must, and never silently in part."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from repertory.memory.errors import ResourceError
from repertory.memory.records import Agent
from repertory.memory.registry import Registry
from repertory.memory.retrieval.chroma import ChromaIndex
from repertory.memory.retrieval.lexical import LexicalIndex
from repertory.memory.storage.checkpoints import open_store
from repertory.memory.storage.locks import FileLocks
from repertory.memory.storage.shelf import LOG_LENGTH, Position
from tests.memory.retrieval.rows import Hashed


def agent(name: str, role: str = "clerk") -> Agent:
    return Agent(name=name, role=f"{role} {name}", description=f"keeps the ledger {name}")


class Watched(LexicalIndex):
    """An index that notes what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.listed = 0
        self.put_keys: list[str] = []

    async def keys(self, collection, owner, among=None):
        self.listed += among is None
        return await super().keys(collection, owner, among)

    async def put(self, collection, owner, documents):
        self.put_keys += documents
        await super().put(collection, owner, documents)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[BaseStore]:
    (tmp_path / "locks").mkdir()
    async with open_store(tmp_path / "s.sqlite", FileLocks(tmp_path / "locks")) as store:
        yield store


def names(keys: "list[str] | set[str]") -> set[str]:
    return {key.rpartition(":")[0] for key in keys}


async def test_catching_up_looks_only_at_what_changed(store: BaseStore):
    """An index that agreed once lists no keys, and writes only the rows that others changed since."""
    index = Watched()
    mine, other = Registry(store, index), Registry(store, LexicalIndex())
    await mine.save_agents([agent(f"a{n}") for n in range(300)])
    await mine.find_agents(["clerk"])
    index.put_keys.clear()
    await other.save_agents([agent("a7", "poet"), agent("new")])
    await other.move_agents(["a8"], "rest")
    (found,) = await mine.find_agents(["poet a7"])
    assert found[0].record.name == "a7"
    assert names(index.put_keys) == {"a7", "new"}
    assert index.listed == 0
    there = await index.keys("agents", "local")
    assert len(there) == 300
    assert "a8" not in names(there)


async def test_an_index_far_behind_is_compared(store: BaseStore):
    """More changes than the log holds: all that was missed is brought, and what is gone is taken away."""
    index = Watched()
    mine, other = Registry(store, index), Registry(store, LexicalIndex())
    await mine.save_agents([agent("first"), agent("tired")])
    await mine.find_agents(["clerk"])
    await other.move_agents(["tired"], "rest")
    for n in range(LOG_LENGTH):
        await other.save_agent(agent("first", f"clerk of {n}"))
    await other.save_agent(agent("last"))
    assert [each.record.name for each in (await mine.find_agents(["clerk last"], 1))[0]] == ["last"]
    assert index.listed == 1  # since `tired` is too many
    assert names(await index.keys("agents", "local")) == {"first", "last"}
    assert (await index.memo("agents", "local")).position.number == LOG_LENGTH + 3


async def test_a_store_restored_from_a_copy_is_noticed(tmp_path: Path):
    """The index goes with the store's new history, though that has as many changes as the one that was lost."""
    (tmp_path / "locks").mkdir()
    locks, file = FileLocks(tmp_path / "locks"), tmp_path / "s.sqlite"
    index = LexicalIndex()
    async with open_store(file, locks) as store:
        await Registry(store, index).save_agent(agent("kept"))
    shutil.copy(file, tmp_path / "copy")
    async with open_store(file, locks) as store:
        await Registry(store, index).save_agent(agent("lost"))
    shutil.copy(tmp_path / "copy", file)
    async with open_store(file, locks) as store:
        await Registry(store, LexicalIndex()).save_agent(agent("new"))
        registry = Registry(store, index)
        assert (await index.memo("agents", "local")).position.number == 2
        await registry.find_agents(["clerk"])
        assert names(await index.keys("agents", "local")) == {"kept", "new"}


async def test_an_old_index_is_compared_once(store: BaseStore, tmp_path: Path):
    """Rows of a home from before the log are kept where they are right; then the log is followed."""
    embedder = Hashed()
    index = ChromaIndex(tmp_path / "c", embedder)
    registry = Registry(store, index)
    await registry.save_agents([agent(f"a{n}") for n in range(20)])
    root = ("repertory", "local", "changes")
    await store.aput(root, "agents", {"stamp": "old"})
    for item in await store.asearch((*root, "agents")):
        await store.adelete(item.namespace, item.key)
    await index.remember("agents", "local", Position())
    asked = embedder.asked
    assert await registry.reconcile() == 0
    assert embedder.asked == asked
    assert (await index.memo("agents", "local")).position == Position(1, "old")
    await registry.save_agent(agent("new"))
    assert (await index.memo("agents", "local")).position.number == 2
    await index.close()


async def test_what_an_index_remembers_outlives_it(store: BaseStore, tmp_path: Path):
    """In Chroma it is beside the rows: whoever opens them next has nothing to compare and nothing to embed."""
    first = ChromaIndex(tmp_path / "c", Hashed())
    await Registry(store, first).save_agents([agent(f"a{n}") for n in range(20)])
    memo = await first.memo("agents", "local")
    assert memo.position.number == 1
    assert memo.made
    await first.close()
    embedder = Hashed()
    second = ChromaIndex(tmp_path / "c", embedder)
    assert await second.memo("agents", "local") == memo
    assert await Registry(store, second).reconcile() == 0
    assert embedder.asked == 0
    assert await second.memo("agents", "ann") is None
    await second.close()


class Failing(Hashed):
    """An embedder that fails after a number of texts."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after

    async def embed(self, texts):
        if self.asked + len(texts) > self.after:
            raise ResourceError("no embeddings any more")
        return await super().embed(texts)


async def test_rebuilding_goes_on_where_it_was_broken_off(store: BaseStore, tmp_path: Path):
    """Each row is embedded anew once; in between nothing is missing, and afterwards it would begin from the start."""
    index = ChromaIndex(tmp_path / "c", Hashed())
    await Registry(store, index).save_agents([agent(f"a{n:03d}") for n in range(180)])
    await index.close()

    index = ChromaIndex(tmp_path / "c", Failing(120))
    with pytest.raises(ResourceError, match="no embeddings any more"):
        await Registry(store, index).reindex()
    await index.close()

    embedder = Hashed()
    index = ChromaIndex(tmp_path / "c", embedder)
    registry = Registry(store, index)
    (found,) = await registry.find_agents(["clerk a179: keeps the ledger a179"], 1)
    assert found[0].record.name == "a179"
    await registry.save_agent(agent("a0005"))
    asked = embedder.asked
    heard: list[tuple[int, int]] = []
    assert await registry.reindex(lambda done, total: heard.append((done, total))) == 181
    assert embedder.asked - asked == 181 - 100
    assert heard[-1] == (181, 181)
    assert heard[0][0] > 100
    asked = embedder.asked
    assert await registry.reindex() == 181
    assert embedder.asked - asked == 181
    assert len(await index.keys("agents", "local")) == 181
    assert await registry.reconcile() == 0
    await index.close()


async def test_rebuilding_makes_wrong_vectors_right(store: BaseStore, tmp_path: Path):
    """Rows whose vectors are not those of their texts are found again."""
    index = ChromaIndex(tmp_path / "c", Hashed(salt="wrong"))
    await Registry(store, index).save_agents([agent(f"a{n}") for n in range(60)])
    await index.close()
    index = ChromaIndex(tmp_path / "c", Hashed())
    registry = Registry(store, index)
    query = "clerk a31: keeps the ledger a31"
    assert (await registry.find_agents([query], 1))[0][0].score < 0.9
    await registry.reindex()
    (found,) = await registry.find_agents([query], 1)
    assert found[0].record.name == "a31"
    assert found[0].score > 0.9
    await index.close()


class Replaced(LexicalIndex):
    """An index that is replaced by an empty one in the middle of being filled."""

    def __init__(self) -> None:
        super().__init__()
        self.fills = 0

    async def put(self, collection, owner, documents):
        await super().put(collection, owner, documents)
        self.fills += 1
        if self.fills == 2:
            self._places.clear()


async def test_an_index_that_was_replaced_meanwhile_is_not_taken_for_full():
    """What was written into the one that is gone does not count for the one that is there."""
    store = InMemoryStore()
    await Registry(store, LexicalIndex()).save_agents([agent(f"a{n:03d}") for n in range(180)])
    index = Replaced()
    (found,) = await Registry(store, index).find_agents(["clerk a003"], 1)
    assert found[0].record.name == "a003"
    assert len(await index.keys("agents", "local")) == 180


async def test_saving_meanwhile_is_not_lost_to_a_rebuilding(store: BaseStore, tmp_path: Path):
    """Agents that change and rest while all is embedded anew are as they are then, and so are searches in between."""
    index = ChromaIndex(tmp_path / "c", Hashed())
    registry = Registry(store, index)
    await registry.save_agents([agent(f"a{n:03d}") for n in range(120)])

    async def change() -> None:
        for n in range(0, 120, 10):
            await registry.save_agent(agent(f"a{n:03d}", "poet"))
            await registry.move_agents([f"a{n + 1:03d}"], "rest")
            (found,) = await registry.find_agents([f"poet a{n:03d}: keeps the ledger a{n:03d}"], 1)
            assert found[0].record.role == f"poet a{n:03d}"

    await asyncio.gather(registry.reindex(), change())
    await registry.find_agents(["clerk"])
    assert len(await index.keys("agents", "local")) == 108
    assert await registry.reconcile() == 0
    await index.close()
