"""Run state and records in PostgreSQL."""

import asyncio
import multiprocessing
import random
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.store.base import GetOp, Item, PutOp

from repertory.memory.errors import InputError, ResourceError
from repertory.memory.storage.checkpoints import open_store
from repertory.memory.storage.locks import FileLocks, stay
from repertory.memory.storage.postgres import Database, open_database
from repertory.memory.storage.postgres_json import dumps, loads
from tests.memory.storage import writing
from tests.memory.storage.test_sqlite import keep
from tests.postgres import Cluster

SERIALIZER = JsonPlusSerializer()
ODD = ["\0", "a\\u0000", "\\\0", "\\\\\0\0x", "\ud83d", "\ufdd0", "\ufdd00000", {"\0": ["\ud800", 1.5, None]}, "ü😀"]
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.memory.storage.writing"])


@pytest.fixture
async def opened(database: str) -> AsyncIterator[Database]:
    async with open_database(database, SERIALIZER) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path, database: str) -> Path:
    """Where processes find the address."""
    (tmp_path / "address").write_text(database)
    return tmp_path


def start(target: Callable[[Path], None], folder: Path) -> BaseProcess:
    """A process of its own."""
    process = _CONTEXT.Process(target=target, args=(folder,))
    process.start()
    return process


def said(folder: Path) -> list[str]:
    """The whole lines of the log."""
    log = folder / "log"
    return log.read_text().split("\n")[:-1] if log.exists() else []


def _has_said(folder: Path, lines: int) -> bool:
    return len(said(folder)) >= lines


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what must come."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


async def test_records_are_those_of_sqlite(tmp_path: Path, opened: Database) -> None:
    """The same is read as from a file, after the same was put, deleted and listed."""
    async with open_store(tmp_path / "s", FileLocks(tmp_path)) as store:
        assert await keep(opened.store) == await keep(store)


@pytest.mark.parametrize("value", ODD)
async def test_every_text_comes_back(value: Any, opened: Database) -> None:
    """PostgreSQL refuses some in JSON; records and run state may have them all the same."""
    assert loads(dumps(value)) == value
    await opened.store.aput(("a",), "k", {"v": value})
    item = await opened.store.aget(("a",), "k")
    assert item is not None
    assert item.value == {"v": value}
    assert (await opened.store.page(("a",), "", 1)) == {"k": {"v": value}}
    config: Any = {"configurable": {"thread_id": "1", "checkpoint_ns": ""}}
    await opened.checkpointer.aput(config, {**empty_checkpoint(), "channel_values": {"v": value}}, {}, {"v": 1})
    kept = await opened.checkpointer.aget_tuple(config)
    assert kept is not None
    if isinstance(value, str):  # other values are blobs, named by versions that this checkpoint has not
        assert kept.checkpoint["channel_values"]["v"] == value


@pytest.mark.parametrize("bad", [{"v": object()}, {"v": float("nan")}])
async def test_a_batch_is_written_whole_or_not_at_all(bad: dict[str, Any], opened: Database) -> None:
    """Whether a value cannot be sent, or the server refuses it; connections are fit for use afterwards."""
    store = opened.store
    await store.aput(("a",), "0", {"v": 0})
    for _ in range(12):  # more than there are connections
        with pytest.raises(Exception, match=r"JSON|json"):
            await store.abatch([PutOp(("a",), "0", None), PutOp(("a",), "1", {"v": 1}), PutOp(("a",), "2", bad)])
    assert await store.page(("a",), "", 9) == {"0": {"v": 0}}
    got = await store.abatch([PutOp(("a",), "0", {"v": 1}), GetOp(("a",), "0"), PutOp(("a",), "1", {"v": 1})])
    assert isinstance(got[1], Item)
    assert got[1].value == {"v": 0}
    assert await store.page(("a",), "", 9) == {"0": {"v": 1}, "1": {"v": 1}}


async def test_writes_of_a_task_are_kept_whole_or_not_at_all(opened: Database) -> None:
    """A part of them would be taken for all when the run goes on."""
    config: Any = {"configurable": {"thread_id": "1", "checkpoint_ns": ""}}
    after = await opened.checkpointer.aput(config, empty_checkpoint(), {}, {})
    with pytest.raises(Exception, match="NUL"):
        await opened.checkpointer.aput_writes(after, [("a", 1), ("b\0", 2)], "task")
    kept = await opened.checkpointer.aget_tuple(after)
    assert kept is not None
    assert kept.pending_writes == []


