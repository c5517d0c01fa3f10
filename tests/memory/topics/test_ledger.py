"""The ledger: pages of numbered lists, a log without holes, all of a change or nothing of it."""

import asyncio

import pytest
from langgraph.store.base import BaseStore

from repertory.memory.topics.changes import Change
from repertory.memory.topics.ledger import TASKS, Ledger, record_change, tasks_of
from repertory.memory.topics.records import Task, now
from repertory.memory.topics.states import begin_step, cancel


def task(n: int) -> Task:
    return Task(task_id=f"k{n}", topic_id="t", input=str(n), created_at=now(), modified_at=now())


async def add(ledger: Ledger, n: int) -> None:
    async with ledger.writing("t", TASKS) as batch:
        batch.enter(TASKS, f"k{n}")
        batch.enter(tasks_of("t"), f"k{n}")
        record_change(batch, None, task(n))


async def test_pages_have_each_entity_once_in_the_order_of_creation(store: BaseStore) -> None:
    """Whatever is added at once: pages are disjoint, hold all, and a page past the end is empty."""
    ledger = Ledger(store, told=lambda *_: None)
    await asyncio.gather(*(add(ledger, n) for n in range(23)))
    pages = [await ledger.page(Task, tasks_of("t"), start, 10) for start in (0, 10, 20, 30)]
    assert [len(found) for found, _ in pages] == [10, 10, 3, 0]
    assert {total for _, total in pages} == {23}
    assert {found.task_id for page, _ in pages for found in page} == {f"k{n}" for n in range(23)}
    again = [await ledger.page(Task, TASKS, start, 1) for start in range(23)]
    assert [found[0].task_id for found, _ in again] == [found.task_id for page, _ in pages for found in page]


async def test_the_log_tells_every_change_in_order_and_as_it_was_told(store: BaseStore) -> None:
    """What a listener hears is what the log has, numbered from 1 without holes."""
    heard: list[tuple[int, Change]] = []
    ledger = Ledger(store, told=lambda _, number, change: heard.append((number, change)))
    await add(ledger, 0)
    await ledger.change("k0", "t", lambda task, _: begin_step(task, "me", text=None, additional_input=None))
    await ledger.change("k0", "t", lambda task, _: cancel(task))
    log = await ledger.log("t", 0)
    assert log == heard
    assert [number for number, _ in log] == list(range(1, len(log) + 1))
    assert [(change.subject, change.status) for _, change in log] == [
        ("task", "created"),
        ("step", "running"),
        ("task", "running"),
        ("step", "cancelled"),
        ("task", "cancelled"),
    ]
    assert await ledger.log("t", 3) == log[3:]
    assert await ledger.position("t") == len(log)


async def test_a_move_that_is_refused_changes_nothing(store: BaseStore) -> None:
    """Whatever a move raises, neither the task nor a list nor the log has changed."""
    ledger = Ledger(store, told=lambda *_: None)
    await add(ledger, 0)
    before = await ledger.find(Task, "k0"), await ledger.log("t", 0)

    def refused(task: Task, batch: object) -> Task:
        cancel(task)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await ledger.change("k0", "t", refused)
    assert (await ledger.find(Task, "k0"), await ledger.log("t", 0)) == before


async def test_changes_at_once_are_all_made(store: BaseStore) -> None:
    """Of changes that read and write the same task at once, none is lost."""
    ledger = Ledger(store, told=lambda *_: None)
    await add(ledger, 0)

    def count(task: Task, _: object) -> Task:
        return task.model_copy(update={"setbacks": task.setbacks + 1})

    await asyncio.gather(*(ledger.change("k0", "t", count) for _ in range(40)))
    found = await ledger.find(Task, "k0")
    assert found is not None
    assert found.setbacks == 40


async def test_a_write_that_is_broken_off_loses_nothing_that_comes_after(store: BaseStore) -> None:
    """Whether it was written or not: the lists go on behind what is there, and each entry is found."""
    ledger = Ledger(store, told=lambda *_: None)
    for n in range(0, 40, 2):
        writing = asyncio.create_task(add(ledger, n))
        await asyncio.sleep(0.0005 * (n % 8))
        writing.cancel()
        await asyncio.wait({writing})
        await add(ledger, n + 1)
    found, total = await ledger.page(Task, TASKS, 0, 100)
    ids = [task.task_id for task in found]
    assert len(ids) == len(set(ids)) == total
    assert {f"k{n}" for n in range(1, 40, 2)} <= set(ids)
