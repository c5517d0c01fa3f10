"""What becomes of a task when its graph comes to rest: the work so far, as steps and actions."""

from collections.abc import Iterable
from typing import Any

from repertory.memory.topics.metadata import added
from repertory.memory.topics.planning import plan_ahead
from repertory.memory.topics.records import Action, Task, TaskStep, TopicArtifact, now
from repertory.memory.topics.states import new_id, waits, without_plans
from repertory.memory.topics.work import Act, Work


def rest(task: Task, step_id: str, work: Work, artifacts: Iterable[TopicArtifact] = ()) -> Task:
    """The task with what its graph has done.

    Args:
        task: whose step was performed; one that has ended meanwhile stays as it is.
        step_id: the step.
        work: where the graph rests.
        artifacts: files that the step made, and that are new.
    """
    step = task.step(step_id)
    if step is None or step.ended or task.ended:
        return task
    made = tuple(artifacts)
    actions = _acted(task, step, work.acts)
    ended = work.status != "waiting"
    if ended:
        actions = tuple(_left_over(action) for action in actions)
    status = work.status if ended else "awaiting_input" if waits(actions) else "running"
    step = step.model_copy(
        update={
            **_told(step, work),
            "status": status,
            "actions": actions,
            "artifacts": (*step.artifacts, *made),
            "is_last": ended and work.is_last,
            "modified_at": now(),
        }
    )
    task = task.model_copy(update={"artifacts": (*task.artifacts, *made)}).with_step(step)
    task = added(plan_ahead(task, work.planned) if ended else task, work.metadata)
    return _after(task, step, work)


def _told(step: TaskStep, work: Work) -> dict[str, Any]:
    return {
        "key": work.key,
        "name": work.name or step.name,
        "input": step.input if step.input is not None and step.key in (None, work.key) else work.input,
        "output": work.output,
        "additional_output": work.additional_output,
        "error": work.error,
    }


def _after(task: Task, step: TaskStep, work: Work) -> Task:
    moment = step.modified_at
    if not step.ended:
        return task.model_copy(update={"status": step.status, "modified_at": moment})
    free: dict[str, Any] = {"server": None, "modified_at": moment, "setbacks": task.setbacks + 1 if work.setback else 0}
    if step.status == "completed" and step.is_last:
        done = {**free, "status": "completed", "output": step.output}
        return without_plans(task.model_copy(update=done))
    if step.status == "failed" and (work.hopeless or step.is_last):
        failed = {**free, "status": "failed", "error": step.error, "output": step.output}
        return without_plans(task.model_copy(update=failed))
    return task.model_copy(update={**free, "status": "created"})


def _acted(task: Task, step: TaskStep, acts: Iterable[Act]) -> tuple[Action, ...]:
    """The actions of a step, with what became of them and with those that are new."""
    actions = {action.action_id: action for action in step.actions}
    before = [action for each in task.steps if each.step_id != step.step_id for action in each.actions]
    for act in acts:
        same = [action for action in actions.values() if action.key == act.key]
        latest = same[-1] if same else None
        if latest and not (act.interrupt and latest.interrupt != act.interrupt):
            actions[latest.action_id] = _updated(latest, act)
            continue
        if latest:  # the answer was of no use, and it is asked again
            actions[latest.action_id] = _refused(latest, act.objection)
        if act.status != "proposed" and any((action.key, action.status) == (act.key, act.status) for action in before):
            continue  # what another step has shown
        action = _new(step, act, latest or _superseded(act, actions.values(), before))
        actions[action.action_id] = _answered_before(action, before)
    return tuple(actions.values())


def _superseded(act: Act, actions: Iterable[Action], before: Iterable[Action]) -> Action | None:
    return next((action for action in (*actions, *before) if act.supersedes and action.key == act.supersedes), None)


def _new(step: TaskStep, act: Act, instead_of: Action | None) -> Action:
    moment = now()
    permitted: dict[str, Any] = {"decision": "approve", "decided_by": "server"} if act.auto else {}
    status = "approved" if act.auto and act.status == "proposed" else act.status
    return Action(
        action_id=new_id(),
        step_id=step.step_id,
        task_id=step.task_id,
        topic_id=step.topic_id,
        name=act.name,
        args=act.args,
        executor=act.executor,
        status=status,
        output=act.output,
        additional_output=act.data,
        error=act.error,
        supersedes=instead_of.action_id if instead_of else None,
        key=act.key,
        interrupt=act.interrupt,
        created_at=moment,
        modified_at=moment,
        **permitted,
    )


_SAID = ("decision", "feedback", "decided_by")
_ANSWER = (*_SAID, "status", "output", "additional_output", "error")


def _answered_before(action: Action, before: Iterable[Action]) -> Action:
    """What was said about the same question in a step that broke off counts; nobody is asked twice."""
    decided = [known for known in before if known.key == action.key and known.decision]
    if action.status != "proposed":  # it was done, and the step broke off before that was known
        return action.model_copy(update={name: getattr(decided[-1], name) for name in _SAID}) if decided else action
    known = next((known for known in decided if known.interrupt == action.interrupt), None)
    if known is None:
        return action
    said = {name: getattr(known, name) for name in _ANSWER}
    if known.decision == "approve" and known.executor == "server":
        said |= {"status": "approved", "error": None}  # it had been permitted, and was not done
    return action.model_copy(update=said)


def _updated(action: Action, act: Act) -> Action:
    """An action with what became of it; what was decided stays decided."""
    if action.settled or act.status == "proposed":
        return action
    told = {"status": act.status, "output": act.output, "additional_output": act.data, "error": act.error}
    return action.model_copy(update={**told, "modified_at": now()})


def _refused(action: Action, objection: str | None) -> Action:
    if action.settled:
        return action
    return action.model_copy(
        update={"status": "failed", "error": objection or "the answer was of no use", "modified_at": now()}
    )


def _left_over(action: Action) -> Action:
    """Of a step that has ended nothing stays open."""
    if action.settled:
        return action
    if action.status == "proposed":
        return action.model_copy(update={"status": "cancelled", "modified_at": now()})
    why = "as far as is known, it was not performed"
    return action.model_copy(update={"status": "failed", "error": why, "modified_at": now()})
