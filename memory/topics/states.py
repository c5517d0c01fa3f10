"""How tasks change: every move of the state machines, as a function from a task to the task after it.

A move that the state forbids raises a ConflictError, one that the party may not make a ForbiddenError, and nothing has
changed. Terminal states never change.
"""

from collections.abc import Iterable
from typing import Literal
from uuid import uuid4

from repertory.memory.records import JsonObject
from repertory.memory.topics.entities import Verdict
from repertory.memory.topics.errors import ConflictError, ForbiddenError, NotFoundError, UnprocessableError
from repertory.memory.topics.planning import again
from repertory.memory.topics.records import Action, Task, TaskStep, now

MAX_SETBACKS = 3
"""Steps in a row that fail for no fault of the work before the task is given up."""
_PARTIES = ("user", "client", "server")


def new_id() -> str:
    """An id of an entity."""
    return str(uuid4())


def begin_step(task: Task, server: str, *, text: str | None, additional_input: JsonObject | None) -> Task:
    """Begin the oldest step that was planned ahead, or a new one.

    Args:
        task: with no open step.
        server: who performs it.
        text: what is said for it; where nothing is, the planned input stays.
        additional_input: beside it.

    Raises:
        ConflictError: a step is open, or the task has ended.
    """
    if task.ended:
        raise ConflictError(f"task {task.task_id!r} is {task.status}: it takes no more steps", "task_ended")
    if task.open_step:
        which = task.open_step
        remedy = "decide its actions" if which.status == "awaiting_input" else "wait until it ends"
        raise ConflictError(f"step {which.step_id!r} of the task is {which.status}: {remedy}", "step_open")
    moment = now()
    planned = next((step for step in task.steps if step.status == "created"), None)
    step = planned or TaskStep(
        step_id=new_id(), task_id=task.task_id, topic_id=task.topic_id, created_at=moment, modified_at=moment
    )
    said = {"input": text if text is not None else step.input, "additional_input": additional_input}
    step = step.model_copy(update={**said, "status": "running", "modified_at": moment})
    changed = task.model_copy(update={"status": "running", "server": server, "modified_at": moment})
    return changed.with_step(step)


def decide(task: Task, step_id: str, action_id: str, verdict: Verdict, *, feedback: str | None, actor: str) -> Task:
    """The user's word on an action.

    Raises:
        ForbiddenError: somebody else's word.
        ConflictError: the action is not proposed any more, or is the user's own to perform and approved by doing so.
        UnprocessableError: feedback without words.
    """
    step, action = _found(task, step_id, action_id)
    if actor != "user":
        raise ForbiddenError(f"{actor!r} cannot decide: permissions are the user's alone", "not_the_user")
    if verdict == "feedback" and not (feedback or "").strip():
        raise UnprocessableError("feedback needs words: put them in `feedback`", "no_feedback")
    if action.status != "proposed":
        raise ConflictError(f"action {action_id!r} is {action.status}: only what is proposed is decided", "decided")
    if verdict == "approve" and action.executor == "user":
        raise ConflictError(
            f"action {action_id!r} is the user's own: give its result in place of a permission", "result_wanted"
        )
    status = {"approve": "approved", "reject": "rejected", "feedback": "superseded"}[verdict]
    said = {"decision": verdict, "feedback": feedback, "decided_by": "user", "status": status}
    return _with_action(task, step, action.model_copy(update={**said, "modified_at": now()}))


def report(
    task: Task,
    step_id: str,
    action_id: str,
    status: Literal["completed", "failed"],
    *,
    output: str | None,
    additional_output: JsonObject | None,
    error: str | None,
    actor: str,
) -> Task:
    """What came of an action that the client or the user performed.

    Raises:
        ForbiddenError: of somebody else than its executor.
        ConflictError: it is not the time for it.
    """
    step, action = _found(task, step_id, action_id)
    if actor != action.executor or actor == "server":
        raise ForbiddenError(
            f"{actor!r} cannot report on action {action_id!r}: its executor is the {action.executor}", "not_executor"
        )
    wanted = "proposed" if action.executor == "user" else "approved"
    if action.status != wanted:
        raise ConflictError(f"action {action_id!r} is {action.status}: its result is taken when it is {wanted}", "late")
    said = {"status": status, "output": output, "additional_output": additional_output, "error": error}
    if action.executor == "user":  # the answer is the permission
        said |= {"decision": "approve", "decided_by": "user"}
    return _with_action(task, step, action.model_copy(update={**said, "modified_at": now()}))


