"""One visit to the database's thread writes and reads what LangGraph's async classes write and read."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, TypedDict

import aiosqlite
import pytest
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.store.base import BaseStore, GetOp, ListNamespacesOp, MatchCondition, PutOp, SearchOp
from langgraph.store.sqlite.aio import AsyncSqliteStore
from langgraph.types import Command, interrupt

from repertory.memory.plans import Step
from repertory.memory.storage.checkpoints import knowing_records, open_checkpointer, open_store
from repertory.memory.storage.locks import FileLocks
from repertory.memory.storage.sqlite import OneHopSaver, SharedSqliteStore


def rows(path: Path, *queries: str) -> list[Any]:
    connection = sqlite3.connect(path)
    found = [connection.execute(query).fetchall() for query in queries]
    connection.close()
    return found


async def save(saver: AsyncSqliteSaver) -> list[Any]:
    """Checkpoints, writes of tasks, special writes, each again; and what reading them gives."""
    first = {**empty_checkpoint(), "id": "1", "ts": "then", "channel_values": {"a": "ü\ud83d\ude00", "b": [1, None]}}
    second = {**first, "id": "2", "channel_values": {"a": b"raw"}}
    config: Any = {"configurable": {"thread_id": 7, "checkpoint_ns": ""}, "metadata": {"who": "ann"}}
    after = await saver.aput(config, first, {"source": "input", "step": -1, "parents": {}}, {})
    again = await saver.aput(config, first, {"source": "input", "step": 0, "parents": {"é": "1"}}, {})
    nested = await saver.aput({"configurable": {**after["configurable"], "checkpoint_ns": "x|y"}}, first, {}, {})
    await saver.aput_writes(after, [("a", 1), ("__error__", "E"), ("b", {"x": 1})], "task", "path")
    await saver.aput_writes(after, [("a", 2)], "task", "path")  # the first one stays
    await saver.aput_writes(after, [("__interrupt__", "first")], "other")
    await saver.aput_writes(after, [("__interrupt__", "second")], "other")  # this one replaces
    last = await saver.aput(after, second, {"source": "loop", "step": 1, "parents": {}}, {})
    asked: list[Any] = [{"configurable": {"thread_id": "7", "checkpoint_ns": ns}} for ns in ("", "x|y", "none")]
    read = [await saver.aget_tuple(one) for one in (*asked, after, nested)]
    listed = [item async for item in saver.alist(asked[0])]
    return [after, again, nested, last, read, listed]


async def test_checkpoints_are_those_of_the_async_class(tmp_path: Path) -> None:
    """Row by row: parents, ids of special writes, what is replaced, text and bytes; and so on reading."""
    async with AsyncSqliteSaver.from_conn_string(str(tmp_path / "stock")) as stock:
        expected = await save(stock)
    async with open_checkpointer(tmp_path / "own", JsonPlusSerializer()) as own:
        assert type(own) is OneHopSaver
        assert await save(own) == expected
    queries = ("SELECT * FROM checkpoints ORDER BY 1, 2, 3", "SELECT * FROM writes ORDER BY 1, 2, 3, 4, 6")
    assert rows(tmp_path / "own", *queries) == rows(tmp_path / "stock", *queries)
    assert len(rows(tmp_path / "own", *queries)[1]) == 4


async def keep(store: BaseStore) -> list[Any]:
    """Puts, deletes, reads and lists in batches and alone."""
    await store.abatch([PutOp(("a", "b"), str(n), {"n": n, "text": "ü"}, index=False) for n in range(5)])
    mixed = await store.abatch(
        [
            PutOp(("a", "b"), "1", {"n": 11}),
            GetOp(("a", "b"), "1"),
            PutOp(("a", "b"), "2", None),
            SearchOp(("a",), {"n": {"$gte": 1}}, 10, 0),
            GetOp(("a", "b"), "nothing"),
            PutOp(("a-c", "ü"), "x", {"n": 1}),
            ListNamespacesOp((MatchCondition("prefix", ("a", "*")),)),
        ]
    )
    await store.aput(("d",), "k", {"x": [1, {"y": None}]})
    await store.adelete(("a", "b"), "4")
    found = [await store.aget(("d",), "k"), await store.asearch(("a",), limit=3), await store.alist_namespaces()]
    return [[_plain(result) for result in mixed[1:2] + mixed[3:]], [_plain(result) for result in found]]


def _plain(result: Any) -> Any:
    """A result without its times."""
    if isinstance(result, list):
        return sorted(map(_plain, result), key=str)
    return (result.namespace, result.key, result.value) if hasattr(result, "key") else result


async def test_the_store_is_that_of_the_async_class(tmp_path: Path) -> None:
    """Row by row but for times, and so on reading; a batch reads first and writes then."""
    async with aiosqlite.connect(tmp_path / "stock", isolation_level=None) as connection:
        stock = BatchesInTwo(connection)
        await stock.setup()
        expected = await keep(stock)
    async with open_store(tmp_path / "own", FileLocks(tmp_path)) as own:
        assert type(own) is SharedSqliteStore
        assert await keep(own) == expected
    query = "SELECT prefix, key, value, expires_at, ttl_minutes FROM store ORDER BY 1, 2"
    assert rows(tmp_path / "own", query) == rows(tmp_path / "stock", query)
    assert len(rows(tmp_path / "own", query)[0]) == 5


class BatchesInTwo(AsyncSqliteStore):
    """The async class, asked for reads and then for writes."""

    async def abatch(self, ops: Any) -> Any:
        todo = list(ops)
        results: list[Any] = [None] * len(todo)
        for writes in (False, True):
            places = [place for place, op in enumerate(todo) if isinstance(op, PutOp) is writes]
            for place, result in zip(places, await super().abatch([todo[n] for n in places]), strict=True):
                results[place] = result
        return results


@pytest.fixture
async def saver(tmp_path: Path) -> AsyncIterator[OneHopSaver]:
    async with open_checkpointer(tmp_path / "c", JsonPlusSerializer()) as saver:
        yield saver


async def test_a_copy_with_another_serializer_uses_it(saver: OneHopSaver) -> None:
    """Both read and write with their own, whichever was used first."""

    class State(TypedDict):
        step: Annotated[Any, lambda _, new: new]

    def node(state: State) -> State:
        return {"step": Step(id="a", instruction=interrupt("?"), agent="x")}

    graph = StateGraph(State).add_node(node).add_edge(START, "node").add_edge("node", END)
    strange = JsonPlusSerializer(allowed_msgpack_modules=[])  # refuses our records
    saver.serde = strange
    config: Any = {"configurable": {"thread_id": "1"}}
    out = await graph.compile(checkpointer=saver).ainvoke({"step": None}, config)
    knowing = knowing_records(saver)
    assert knowing is not saver
    resume: Any = Command(resume={out["__interrupt__"][0].id: "go"})
    await graph.compile(checkpointer=knowing).ainvoke(resume, config)
    for _ in range(2):
        known, unknown = await knowing.aget_tuple(config), await saver.aget_tuple(config)
        assert known is not None
        assert unknown is not None
        assert known.checkpoint["channel_values"]["step"] == Step(id="a", instruction="go", agent="x")
        assert type(unknown.checkpoint["channel_values"]["step"]) is dict


async def test_parallel_use_keeps_every_write_and_an_error_harms_nobody(tmp_path: Path) -> None:
    """A value that cannot be kept is the error of who gave it; what others write at the same time is there."""
    async with open_store(tmp_path / "s", FileLocks(tmp_path)) as store:
        done = await asyncio.gather(
            *(store.abatch([PutOp(("n",), str(n), {"n": n}), GetOp(("n",), str(n))]) for n in range(50)),
            store.abatch([PutOp(("n",), "bad", {"n": object()})]),
            return_exceptions=True,
        )
        assert isinstance(done[-1], Exception)
        assert done[:-1] == [[None, None]] * 50
        assert len(await store.asearch(("n",), limit=100)) == 50


def test_a_home_that_is_closed_leaves_no_task(tmp_path: Path) -> None:
    """Where a loop is ended without cancelling what is left on it, nothing is said of pending tasks."""
    script = """
import asyncio, gc, sys
from repertory.memory.home import open_home
async def main():
    async with open_home(sys.argv[1], environ={"REPERTORY_EMBEDDINGS": "lexical"}) as home:
        await home.store.aput(("a",), "k", {})
    print(len(asyncio.all_tasks()) - 1)
loop = asyncio.new_event_loop()
loop.run_until_complete(main())
loop.close()
gc.collect()
"""
    done = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("0\n", "")
