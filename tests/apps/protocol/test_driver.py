"""The driver: one job at a time for each task, and none that is left behind."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from langgraph.store.memory import InMemoryStore

from repertory.apps.protocol.agents.agent import Live
from repertory.apps.protocol.driver import Driver, answers_of
from repertory.memory.errors import ResourceError
from repertory.memory.topics.ledger import TASKS, Ledger, record_change, tasks_of
from repertory.memory.topics.records import Action, Task, TaskStep, now
from repertory.memory.topics.states import begin_step, cancel, decide
from repertory.memory.topics.work import Act, Work


class Patient:
    """An agent that asks, and then works until it is told to stop working."""

    def __init__(self) -> None:
        self.at_work = 0
        self.answered = asyncio.Event()

    async def perform(self, task: Task, step: TaskStep, answers: Mapping[str, Any]) -> AsyncGenerator[Live, None]:
        if answers:
            self.answered.set()
            self.at_work += 1
            try:
                await asyncio.Event().wait()
            finally:
                self.at_work -= 1
        yield Live("rest", {})

    async def work(self, task: Task, step: TaskStep) -> Work:
        acts = (Act(key=f"{n}", name="look", status="proposed", interrupt=f"i{n}") for n in range(2))
        return Work(status="waiting", acts=tuple(acts))


class Alone:
    own = "me"

    @asynccontextmanager
    async def performing(self, task_id: str) -> AsyncIterator[None]:
        yield


async def none(*_: Any) -> list[Any]:
    return []


async def begun(ledger: Ledger) -> Task:
    moment = now()
    task = Task(task_id="k", topic_id="t", input="x", created_at=moment, modified_at=moment)
    async with ledger.writing("t", TASKS) as batch:
        batch.enter(TASKS, "k")
        batch.enter(tasks_of("t"), "k")
        record_change(batch, None, task)
    return await ledger.change("k", "t", lambda task, _: begin_step(task, "me", text=None, additional_input=None))


async def decided(ledger: Ledger, task: Task, n: int) -> Task:
    step = task.open_step
    assert step
    action = step.actions[n].action_id
    return await ledger.change(
        "k", "t", lambda task, _: decide(task, step.step_id, action, "approve", feedback=None, actor="user")
    )


async def test_whoever_stops_a_task_stops_all_that_is_done_for_it() -> None:
    """A job that waits for the one before it takes that one along."""
    ledger, agent = Ledger(InMemoryStore(), told=lambda *_: None), Patient()

    driver = Driver(
        ledger,
        agent,
        Alone(),
        collect=none,
        ended=lambda *_: None,
        tell=lambda *_: None,  # type: ignore[arg-type]
    )
    task = await begun(ledger)
    await driver.start(task)
    task = await ledger.find(Task, "k") or task
    assert task.status == "awaiting_input"
    driver.start(await decided(ledger, task, 0))
    await agent.answered.wait()
    driver.start(await decided(ledger, task, 1))
    await asyncio.sleep(0)
    await ledger.change("k", "t", lambda task, _: cancel(task))
    await driver.stop("k")
    assert agent.at_work == 0
    assert not driver.at_work


def test_an_interrupt_is_answered_when_all_its_actions_are() -> None:
    """Of two calls of one proposal, the first word alone answers nothing; words for and against go in their order."""
    moment = now()

    def action(key: str, **fields: Any) -> Action:
        ids = {"action_id": key, "step_id": "s", "task_id": "k", "topic_id": "t", "name": "x", "args": {}}
        return Action(**ids, key=key, interrupt="i", created_at=moment, modified_at=moment, **fields)

    yes = action("a", status="approved", decision="approve")
    assert answers_of([yes, action("b")]) == {}
    assert answers_of([yes, action("b", status="approved", decision="approve", executor="client")]) == {}
    no = action("b", status="superseded", decision="feedback", feedback="smaller")
    assert answers_of([yes, no]) == {
        "i": {"decisions": [{"type": "approve"}, {"type": "respond", "message": "smaller"}]}
    }
    result = action("c", status="failed", decision="approve", executor="client", error="no such file")
    assert answers_of([result]) == {
        "i": {"decisions": [{"type": "result", "status": "failed", "output": "no such file", "data": None}]}
    }


async def test_a_step_fails_that_cannot_be_kept_from_other_servers() -> None:
    """The lock is not to be had, for the database is away: the step has failed, and can be tried again."""

    class Lost(Alone):
        @asynccontextmanager
        async def performing(self, task_id: str) -> AsyncIterator[None]:
            raise ResourceError("the database cannot be reached")
            yield

    ledger = Ledger(InMemoryStore(), told=lambda *_: None)
    driver = Driver(
        ledger,
        Patient(),
        Lost(),  # type: ignore[arg-type]
        collect=none,
        ended=lambda *_: None,
        tell=lambda *_: None,
    )
    await driver.start(await begun(ledger))
    task = await ledger.find(Task, "k")
    assert task is not None
    assert (task.status, task.steps[-1].status, task.steps[-1].error) == (
        "created",
        "failed",
        "the database cannot be reached",
    )