def cancel(task: Task) -> Task:
    """The user calls a task off, with its open step and actions, and what was planned.

    Raises:
        ConflictError: it has ended.
    """
    if task.ended:
        raise ConflictError(f"task {task.task_id!r} is {task.status}: it cannot be cancelled", "task_ended")
    steps = tuple(step if step.ended else _closed(step, "cancelled", None) for step in task.steps)
    return task.model_copy(update={"status": "cancelled", "steps": steps, "server": None, "modified_at": now()})


def lose(task: Task) -> Task:
    """What becomes of a task whose step ran when its server died: the step has failed, and another may go on."""
    step = task.open_step
    if step is None or step.status != "running":
        return task
    why = "the server stopped while the step ran; execute a step to go on with the task"
    return again(task.with_step(_closed(step, "failed", why)), step).model_copy(
        update={"status": "created", "server": None, "modified_at": now()}
    )


def give_up(task: Task, step_id: str, error: str, *, setback: bool) -> Task:
    """A step could not be performed.

    Args:
        task: whose open step it is.
        step_id: the step.
        error: why.
        setback: the same can be tried again, a few times; else the task has failed, too.
    """
    step = task.step(step_id)
    if step is None or step.ended or task.ended:
        return task
    setbacks = task.setbacks + 1 if setback else task.setbacks
    over = not setback or setbacks >= MAX_SETBACKS
    after = {
        "status": "failed" if over else "created",
        "error": error if over else None,
        "setbacks": setbacks,
        "server": None,
        "modified_at": now(),
    }
    task = task.with_step(_closed(step, "failed", error)).model_copy(update=after)
    return without_plans(task) if over else again(task, step)


def is_answerable(action: Action) -> bool:
    """Whether all that its graph waits for has come: a word against it, or a permission, or a result."""
    if action.status in ("rejected", "superseded", "completed", "failed"):
        return True
    return action.status == "approved" and action.executor == "server"


def waits(actions: Iterable[Action]) -> bool:
    """Whether a step with these actions waits for the user or the client."""
    return any(not is_answerable(action) and not action.settled for action in actions)


def without_plans(task: Task) -> Task:
    """A task that has ended keeps no steps that are still to come."""
    steps = tuple(_closed(step, "cancelled", None) if step.status == "created" else step for step in task.steps)
    return task.model_copy(update={"steps": steps})


def _closed(step: TaskStep, status: Literal["failed", "cancelled"], error: str | None) -> TaskStep:
    """A step that ends before its time, with its actions."""
    moment = now()
    actions = tuple(
        action
        if action.settled
        else action.model_copy(update={"status": status, "error": error, "modified_at": moment})
        for action in step.actions
    )
    return step.model_copy(update={"status": status, "error": error, "actions": actions, "modified_at": moment})


def _found(task: Task, step_id: str, action_id: str) -> tuple[TaskStep, Action]:
    step = task.step(step_id)
    action = next((action for action in step.actions if action.action_id == action_id), None) if step else None
    if step is None or action is None:
        raise NotFoundError(f"task {task.task_id!r} has no action {action_id!r} in a step {step_id!r}")
    return step, action


def _with_action(task: Task, step: TaskStep, action: Action) -> Task:
    """The task after something was said about an action; with the last word that was awaited, its step runs again."""
    actions = tuple(action if each.action_id == action.action_id else each for each in step.actions)
    status = "awaiting_input" if waits(actions) else "running"
    moment = action.modified_at
    changed = step.model_copy(update={"actions": actions, "status": status, "modified_at": moment})
    return task.with_step(changed).model_copy(update={"status": status, "modified_at": moment})
