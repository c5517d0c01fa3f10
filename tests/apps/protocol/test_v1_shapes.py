"""Version 1's view of entities, of which it knows fewer fields and fewer states."""

from typing import Any

import pytest

from repertory.apps.protocol.requests import AgentTaskRequest
from repertory.apps.protocol.v1_shapes import artifact_of, page_of, step_of, task_of, task_request
from repertory.memory.topics.records import Action, Task, TaskStep, TopicArtifact, now, shown

IDS = {"topic_id": "t", "created_at": now(), "modified_at": now()}
FILE = TopicArtifact(
    artifact_id="f", topic_id="t", agent_created=True, file_name="a", size=1, sha256="0", created_at=now()
)


def action(name: str = "send", **fields: Any) -> Action:
    """An action of a step."""
    return Action(action_id="a", step_id="s", task_id="k", name=name, key="p#c", **IDS, **{"args": {}, **fields})


def step(status: Any, *actions: Action, **fields: Any) -> dict[str, Any]:
    """A step as version 2 shows it."""
    return shown(TaskStep(step_id="s", task_id="k", status=status, actions=actions, **IDS, **fields))


@pytest.mark.parametrize("status", ["created", "running", "completed"])
def test_states_that_version_1_knows_stay(status: str) -> None:
    """With output and all."""
    seen = step_of(step(status, output="done", name="n", input="i", is_last=True, artifacts=(FILE,)))
    assert seen == {
        "step_id": "s",
        "task_id": "k",
        "name": "n",
        "input": "i",
        "additional_input": {},
        "status": status,
        "output": "done",
        "additional_output": None,
        "artifacts": [artifact_of(shown(FILE))],
        "is_last": True,
    }


def test_a_failed_step_is_completed_and_says_why() -> None:
    """It stays the last one if it was."""
    for last in (True, False):
        seen = step_of(step("failed", output="half", error="no ink", is_last=last))
        assert (seen["status"], seen["output"], seen["is_last"]) == ("completed", "no ink", last)


def test_a_cancelled_step_is_completed_and_the_last() -> None:
    """None comes after it."""
    seen = step_of(step("cancelled", output="half"))
    assert (seen["status"], seen["output"], seen["is_last"]) == ("completed", "half", True)


@pytest.mark.parametrize(
    ("waiting", "words"),
    [
        (action(args={"to": "Bo"}), 'May send(to="Bo") be done? Give y, or say what to do instead.'),
        (action(args={"n": 1, "of": ["ö"]}), 'May send(n=1, of=["ö"]) be done? Give y, or say what to do instead.'),
        (action(executor="client", status="approved"), "Run send() and give its result."),
        (action("ask", executor="user", args={"question": "Which one?"}), "Which one?"),
        (action("choose", executor="user", args={"of": ["a", "b"]}), 'choose(of=["a", "b"])'),
    ],
)
def test_a_step_that_waits_is_completed_and_asks(waiting: Action, words: str) -> None:
    """The first action that waits is what the next input replies to."""
    done, later = action("first", status="completed"), action("later")
    seen = step_of(step("awaiting_input", done, waiting, later, is_last=True))
    assert (seen["status"], seen["output"], seen["is_last"]) == ("completed", words, False)


def test_tasks_lose_what_version_1_does_not_know() -> None:
    """And an absent additional input is an empty one, since it may not be null there."""
    task = shown(Task(task_id="k", input="x", artifacts=(FILE,), metadata={"a": 1}, **IDS))
    assert task_of(task) == {
        "task_id": "k",
        "input": "x",
        "additional_input": {},
        "artifacts": [{"artifact_id": "f", "agent_created": True, "file_name": "a", "relative_path": None}],
    }
    page = page_of("tasks", task_of, {"tasks": [task, task], "pagination": {"total_items": 2}})
    assert page == {"tasks": [task_of(task)] * 2, "pagination": {"total_items": 2}}


@pytest.mark.parametrize(
    ("additional", "mode"),
    [(None, "auto"), ({}, "auto"), ({"permission_mode": "ask"}, "ask"), ({"permission_mode": ["ask"]}, "auto")],
)
def test_nobody_is_asked_unless_the_client_wants_it(additional: Any, mode: str) -> None:
    """The wish stays in the additional input, too; metadata come from the server."""
    request = task_request(AgentTaskRequest(input="x", additional_input=additional))
    assert (request.permission_mode, request.additional_input, request.metadata) == (mode, additional, None)