async def test_batches_with_the_same_keys_in_any_order_do_not_refuse_each_other(opened: Database) -> None:
    """Rows are locked in one order, so that no two batches wait for each other."""
    rng = random.Random(1)

    async def work(n: int) -> None:
        for _ in range(20):
            keys = rng.sample(range(12), 6)
            await opened.store.abatch(
                [PutOp(("a",), str(key), {"n": n} if rng.random() < 0.7 else None) for key in keys]
            )

    await asyncio.gather(*(work(n) for n in range(8)))


async def test_operations_do_not_wait_for_each_other(cluster: Cluster, database: str, opened: Database) -> None:
    """While a row is locked by somebody else, checkpoints are written and other records read."""
    await opened.store.aput(("a",), "k", {"n": 1})
    async with opened.store._pool.connection() as connection, connection.transaction():  # noqa: SLF001
        await connection.execute("SELECT * FROM store FOR UPDATE")
        waiting = asyncio.create_task(opened.store.abatch([PutOp(("a",), "k", {"n": 2})]))
        config: Any = {"configurable": {"thread_id": "1", "checkpoint_ns": ""}}
        await asyncio.gather(*(opened.checkpointer.aput(config, empty_checkpoint(), {}, {}) for _ in range(20)))
        assert await opened.store.abatch([GetOp(("b",), "k")]) == [None]
        assert not waiting.done()
    await waiting


async def test_pages_are_in_the_order_of_code_points(cluster: Cluster, database: str) -> None:
    """As in other stores, where the database sorts otherwise; and an index gives that order."""
    keys = ["a", "B", "b", "ä", "_", "0", "Z", "aa", "a-b", "é", "😀", "\uffff"]
    async with open_database(database, SERIALIZER):
        pass
    cluster.execute('ALTER TABLE store ALTER COLUMN key TYPE text COLLATE "und-x-icu"', database)
    assert [
        row[0]
        for row in cluster.execute("SELECT * FROM unnest(ARRAY['a', 'B']) AS t(k) ORDER BY k COLLATE \"und-x-icu\"")
    ] == ["a", "B"]
    async with open_database(database, SERIALIZER) as opened:
        await opened.store.abatch([PutOp(("n",), key, {"k": key}) for key in keys] + [PutOp(("n", "x"), "c", {})])
        seen: list[str] = []
        while page := await opened.store.page(("n",), seen[-1] if seen else "", 5):
            seen += page
        assert seen == sorted(keys)


async def test_processes_count_one_after_the_other(folder: Path, database: str) -> None:
    """Four that set up the tables and read and write under one lock at once: no count is lost."""
    processes = [start(writing.count, folder) for _ in range(4)]
    for process in processes:
        await asyncio.to_thread(process.join)
    assert [process.exitcode for process in processes] == [0] * 4
    async with open_database(database, SERIALIZER) as opened:
        item = await opened.store.aget(writing.COUNTER, "n")
        assert item is not None
        assert item.value == {"n": 4 * writing.ROUNDS}


async def test_a_killed_process_leaves_no_lock(folder: Path, opened: Database) -> None:
    """While it lives others are told its id; when it dies, what it held is free."""
    process = start(writing.hold, folder)
    await until(lambda: bool(said(folder)))
    assert await opened.locks.is_held("a")
    with pytest.raises(ResourceError, match=f"^held by {process.pid}$"):
        async with opened.locks.hold("a", busy="held by {pid}"):
            raise AssertionError
    process.kill()
    async with opened.locks.hold("a", busy="held by {pid}", wait=60), opened.store.exclusive("b"):
        pass


async def test_nothing_that_was_acknowledged_is_lost_by_kills(folder: Path, opened: Database) -> None:
    """SIGKILL of 24 writers at any moment: all pairs whose writing returned are there, and no half ones."""
    rng = random.Random(1)
    for _ in range(24):
        enough = len(said(folder)) + rng.randrange(1, 25)
        process = start(writing.write, folder)
        await until(partial(_has_said, folder, enough))
        await asyncio.sleep(rng.random() * 0.002)
        process.kill()
        process.join()
    acknowledged = {key for line in said(folder) for key in line.split()}
    kept = set(await opened.store.page(("pairs",), "", 1_000_000))
    assert acknowledged <= kept
    assert {key[:-1] + "x" for key in kept} | {key[:-1] + "y" for key in kept} == kept
    assert len(kept - acknowledged) <= 24 * 2


