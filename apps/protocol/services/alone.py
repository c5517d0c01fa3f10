"""Tasks driven with steps alone, as version 1 of the protocol does: an input is also the reply to what is asked."""

from repertory.apps.protocol.requests import DecisionRequest, ResultRequest, StepRequest
from repertory.apps.protocol.services.steps import Steps
from repertory.memory.records import JsonObject
from repertory.memory.topics.errors import ConflictError
from repertory.memory.topics.records import Action, Task, TaskStep, now, shown
from repertory.memory.topics.states import new_id

_YES = ("", "y")


class Alone(Steps):
    """See the module's docstring."""

    async def step_again(self, task_id: str, request: StepRequest) -> JsonObject:
        """Execute the next step, or reply to the open one; of a task that has ended give the last step again."""
        while True:
            task = await self._task(None, task_id)
            if task.ended:
                # However it ended: clients go on until they are told that a step is the last.
                return {**shown(await self._last(task)), "is_last": True}
            step = task.open_step
            try:
                if step is None:
                    return shown(await self._execute(task, request))
                if step.status == "awaiting_input":
                    await self._reply(task, step, request.input or "")
            except ConflictError:
                continue  # somebody was faster: look again
            await self._parts.driver.wait(task_id, self._parts.patience)
            return await self.get_step(None, task_id, (step.step_id))

    async def _reply(self, task: Task, step: TaskStep, text: str) -> None:
        """Take an input as the reply to the first action that waits."""
        action = next(action for action in step.actions if waits_for_reply(action))
        where = (task.topic_id, task.task_id, step.step_id, action.action_id)
        if action.status == "approved" or action.executor == "user":
            await self.report(*where, ResultRequest(status="completed", output=text, actor=action.executor))
        elif text.strip().lower() in _YES:
            await self.decide(*where, DecisionRequest(decision="approve"))
        else:
            await self.decide(*where, DecisionRequest(decision="feedback", feedback=text))

    async def _last(self, task: Task) -> TaskStep:
        """The step that a task ended with; one that ended without any gets one to close it."""
        if task.steps:
            ended = [step for step in task.steps if step.is_last] or [step for step in task.steps if step.ended]
            return ended[-1]
        moment = now()
        closing = TaskStep(
            step_id=new_id(),
            task_id=task.task_id,
            topic_id=task.topic_id,
            status="cancelled" if task.status == "cancelled" else "completed",
            output=task.output,
            is_last=True,
            created_at=moment,
            modified_at=moment,
        )
        changed = await self._ledger.change(
            task.task_id, task.topic_id, lambda now, _: now if now.steps else now.with_step(closing)
        )
        return changed.steps[-1]


def waits_for_reply(action: Action) -> bool:
    """Whether the user or the client has to say something about it."""
    return action.status == "proposed" or (action.status == "approved" and action.executor == "client")
