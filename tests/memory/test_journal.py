"""The journal gives back what was put in it, and keeps runs apart."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from langgraph.store.sqlite.aio import AsyncSqliteStore

from repertory.memory.journal import Journal
from repertory.memory.proposals import CallResult, Message, Proposal, Turn
from repertory.memory.records import StepResult


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BaseStore]:
    if request.param == "memory":
        yield InMemoryStore()
        return
    async with AsyncSqliteStore.from_conn_string(str(tmp_path / "store.sqlite")) as store:
        await store.setup()
        yield store


def turn(n: int) -> Turn:
    return Turn(n=n, proposal=Proposal(id=str(n), path=("a",), kind="reply", text=str(n)))


async def test_what_is_kept_comes_back(store: BaseStore) -> None:
    """Results with their transcripts, turns, calls: equal to what was kept."""
    journal = Journal(store, "r")
    result = StepResult(step_id="s", status="done", output="o", data={"n": [1, None]})
    await journal.keep_result(result, [turn(0), turn(1)], 2.5)
    await journal.keep_turns("s", [turn(0)])
    await journal.begin_call("s", "0.0", 1)
    await journal.begin_call("s", "0.1", 1)
    done = CallResult(call_id="0.1", status="done", text="t")
    await journal.finish_call("s", done, 1)
    again = Journal(store, "r")
    assert await again.results() == {"s": (result, 2.5)}
    assert await again.transcript("s") == [turn(0), turn(1)]
    assert await again.transcript("nobody") == []
    assert await again.turns() == {"s#0": turn(0)}
    assert await again.calls() == {"s#0.0": (1, None), "s#0.1": (1, done)}
    assert await again.company() is None


async def test_runs_are_kept_apart(store: BaseStore) -> None:
    """One run's id that begins another's changes nothing."""
    await Journal(store, "r").keep_turns("s", [turn(0)])
    assert await Journal(store, "r2").turns() == {}


async def test_more_than_a_page_is_read(store: BaseStore) -> None:
    """A run of a thousand steps is read whole."""
    journal = Journal(store, "r")
    for n in range(1203):
        await journal.keep_turns("s", [turn(n)])
    assert set(await journal.turns()) == {f"s#{n}" for n in range(1203)}


async def test_messages_come_back_in_the_order_in_which_they_were_left(store: BaseStore) -> None:
    """Within the same second too; and one of the same id is one message."""
    journal = Journal(store, "r")
    messages = [Message(sender="a", text=f"message {n}", id=f"a#{n}.0") for n in range(12)]
    for message in messages:
        await journal.keep_message("b", message)
    assert (await journal.messages())["b"] == messages
    await journal.keep_message("b", messages[3])
    assert sorted((await journal.messages())["b"], key=messages.index) == messages
