"""The steps of a task that are to come, as far as they are known."""

from collections.abc import Sequence
from itertools import zip_longest
from uuid import uuid4

from repertory.memory.topics.records import Task, TaskStep, now
from repertory.memory.topics.work import Planned


def plan_ahead(task: Task, planned: Sequence[Planned]) -> Task:
    """The task with exactly these steps to come, in this order.

    The list of steps is in the order of their creation, and the oldest that is to come is the next to be executed. So
    where something comes before them, those that are there move on, and the last of it is new; where they are too many,
    the last are called off.
    """
    moment = now()
    coming = [step for step in task.steps if step.status == "created"]
    for step, plan in zip_longest(coming, planned):
        if step is None:
            made = TaskStep(
                step_id=str(uuid4()),
                task_id=task.task_id,
                topic_id=task.topic_id,
                created_at=moment,
                modified_at=moment,
                **dict(plan),
            )
            task = task.with_step(made)
        elif plan is None:
            task = task.with_step(step.model_copy(update={"status": "cancelled", "modified_at": moment}))
        elif step.key != plan.key:
            task = task.with_step(step.model_copy(update={**dict(plan), "modified_at": moment}))
    return task


def again(task: Task, step: TaskStep) -> Task:
    """The task after a step of its plan broke off: the same is to come again, before the others."""
    if step.key is None:
        return task
    # what was said for it, its agent has heard
    head = Planned(key=step.key, name=step.name or step.key)
    rest = [
        Planned(key=each.key or "", name=each.name or "", input=each.input)
        for each in task.steps
        if each.status == "created"
    ]
    return plan_ahead(task, [head, *rest])
