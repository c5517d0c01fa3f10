"""All that clients can do, whatever they speak."""

from repertory.apps.protocol.services.alone import Alone
from repertory.apps.protocol.services.artifacts import Artifacts
from repertory.apps.protocol.services.events import Events
from repertory.apps.protocol.services.interactions import Interactions, enter, feedback
from repertory.apps.protocol.services.tasks import Tasks
from repertory.apps.protocol.services.topics import Topics
from repertory.memory.records import JsonObject
from repertory.memory.topics.ledger import Batch
from repertory.memory.topics.records import Task
from repertory.memory.topics.states import lose


class Service(Topics, Interactions, Tasks, Alone, Artifacts, Events):
    """Topics, interactions, tasks, steps, actions and artifacts. Whatever it refuses, it raises a RefusedError for."""

    def info(self, version: str) -> JsonObject:
        """The agent that is served."""
        agent = self._parts.agent
        return {"name": agent.name, "protocol": 2, "version": version, "config_options": agent.options}

    async def close(self) -> None:
        """Break off all work; steps that ran have failed, and can be gone on with."""
        await Interactions.close(self)
        tasks = dict(self._parts.driver.at_work)
        await self._parts.driver.close()
        for task_id, topic_id in tasks.items():
            await self._ledger.change(task_id, topic_id, lambda task, _: lose(task))
        await self._parts.agent.close()
        self._parts.broadcast.close()


def report_back(batch: Batch, task: Task, words: str) -> None:
    """Say in the topic how a task ended, if it came from an interaction."""
    if task.interaction_id is not None:
        enter(batch, feedback(task, words))
