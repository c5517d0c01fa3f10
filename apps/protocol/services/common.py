"""What all services share: the ledger, the driver and the agent; entities found under their parents."""

from dataclasses import dataclass
from typing import Any

from repertory.apps.protocol.agents.agent import ServedAgent
from repertory.apps.protocol.alive import Servers
from repertory.apps.protocol.driver import Driver, Ended
from repertory.apps.protocol.requests import Page
from repertory.memory.records import JsonObject
from repertory.memory.topics.broadcast import Broadcast
from repertory.memory.topics.errors import NotFoundError
from repertory.memory.topics.files import ArtifactFiles
from repertory.memory.topics.ledger import Batch, Ledger
from repertory.memory.topics.records import Task, TaskStep, Topic, shown
from repertory.memory.topics.states import lose

MAX_PAGE = 1000
"""The most entities of a page."""


@dataclass(frozen=True)
class Parts:
    """What a service is made of."""

    ledger: Ledger
    driver: Driver
    agent: ServedAgent
    servers: Servers
    files: ArtifactFiles
    broadcast: Broadcast
    ended: Ended
    """Puts what follows from the end of a task into the batch that ends it."""
    patience: float
    """Seconds that a call waits for a step, or an interaction, to come to rest."""


class Common:
    """See the module's docstring."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._ledger = parts.ledger

    async def _topic(self, topic_id: str) -> Topic:
        topic = await self._ledger.topic(topic_id)
        if topic is None:
            raise NotFoundError(f"there is no topic {topic_id!r}", "no_topic")
        return topic

    async def _task(self, topic_id: str | None, task_id: str) -> Task:
        """A task as it stands."""
        task = await self._ledger.find(Task, task_id)
        if task is None or topic_id not in (None, task.topic_id):
            where = "" if topic_id is None else f" in topic {topic_id!r}"
            raise NotFoundError(f"there is no task {task_id!r}{where}", "no_task")
        return await self._current_task(task)

    async def _current_task(self, task: Task) -> Task:
        """As it stands: if the server that was at it died, its step has failed, or is gone on with where it waits."""
        step, dead = task.open_step, task.server
        if step is None or await self._parts.servers.lives(dead):
            return task
        own = self._parts.servers.own

        def take_over(now: Task, _: Batch) -> Task:
            if now.server != dead or now.ended:
                return now  # another server was faster
            return lose(now) if now.status == "running" else now.model_copy(update={"server": own})

        task = await self._ledger.change(task.task_id, task.topic_id, take_over)
        if task.open_step and task.server == own:  # what was decided and not done is done now
            self._parts.driver.start(task)
        return task

    async def _step(self, topic_id: str | None, task_id: str, step_id: str) -> tuple[Task, TaskStep]:
        task = await self._task(topic_id, task_id)
        step = task.step(step_id)
        if step is None:
            raise NotFoundError(f"task {task_id!r} has no step {step_id!r}", "no_step")
        return task, step


def listed(name: str, items: list[Any], total: int, page: Page) -> JsonObject:
    """A page as the client reads it."""
    return page.of(name, [item if isinstance(item, dict) else shown(item) for item in items], total)


def part(items: tuple[Any, ...], page: Page) -> list[Any]:
    """The part of a short list that a page is."""
    start = offset(page)
    return list(items[start : start + page.page_size])


def offset(page: Page) -> int:
    """How many entities come before a page."""
    return (page.current_page - 1) * page.page_size


def capped(page: Page) -> Page:
    """The page, no larger than the server gives."""
    return page.model_copy(update={"page_size": min(page.page_size, MAX_PAGE)})
