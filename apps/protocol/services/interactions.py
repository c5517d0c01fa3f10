"""Interactions: what a user says, what the agent answers, and the tasks that come of it."""

import asyncio
import logging
from collections.abc import Sequence

from repertory.apps.protocol.requests import InteractionRequest, Page, TaskRequest
from repertory.apps.protocol.services.common import Common, Parts, capped, listed, offset
from repertory.apps.protocol.services.tasks import enter as enter_task
from repertory.apps.protocol.services.tasks import new_task
from repertory.memory.errors import RepertoryError
from repertory.memory.records import JsonObject
from repertory.memory.topics.changes import told_interaction
from repertory.memory.topics.errors import NotFoundError
from repertory.memory.topics.ledger import TASKS, Batch, interactions_of
from repertory.memory.topics.metadata import added
from repertory.memory.topics.records import Interaction, Task, Topic, now, shown
from repertory.memory.topics.states import new_id

_log = logging.getLogger(__name__)


class Interactions(Common):
    """See the module's docstring."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._answering: set[asyncio.Task[None]] = set()

    async def create_interaction(self, topic_id: str, request: InteractionRequest) -> JsonObject:
        """Say something; gives the interaction once it is answered, or as it is when that takes longer."""
        topic = await self._topic(topic_id)
        moment = now()
        interaction = Interaction(
            interaction_id=new_id(),
            topic_id=topic_id,
            input=request.input,
            additional_input=request.additional_input,
            create_task=request.create_task,
            status="running",
            server=self._parts.servers.own,
            created_at=moment,
            modified_at=moment,
        )
        async with self._ledger.writing(topic_id) as batch:
            enter(batch, interaction)
        job = asyncio.create_task(self._answer(topic, interaction))
        self._answering.add(job)
        job.add_done_callback(self._answering.discard)
        await asyncio.wait({job}, timeout=self._parts.patience)
        return shown(await self._ledger.find(Interaction, interaction.interaction_id) or interaction)

    async def list_interactions(self, topic_id: str, page: Page) -> JsonObject:
        """A topic's interactions, the oldest first."""
        await self._topic(topic_id)
        page = capped(page)
        found, total = await self._ledger.page(Interaction, interactions_of(topic_id), offset(page), page.page_size)
        return listed("interactions", [await self._current(interaction) for interaction in found], total, page)

    async def get_interaction(self, topic_id: str, interaction_id: str) -> JsonObject:
        """An interaction."""
        await self._topic(topic_id)
        interaction = await self._ledger.find(Interaction, interaction_id)
        if interaction is None or interaction.topic_id != topic_id:
            raise NotFoundError(f"topic {topic_id!r} has no interaction {interaction_id!r}", "no_interaction")
        return shown(await self._current(interaction))

    async def _current(self, interaction: Interaction) -> Interaction:
        """As it stands: if the server that was to answer died, it has failed."""
        if interaction.status != "running" or await self._parts.servers.lives(interaction.server):
            return interaction
        return await self._end(
            interaction, {"status": "failed", "error": "the server stopped before it answered; say it again"}
        )

    async def _answer(self, topic: Topic, interaction: Interaction) -> None:
        try:
            said = await self._parts.agent.converse(topic, interaction)
            additional = interaction.additional_input
            tasks = [
                new_task(topic, TaskRequest(input=text, additional_input=additional), self._parts.agent, interaction)
                for text in said.tasks
            ]
            tasks = [_following(task, tasks, said.after[n] if said.after else None) for n, task in enumerate(tasks)]
        except Exception as error:  # noqa: BLE001 - whatever it is, the interaction has failed, and says so
            if not isinstance(error, RepertoryError):
                _log.error("interaction %s: %s", interaction.interaction_id, error, exc_info=error)
            await self._end(interaction, {"status": "failed", "error": str(error) or type(error).__name__})
            return
        ended = {"status": "completed", "output": said.output, "additional_output": said.additional_output}
        await self._end(interaction, {**ended, "task_ids": tuple(task.task_id for task in tasks)}, tasks)

    async def _end(self, interaction: Interaction, fields: JsonObject, tasks: list[Task] | None = None) -> Interaction:
        """Keep how it ended, with the tasks that come of it, all at once; what has ended before stays as it is."""
        names = (interaction.topic_id, *([TASKS] if tasks else []))
        async with self._ledger.writing(*names) as batch:
            known = await self._ledger.find(Interaction, interaction.interaction_id)
            if known is None or known.status != "running":
                return known or interaction
            for task in tasks or []:
                enter_task(batch, task)
            ended = known.model_copy(update={**fields, "server": None, "modified_at": now()})
            batch.put(ended)
            batch.tell(ended.topic_id, told_interaction(ended))
        return ended

    async def close(self) -> None:
        """Break off what is being answered."""
        for job in self._answering:
            job.cancel()
        if self._answering:
            await asyncio.wait(self._answering)


def _following(task: Task, tasks: Sequence[Task], after: int | None) -> Task:
    """A task whose metadata says which one it is to follow."""
    return task if after is None else added(task, {"after": tasks[after].task_id})


def enter(batch: Batch, interaction: Interaction) -> None:
    """Put a new interaction into a batch."""
    batch.put(interaction)
    batch.enter(interactions_of(interaction.topic_id), interaction.interaction_id)
    batch.tell(interaction.topic_id, told_interaction(interaction))


def feedback(task: Task, words: str) -> Interaction:
    """What the server says in the topic when a task that came from an interaction has ended."""
    moment = now()
    return Interaction(
        interaction_id=new_id(),
        topic_id=task.topic_id,
        input=None,
        output=words,
        status="completed",
        created_by="server",
        task_ids=(task.task_id,),
        created_at=moment,
        modified_at=moment,
    )
