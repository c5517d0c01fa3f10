"""A task whose graph comes to rest: its step and actions say what the graph says, and what was decided stays."""

from typing import Any

import pytest

from repertory.memory.topics.errors import ConflictError
from repertory.memory.topics.records import Action, Task, TaskStep, now
from repertory.memory.topics.resting import rest
from repertory.memory.topics.states import MAX_SETBACKS, begin_step, decide, give_up, lose, report
from repertory.memory.topics.work import Act, Planned, Work


def begun(task: Task | None = None) -> tuple[Task, str]:
    task = task or Task(task_id="k", topic_id="t", created_at=now(), modified_at=now())
    task = begin_step(task, "server", text=None, additional_input=None)
    assert task.open_step
    return task, task.open_step.step_id


def act(key: str = "p#0", **fields: Any) -> Act:
    return Act(**{"key": key, "name": "write", "status": "proposed", "interrupt": "i", **fields})


def waiting(*acts: Act) -> Work:
    return Work(status="waiting", acts=acts)


def only(task: Task) -> tuple[TaskStep, Action]:
    step = task.steps[-1]
    return step, step.actions[-1]


def approved(task: Task) -> Task:
    step, action = only(task)
    return decide(task, step.step_id, action.action_id, "approve", feedback=None, actor="user")


def test_what_is_proposed_waits_and_what_was_done_is_said() -> None:
    """Proposed, approved, done: the action is one and the same, and the step ends with it."""
    task, step_id = begun()
    task = rest(task, step_id, waiting(act()))
    step, action = only(task)
    assert (task.status, step.status, action.status) == ("awaiting_input", "awaiting_input", "proposed")
    task = approved(task)
    assert (task.status, only(task)[0].status, only(task)[1].status) == ("running", "running", "approved")
    done = act(status="completed", interrupt=None, output="ok")
    task = rest(task, step_id, Work(status="completed", acts=(done,), is_last=True, output="fine"))
    assert (task.status, task.output) == ("completed", "fine")
    assert [(each.action_id, each.status, each.output) for each in task.steps[0].actions] == [
        (action.action_id, "completed", "ok")
    ]


def test_coming_to_rest_twice_is_coming_to_rest_once() -> None:
    """The same work, told again, brings no second action and undoes no decision."""
    task, step_id = begun()
    task = rest(task, step_id, waiting(act()))
    decided = approved(task)
    assert [each.action_id for each in rest(decided, step_id, waiting(act())).steps[0].actions] == [
        each.action_id for each in task.steps[0].actions
    ]
    assert only(rest(decided, step_id, waiting(act())))[1].status == "approved"


def test_nobody_is_asked_twice_after_a_crash() -> None:
    """The server dies with an approval it had not acted on: the next step finds the question answered."""
    task, step_id = begun()
    task = lose(approved(rest(task, step_id, waiting(act()))))
    assert (task.status, task.steps[0].status, only(task)[1].status) == ("created", "failed", "failed")
    task, step_id = begun(task)
    task = rest(task, step_id, waiting(act()))
    step, action = only(task)
    assert (step.status, action.status, action.decision, action.decided_by) == (
        "running",
        "approved",
        "approve",
        "user",
    )


def test_a_result_that_came_before_a_crash_counts_after_it() -> None:
    """What the user answered is taken over as it was said."""
    task, step_id = begun()
    task = rest(task, step_id, waiting(act(executor="user")))
    step, action = only(task)
    said: dict[str, Any] = {"output": "blue", "additional_output": None, "error": None, "actor": "user"}
    task = lose(report(task, step.step_id, action.action_id, "completed", **said))
    task, step_id = begun(task)
    _, action = only(rest(task, step_id, waiting(act(executor="user"))))
    assert (action.status, action.output) == ("completed", "blue")


def test_an_answer_of_no_use_is_asked_for_again() -> None:
    """The same proposal under another interrupt is another action, in the place of the first."""
    task, step_id = begun()
    task = approved(rest(task, step_id, waiting(act())))
    task = rest(task, step_id, waiting(act(interrupt="again", objection="too large")))
    first, second = task.steps[0].actions
    assert (first.status, first.error, second.status, second.supersedes) == (
        "failed",
        "too large",
        "proposed",
        first.action_id,
    )


def test_in_auto_mode_the_server_permits_what_it_performs_itself() -> None:
    """It is approved as it is proposed, and nobody waits."""
    task, step_id = begun()
    task = rest(task, step_id, waiting(act(auto=True), act("p#1", executor="client")))
    assert [(each.status, each.decided_by) for each in task.steps[0].actions] == [
        ("approved", "server"),
        ("proposed", None),
    ]
    assert task.status == "awaiting_input"


def test_planned_steps_come_and_go_with_the_plan() -> None:
    """Those that are still to come stay as they are, new ones come after them, others are called off."""
    task, step_id = begun()
    plan = tuple(Planned(key=key, name=key, input=key) for key in "ab")
    task = rest(task, step_id, Work(status="completed", planned=plan))
    b = task.steps[-1].step_id
    task, step_id = begun(task)
    assert (task.steps[1].step_id, task.steps[1].input) == (step_id, "a")
    task = rest(task, step_id, Work(key="a", status="completed", planned=(plan[1], Planned(key="c", name="c"))))
    assert [(step.name, step.status) for step in task.steps[1:]] == [
        ("a", "completed"),
        ("b", "created"),
        ("c", "created"),
    ]
    assert task.steps[2].step_id == b
    task, step_id = begun(task)
    task = rest(task, step_id, Work(key="b", status="failed", hopeless=True, error="no"))
    assert (task.status, task.error, task.steps[-1].status) == ("failed", "no", "cancelled")


def test_setbacks_end_a_task_when_there_are_too_many() -> None:
    """A step that fails for no fault of the work can be tried again; one that succeeds starts the count anew."""
    task, step_id = begun()
    for _ in range(MAX_SETBACKS - 1):
        task = give_up(task, step_id, "unreachable", setback=True)
        assert task.status == "created"
        task, step_id = begun(task)
    task = rest(task, step_id, Work(status="completed"))
    assert task.setbacks == 0
    for _ in range(MAX_SETBACKS):
        task, step_id = begun(task)
        task = give_up(task, step_id, "unreachable", setback=True)
    assert (task.status, task.error) == ("failed", "unreachable")
    with pytest.raises(ConflictError):
        begun(task)
