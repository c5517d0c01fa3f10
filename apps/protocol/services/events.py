"""What happens in topics, as it happens."""

from collections.abc import AsyncGenerator

from repertory.apps.protocol.services.common import Common
from repertory.memory.records import JsonObject, Record
from repertory.memory.topics.changes import Change
from repertory.memory.topics.events import Event, follow
from repertory.memory.topics.ledger import Ledger
from repertory.memory.topics.records import Interaction, Task, Topic, TopicArtifact, shown


class Events(Common):
    """See the module's docstring."""

    async def events(self, topic_id: str, task_id: str | None, after: str | None) -> AsyncGenerator[Event, None]:
        """What happens in a topic, or in one of its tasks: each event with its id and its name.

        Args:
            topic_id: the topic.
            task_id: the task; None: all of the topic.
            after: id of the last event that is known; None: from the beginning.

        Raises:
            RefusedError: there is no such event, topic or task.
        """
        if task_id is not None:
            await self._task(topic_id, task_id)
        await self._topic(topic_id)

        async def read(number: int) -> list[tuple[int, str, JsonObject]]:
            known = Known(self._ledger, topic_id)
            log = await self._ledger.log(topic_id, number)
            return [(n, change.subject, await known.detail(change)) for n, change in log]

        return await follow(self._parts.broadcast, topic_id, read, after, task_id=task_id)


class Known:
    """Entities of a topic as they are now, each read once.

    Args:
        ledger: has them.
        topic_id: the topic.
    """

    def __init__(self, ledger: Ledger, topic_id: str) -> None:
        self._ledger, self._topic_id = ledger, topic_id
        self._tasks: dict[str, Task | None] = {}

    async def detail(self, change: Change) -> JsonObject:
        """A change with the entity as it is now."""
        entity = await self._subject(change)
        told = {"status": change.status, "at": change.at, "task_id": change.task_id, "step_id": change.step_id}
        return {**told, change.subject: shown(entity) if entity else None}

    async def _subject(self, change: Change) -> Record | None:
        match change.subject:
            case "topic":
                return await self._ledger.find(Topic, self._topic_id)
            case "interaction":
                return await self._ledger.find(Interaction, change.id)
            case "artifact":
                return await self._ledger.find(TopicArtifact, change.id)
        task_id = change.task_id or change.id
        if task_id not in self._tasks:
            self._tasks[task_id] = await self._ledger.find(Task, task_id)
        return _part(self._tasks[task_id], change)


def _part(task: Task | None, change: Change) -> Record | None:
    """The task, or the step or the action of it that changed."""
    if task is None or change.subject == "task":
        return task
    step = task.step(change.step_id or change.id)
    if step is None or change.subject == "step":
        return step
    return next((action for action in step.actions if action.action_id == change.id), None)