async def test_an_index_whose_maker_died_is_made_again(cluster: Cluster, database: str) -> None:
    """Half-made it would stay, and searches would read whole tables."""
    async with open_database(database, SERIALIZER):
        pass
    cluster.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'store_prefix_idx'::regclass", database)
    cluster.execute("DELETE FROM store_migrations WHERE v >= 1", database)
    async with open_database(database, SERIALIZER):
        pass
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'store_prefix_idx'::regclass"
    assert cluster.execute(valid, database) == [(True,)]


async def test_a_restart_of_the_server_is_survived(cluster: Cluster, opened: Database) -> None:
    """Who holds a lock meanwhile is broken off before anything more is written; what comes then is done as usual."""
    told: asyncio.Queue[BaseException] = asyncio.Queue()

    async def work() -> None:
        try:
            async with opened.locks.hold("a", busy="it is held"):
                await asyncio.Event().wait()
        except BaseException as error:
            told.put_nowait(error)
            raise

    async with stay(opened.locks, "server", busy="it is held"):
        holder = asyncio.create_task(work())
        await opened.store.aput(("a",), "k", {"n": 1})
        assert await opened.locks.is_held("a")
        cluster.stop()
        cluster.start()
        await opened.store.aput(("a",), "k", {"n": 2})
        assert holder.cancelling() or holder.done()
        error = await told.get()
        assert isinstance(error, ResourceError)
        assert "the lock 'a' was lost" in str(error)
        assert not holder.cancelled()
        assert not await opened.locks.is_held("a")
        async with opened.locks.hold("a", busy="it is held"), opened.store.exclusive("a"):
            pass
        item = await opened.store.aget(("a",), "k")
        assert item is not None
        assert item.value == {"n": 2}
        deadline = time.monotonic() + 60
        while not await opened.locks.is_held("server"):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)


async def test_who_lost_a_lock_is_told_though_it_asks_nothing(cluster: Cluster, opened: Database) -> None:
    """The connection that holds locks is watched; a cancellation by somebody else is none of that."""
    ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'repertory % on %'"

    async def work() -> None:
        async with opened.locks.hold("a", busy="it is held"), opened.locks.hold("b", busy="it is held"):
            assert cluster.execute(ends) == [(True,)]
            await asyncio.sleep(120)

    with pytest.raises(ResourceError, match=r"the lock 'a' was lost.*terminat"):
        await work()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01), opened.locks.hold("a", busy="it is held"):
            await asyncio.sleep(120)


async def test_a_database_that_cannot_be_used_is_named_without_its_password(cluster: Cluster) -> None:
    """No server, no such database, a wrong password, no right to make tables, no address: each is said as it is."""
    cluster.execute("CREATE ROLE guest LOGIN PASSWORD 'sesame'")
    cluster.execute("CREATE DATABASE closed")
    cluster.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC", cluster.address("closed"))
    host = f"127.0.0.1:{cluster.port}"
    cases: list[tuple[str, type[Exception], str]] = [
        ("postgresql://a:sesame@127.0.0.1:9/b", ResourceError, "'postgresql://a@127.0.0.1:9/b'.*refused"),
        (f"postgresql://guest:sesame@{host}/none", ResourceError, f'guest@{host}/none\'.*"none" does not exist'),
        (f"postgresql://guest:sesamee@{host}/closed", ResourceError, f"guest@{host}/closed'.*password authentication"),
        (f"postgresql://guest:sesame@{host}/closed", ResourceError, "permission denied.*let its user create tables"),
        ("postgresql:/guest:sesame@h", InputError, "'postgresql…' is no address.*postgresql://USER"),
        ("mysql://guest:sesame@h/b", InputError, "'mysql…' is no address"),
        ("password=sesame h", InputError, "'password…' is no address"),
    ]
    for address, kind, message in cases:
        with pytest.raises(kind, match=message) as raised:
            async with open_database(address, SERIALIZER):
                pass
        assert "sesame" not in str(raised.value)
    cluster.execute("DROP DATABASE closed")
    cluster.execute("DROP ROLE guest")
