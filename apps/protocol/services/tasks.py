"""Tasks: made, changed, called off."""

from repertory.apps.protocol.agents.agent import ServedAgent
from repertory.apps.protocol.driver import ending
from repertory.apps.protocol.requests import Page, TaskChange, TaskRequest, TopicRequest
from repertory.apps.protocol.services import topics
from repertory.apps.protocol.services.common import Common, capped, listed, offset
from repertory.memory.records import JsonObject
from repertory.memory.topics.errors import ConflictError
from repertory.memory.topics.ledger import TASKS, TOPICS, Batch, record_change, tasks_of
from repertory.memory.topics.metadata import added, merged, source_of, supplied
from repertory.memory.topics.records import Interaction, Task, Topic, now, shown
from repertory.memory.topics.states import cancel, new_id


class Tasks(Common):
    """See the module's docstring."""

    async def create_task(self, topic_id: str, request: TaskRequest) -> JsonObject:
        """Make a task in a topic."""
        task = new_task(await self._topic(topic_id), request, self._parts.agent)
        async with self._ledger.writing(topic_id, TASKS) as batch:
            enter(batch, task)
        return shown(task)

    async def create_task_alone(self, request: TaskRequest) -> JsonObject:
        """Make a task in a topic of its own, which shares its memory with no other."""
        topic = topics.new_topic(TopicRequest(), implicit=True)
        task = new_task(topic, request, self._parts.agent)
        async with self._ledger.writing(topic.topic_id, TOPICS, TASKS) as batch:
            topics.enter(batch, topic)
            enter(batch, task)
        return shown(task)

    async def list_tasks(self, topic_id: str | None, page: Page) -> JsonObject:
        """Tasks of a topic, or of all topics, the oldest first."""
        if topic_id is not None:
            await self._topic(topic_id)
        page = capped(page)
        where = TASKS if topic_id is None else tasks_of(topic_id)
        tasks, total = await self._ledger.page(Task, where, offset(page), page.page_size)
        current = [await self._current_task(task) for task in tasks]
        return listed("tasks", current, total, page)

    async def get_task(self, topic_id: str | None, task_id: str) -> JsonObject:
        """A task."""
        return shown(await self._task(topic_id, task_id))

    async def change_task(self, topic_id: str, task_id: str, request: TaskChange) -> JsonObject:
        """Change a task's metadata, or who permits what it does."""
        source = source_of(request.metadata_source)
        await self._task(topic_id, task_id)

        def move(task: Task, _: Batch) -> Task:
            if task.ended and (request.metadata is not None or request.permission_mode is not None):
                raise ConflictError(f"task {task_id!r} is {task.status}: it does not change any more", "task_ended")
            changed = merged(task, request.metadata or {}, source)
            if request.permission_mode in (None, changed.permission_mode):
                return changed
            return changed.model_copy(update={"permission_mode": request.permission_mode, "modified_at": now()})

        return shown(await self._ledger.change(task_id, topic_id, move))

    async def cancel_task(self, topic_id: str, task_id: str) -> JsonObject:
        """Call a task off."""
        await self._task(topic_id, task_id)
        task = await self._ledger.change(task_id, topic_id, ending(self._parts.ended, cancel))
        await self._parts.driver.stop(task_id)
        return shown(task)


def new_task(topic: Topic, request: TaskRequest, agent: ServedAgent, interaction: Interaction | None = None) -> Task:
    """A task as it is asked for, or derived from an interaction.

    Raises:
        RefusedError: its metadata has a wrong source, or the agent can do nothing with its additional input.
    """
    moment = now()
    source = source_of(request.metadata_source)
    task = Task(
        task_id=new_id(),
        topic_id=topic.topic_id,
        interaction_id=interaction.interaction_id if interaction else None,
        input=request.input,
        additional_input=request.additional_input,
        permission_mode=request.permission_mode or "ask",
        created_by="server" if interaction else "client",
        created_at=moment,
        modified_at=moment,
        **supplied(request.metadata, source),
    )
    agent.check(task)
    return added(task, agent.describe(task)) if request.metadata is None else task


def enter(batch: Batch, task: Task) -> None:
    """Put a new task into a batch."""
    batch.enter(TASKS, task.task_id)
    batch.enter(tasks_of(task.topic_id), task.task_id)
    record_change(batch, None, task)
