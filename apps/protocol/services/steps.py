"""Steps and their actions: executed, decided, reported on."""

from repertory.apps.protocol.requests import DecisionRequest, Page, ResultRequest, StepRequest
from repertory.apps.protocol.services.common import Common, capped, listed, part
from repertory.memory.records import JsonObject
from repertory.memory.topics.errors import NotFoundError
from repertory.memory.topics.records import Action, Task, TaskStep, shown
from repertory.memory.topics.states import begin_step, decide, report

_AT_ONCE = 1.0
"""Seconds that the answer to a decision waits for what was decided to be done."""


class Steps(Common):
    """See the module's docstring."""

    async def execute_step(self, topic_id: str | None, task_id: str, request: StepRequest) -> JsonObject:
        """Execute the next step; gives it where it rests, or as it is when that takes longer."""
        task = await self._task(topic_id, task_id)
        return shown(await self._execute(task, request))

    async def list_steps(self, topic_id: str | None, task_id: str, page: Page) -> JsonObject:
        """A task's steps, the oldest first."""
        task, page = await self._task(topic_id, task_id), capped(page)
        return listed("steps", part(task.steps, page), len(task.steps), page)

    async def get_step(self, topic_id: str | None, task_id: str, step_id: str) -> JsonObject:
        """A step."""
        return shown((await self._step(topic_id, task_id, step_id))[1])

    async def list_actions(self, topic_id: str, task_id: str, step_id: str, page: Page) -> JsonObject:
        """A step's actions, in the order proposed."""
        (_, step), page = await self._step(topic_id, task_id, step_id), capped(page)
        return listed("actions", part(step.actions, page), len(step.actions), page)

    async def get_action(self, topic_id: str, task_id: str, step_id: str, action_id: str) -> JsonObject:
        """An action."""
        return shown(await self._action(topic_id, task_id, step_id, action_id))

    async def decide(
        self, topic_id: str, task_id: str, step_id: str, action_id: str, request: DecisionRequest
    ) -> JsonObject:
        """Take the user's word on an action."""
        await self._action(topic_id, task_id, step_id, action_id)
        server, actor = self._parts.servers.own, "user" if request.actor is None else request.actor

        def move(task: Task) -> Task:
            moved = decide(task, step_id, action_id, request.decision, feedback=request.feedback, actor=actor)
            return moved.model_copy(update={"server": server})

        task = await self._ledger.change(task_id, topic_id, lambda task, _: move(task))
        return await self._go_on(task, step_id, action_id)

    async def report(
        self, topic_id: str, task_id: str, step_id: str, action_id: str, request: ResultRequest
    ) -> JsonObject:
        """Take the result of an action that the client or the user performed."""
        await self._action(topic_id, task_id, step_id, action_id)
        server, actor = self._parts.servers.own, "client" if request.actor is None else request.actor

        def move(task: Task) -> Task:
            moved = report(
                task,
                step_id,
                action_id,
                request.status,
                output=request.output,
                additional_output=request.additional_output,
                error=request.error,
                actor=actor,
            )
            return moved.model_copy(update={"server": server})

        task = await self._ledger.change(task_id, topic_id, lambda task, _: move(task))
        return await self._go_on(task, step_id, action_id)

    async def _execute(self, task: Task, request: StepRequest) -> TaskStep:
        server = self._parts.servers.own
        begun = await self._ledger.change(
            task.task_id,
            task.topic_id,
            lambda now, _: begin_step(now, server, text=request.input, additional_input=request.additional_input),
        )
        step = begun.open_step
        if step is None:
            raise RuntimeError("a step that was begun is not open")
        self._parts.driver.start(begun)
        await self._parts.driver.wait(begun.task_id, self._parts.patience)
        return (await self._step(None, begun.task_id, step.step_id))[1]

    async def _go_on(self, task: Task, step_id: str, action_id: str) -> JsonObject:
        self._parts.driver.start(task)
        await self._parts.driver.wait(task.task_id, min(_AT_ONCE, self._parts.patience))
        return shown(await self._action(None, task.task_id, step_id, action_id))

    async def _action(self, topic_id: str | None, task_id: str, step_id: str, action_id: str) -> Action:
        _, step = await self._step(topic_id, task_id, step_id)
        for action in step.actions:
            if action.action_id == action_id:
                return action
        raise NotFoundError(f"step {step_id!r} has no action {action_id!r}", "no_action")
