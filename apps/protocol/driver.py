"""Performs steps of tasks in the background, each task by one job at a time, and keeps what comes of them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from itertools import groupby
from typing import Any

from repertory.apps.protocol.agents.agent import Live, ServedAgent
from repertory.apps.protocol.alive import Servers
from repertory.memory.errors import ModelError, RepertoryError, ResourceError
from repertory.memory.records import JsonObject
from repertory.memory.topics.ledger import Batch, Ledger
from repertory.memory.topics.records import Action, Task, TaskStep, TopicArtifact
from repertory.memory.topics.resting import rest
from repertory.memory.topics.states import give_up, is_answerable
from repertory.memory.topics.work import MadeFile

Collect = Callable[[Task, TaskStep, Iterable[MadeFile]], Awaitable[list[TopicArtifact]]]
"""Makes artifacts of the files of a step that are new."""
Ended = Callable[[Batch, Task], None]
"""Puts what follows from the end of a task into the batch that ends it."""
_log = logging.getLogger(__name__)


class Driver:
    """The tasks that this server performs.

    Args:
        ledger: keeps the tasks.
        agent: performs them.
        servers: knows which servers live.
        collect: makes artifacts of files.
        ended: called when a task ends.
        tell: publishes what happens and is not kept.
    """

    def __init__(
        self,
        ledger: Ledger,
        agent: ServedAgent,
        servers: Servers,
        *,
        collect: Collect,
        ended: Ended,
        tell: Callable[[Task, Live], None],
    ) -> None:
        self._ledger, self._agent, self._servers = ledger, agent, servers
        self._collect, self._ended, self._tell = collect, ended, tell
        self._jobs: dict[str, asyncio.Task[None]] = {}
        self.at_work: dict[str, str] = {}
        """Ids of the tasks that are being performed, each with its topic's."""

    def start(self, task: Task) -> "asyncio.Task[None]":
        """Perform the open step of a task until it rests; a job that is at it already goes on to do so."""
        before = self._jobs.get(task.task_id)
        job = asyncio.create_task(self._after(before, task))
        self._jobs[task.task_id] = job
        self.at_work[task.task_id] = task.topic_id
        job.add_done_callback(lambda done: self._forget(task.task_id, done))
        return job

    async def wait(self, task_id: str, seconds: float) -> None:
        """Wait for the task to rest, so long at most."""
        if job := self._jobs.get(task_id):
            await asyncio.wait({job}, timeout=seconds)

    async def stop(self, task_id: str) -> None:
        """Break off what is being done for a task."""
        if job := self._jobs.get(task_id):
            job.cancel()
            await asyncio.wait({job})

    async def close(self) -> None:
        """Break off everything."""
        jobs = list(self._jobs.values())
        for job in jobs:
            job.cancel()
        if jobs:
            await asyncio.wait(jobs)

    def _forget(self, task_id: str, job: "asyncio.Task[None]") -> None:
        if self._jobs.get(task_id) is job:
            del self._jobs[task_id], self.at_work[task_id]
        if not job.cancelled() and (error := job.exception()):
            _log.error("task %s: %s", task_id, error, exc_info=error)

    async def _after(self, before: "asyncio.Task[None] | None", task: Task) -> None:
        if before is not None:
            try:
                await asyncio.wait({before})
            except asyncio.CancelledError:
                before.cancel()
                await asyncio.wait({before})
                raise
        try:
            async with self._servers.performing(task.task_id):
                await self._perform(task)
        except ResourceError as error:  # the task could not be kept from other servers, or not any more
            if step := task.open_step:
                await self._failed(task, step, error)

    async def _perform(self, task: Task) -> None:
        """Drive the open step for as long as there is something to go on with."""
        given = set[str]()
        began = False
        while True:
            found = await self._ledger.find(Task, task.task_id)
            step = found.open_step if found else None
            if found is None or step is None or found.server not in (None, self._servers.own):
                return
            task = found
            answers = {key: answer for key, answer in answers_of(step.actions).items() if key not in given}
            if not answers and (began or step.status == "awaiting_input"):
                return
            given.update(answers)
            began = True
            try:
                await self._drive(task, step, answers)
                await self._settle(task, step)
            except Exception as error:  # noqa: BLE001 - whatever it is, its step has failed, and is told so
                await self._failed(task, step, error)
                return

    async def _drive(self, task: Task, step: TaskStep, answers: JsonObject) -> None:
        async with aclosing(self._agent.perform(task, step, answers)) as happening:
            async for live in happening:
                self._tell(task, live)

    async def _settle(self, task: Task, step: TaskStep) -> None:
        """Keep what the graph has done by now."""
        work = await self._agent.work(task, step)
        made = await self._collect(task, step, work.files)
        await self._move(task, lambda now: rest(now, step.step_id, work, made))

    async def _failed(self, task: Task, step: TaskStep, error: Exception) -> None:
        known = isinstance(error, RepertoryError)
        setback = not known or isinstance(error, ResourceError | ModelError)
        if not known:
            _log.error("task %s: %s", task.task_id, error, exc_info=error)
        said = str(error) if known else f"{type(error).__name__}: {error}"
        await self._move(task, lambda now: give_up(now, step.step_id, said, setback=setback))

    async def _move(self, task: Task, move: Callable[[Task], Task]) -> None:
        await self._ledger.change(task.task_id, task.topic_id, ending(self._ended, move))


def ending(ended: Ended, move: Callable[[Task], Task]) -> Callable[[Task, Batch], Task]:
    """A move that may end a task, with what follows from that."""

    def moved(task: Task, batch: Batch) -> Task:
        after = move(task)
        if after.ended and not task.ended:
            ended(batch, after)
        return after

    return moved


def answers_of(actions: Iterable[Action]) -> dict[str, Any]:
    """Answers to the interrupts whose actions have all been answered, by interrupt, as our graphs take them."""
    asked = sorted((action for action in actions if action.interrupt), key=lambda action: str(action.interrupt))
    answers: dict[str, Any] = {}
    for interrupt, group in groupby(asked, key=lambda action: str(action.interrupt)):
        each = list(group)  # sorting is stable: in the order proposed
        if all(is_answerable(action) and action.decision for action in each):
            answers[interrupt] = {"decisions": [_answer(action) for action in each]}
    return answers


def _answer(action: Action) -> JsonObject:
    if action.decision == "reject":
        return {"type": "reject", "message": action.feedback or ""}
    if action.decision == "feedback":
        return {"type": "respond", "message": action.feedback or ""}
    if action.executor == "server":
        return {"type": "approve"}
    output = action.output if action.output is not None or action.error is None else action.error
    return {"type": "result", "status": action.status, "output": output, "data": action.additional_output}
