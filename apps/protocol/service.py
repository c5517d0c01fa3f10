"""All that clients can do, whatever they speak."""

from collections.abc import AsyncGenerator

from repertory.apps.protocol.services.alone import Alone
from repertory.apps.protocol.services.artifacts import Artifacts
from repertory.apps.protocol.services.common import Parts
from repertory.apps.protocol.services.interactions import Interactions, enter, feedback
from repertory.apps.protocol.services.tasks import Tasks
from repertory.apps.protocol.services.topics import Topics
from repertory.memory.records import JsonObject, Record
from repertory.memory.topics.changes import Change
from repertory.memory.topics.events import Broadcast, Event, follow
from repertory.memory.topics.ledger import Batch
from repertory.memory.topics.records import Interaction, Task, Topic, TopicArtifact, shown
from repertory.memory.topics.states import lose


class Service(Topics, Interactions, Tasks, Alone, Artifacts):
    """Topics, interactions, tasks, steps, actions and artifacts. Whatever it refuses, it raises a RefusedError for."""

    def __init__(self, parts: Parts, broadcast: Broadcast) -> None:
        super().__init__(parts)
        self._broadcast = broadcast

    def info(self, version: str) -> JsonObject:
        """The agent that is served."""
        agent = self._parts.agent
        return {"name": agent.name, "protocol": 2, "version": version, "config_options": agent.options}

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
            return [
                (n, change.subject, await self._detail(topic_id, change))
                for n, change in await self._ledger.log(topic_id, number)
            ]

        return await follow(self._broadcast, topic_id, read, after, task_id=task_id)

    async def close(self) -> None:
        """Break off all work; steps that ran have failed, and can be gone on with."""
        await Interactions.close(self)
        tasks = dict(self._parts.driver.at_work)
        await self._parts.driver.close()
        for task_id, topic_id in tasks.items():
            await self._ledger.change(task_id, topic_id, lambda task, _: lose(task))
        await self._parts.agent.close()

    async def _detail(self, topic_id: str, change: Change) -> JsonObject:
        """A change with the entity as it is now."""
        told = {"status": change.status, "at": change.at, "task_id": change.task_id, "step_id": change.step_id}
        return {**told, change.subject: await self._subject(topic_id, change)}

    async def _subject(self, topic_id: str, change: Change) -> JsonObject | None:
        entity: Record | None
        if change.subject == "topic":
            entity = await self._ledger.find(Topic, topic_id)
        elif change.subject == "interaction":
            entity = await self._ledger.find(Interaction, change.id)
        elif change.subject == "artifact":
            entity = await self._ledger.find(TopicArtifact, change.id)
        else:
            entity = await self._part(change)
        return shown(entity) if entity else None

    async def _part(self, change: Change) -> Record | None:
        """The task, or the step or the action of it."""
        task = await self._ledger.find(Task, change.task_id or change.id)
        if task is None or change.subject == "task":
            return task
        step = task.step(change.step_id or change.id)
        if step is None or change.subject == "step":
            return step
        return next((action for action in step.actions if action.action_id == change.id), None)

    def _ended(self, batch: Batch, task: Task) -> None:
        """A task that came from an interaction reports back in its topic."""
        report_back(batch, task, self._parts.agent.feedback(task))


def report_back(batch: Batch, task: Task, words: str) -> None:
    """Say in the topic how a task ended, if it came from an interaction."""
    if task.interaction_id is not None:
        enter(batch, feedback(task, words))
