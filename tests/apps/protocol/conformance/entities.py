"""What each entity of the contract must look like (section 3), whatever it came from."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

Body = dict[str, Any]
Check = Callable[[Any], bool]

TERMINAL = {"completed", "failed", "cancelled"}
SETTLED = TERMINAL | {"rejected", "superseded"}


def text(value: Any) -> bool:
    """A string."""
    return isinstance(value, str)


def identifier(value: Any) -> bool:
    """An opaque, non-empty string."""
    return isinstance(value, str) and value != ""


def flag(value: Any) -> bool:
    """A boolean."""
    return isinstance(value, bool)


def whole(value: Any) -> bool:
    """An integer from 0."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def thing(value: Any) -> bool:
    """An object."""
    return isinstance(value, dict)


def things(value: Any) -> bool:
    """A list of objects."""
    return isinstance(value, list) and all(map(thing, value))


def identifiers(value: Any) -> bool:
    """A list of ids."""
    return isinstance(value, list) and all(map(identifier, value))


def moment(value: Any) -> bool:
    """RFC 3339 in UTC."""
    return isinstance(value, str) and bool(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", value)
        and datetime.fromisoformat(value.replace("Z", "+00:00"))
    )


def null_or(check: Check) -> Check:
    """Null, or what the check accepts."""
    return lambda value: value is None or check(value)


def one_of(*values: str | None) -> Check:
    """One of those."""
    return lambda value: value in values


TIMES = {"created_at": moment, "modified_at": moment}
FIELDS: dict[str, dict[str, Check]] = {
    "topic": {
        "topic_id": identifier,
        "name": null_or(text),
        "input": null_or(text),
        "additional_input": null_or(thing),
        "metadata": null_or(thing),
        "artifacts": things,
        "implicit": flag,
        **TIMES,
    },
    "interaction": {
        "interaction_id": identifier,
        "topic_id": identifier,
        "input": null_or(text),
        "additional_input": null_or(thing),
        "output": null_or(text),
        "additional_output": null_or(thing),
        "status": one_of("created", "running", "completed", "failed"),
        "created_by": one_of("client", "server"),
        "task_ids": identifiers,
        "error": null_or(text),
        **TIMES,
    },
    "task": {
        "task_id": identifier,
        "topic_id": identifier,
        "interaction_id": null_or(identifier),
        "input": null_or(text),
        "additional_input": null_or(thing),
        "status": one_of("created", "running", "awaiting_input", "completed", "failed", "cancelled"),
        "output": null_or(text),
        "error": null_or(text),
        "permission_mode": one_of("ask", "auto"),
        "created_by": one_of("client", "server"),
        "metadata": thing,
        "metadata_source": one_of("user", "client", "server"),
        "metadata_provenance": thing,
        "artifacts": things,
        **TIMES,
    },
    "step": {
        "step_id": identifier,
        "task_id": identifier,
        "topic_id": identifier,
        "name": null_or(text),
        "input": null_or(text),
        "additional_input": null_or(thing),
        "status": one_of("created", "running", "awaiting_input", "completed", "failed", "cancelled"),
        "output": null_or(text),
        "additional_output": null_or(thing),
        "artifacts": things,
        "is_last": flag,
        "actions": things,
        "error": null_or(text),
        **TIMES,
    },
    "action": {
        "action_id": identifier,
        "step_id": identifier,
        "task_id": identifier,
        "topic_id": identifier,
        "name": text,
        "args": thing,
        "executor": one_of("server", "client", "user"),
        "status": one_of(
            "proposed", "approved", "rejected", "superseded", "running", "completed", "failed", "cancelled"
        ),
        "decision": one_of("approve", "reject", "feedback", None),
        "feedback": null_or(text),
        "decided_by": one_of("user", "server", None),
        "output": null_or(text),
        "additional_output": null_or(thing),
        "error": null_or(text),
        "supersedes": null_or(identifier),
        **TIMES,
    },
    "artifact": {
        "artifact_id": identifier,
        "agent_created": flag,
        "file_name": identifier,
        "relative_path": null_or(text),
        "topic_id": identifier,
        "task_id": null_or(identifier),
        "step_id": null_or(identifier),
        "size": whole,
        "created_at": moment,
    },
}


def checked(kind: str, body: Any) -> Body:
    """An entity that has every field of its kind, each of its type, and that holds together."""
    assert isinstance(body, dict), (kind, body)
    for name, check in FIELDS[kind].items():
        assert name in body, f"{kind} without {name}: {body}"
        assert check(body[name]), f"{kind}.{name} is {body[name]!r}: {body}"
    if "modified_at" in FIELDS[kind]:
        assert body["created_at"] <= body["modified_at"], body
    {"task": _task, "step": _step, "action": _action}.get(kind, lambda body: None)(body)
    for artifact in body.get("artifacts", ()):
        checked("artifact", artifact)
    return body


def _task(task: Body) -> None:
    assert set(task["metadata_provenance"]) == set(task["metadata"]), task
    assert set(task["metadata_provenance"].values()) <= {"user", "client", "server"}, task
    assert task["status"] == "failed" or task["error"] is None, task


def _step(step: Body) -> None:
    for action in step["actions"]:
        checked("action", action)
        assert (action["step_id"], action["task_id"], action["topic_id"]) == (
            step["step_id"],
            step["task_id"],
            step["topic_id"],
        )
    waiting = [action for action in step["actions"] if waits(action)]
    if step["status"] in TERMINAL:
        assert all(action["status"] in SETTLED for action in step["actions"]), step
    if step["status"] == "awaiting_input":
        assert waiting, step
    if step["status"] == "running":
        assert not waiting, step
    ids = [action["action_id"] for action in step["actions"]]
    assert len(ids) == len(set(ids)), step
    for place, action in enumerate(step["actions"]):  # the former comes first; it may be of a step that broke off
        assert action["supersedes"] not in ids[place:], step


def waits(action: Body) -> bool:
    """Whether a step with this action waits for somebody (section 5)."""
    return bool(action["status"] == "proposed" or (action["status"] == "approved" and action["executor"] == "client"))


def _action(action: Body) -> None:
    status, decision = action["status"], action["decision"]
    assert (decision is None) == (action["decided_by"] is None), action
    expected = {"proposed": None, "approved": "approve", "running": "approve", "rejected": "reject"}
    expected["superseded"] = "feedback"
    if status in expected:
        assert decision == expected[status], action
    if decision == "feedback":
        assert action["feedback"], action
    if action["decided_by"] == "server":
        assert action["executor"] == "server", action
        assert decision == "approve", action
    if status in ("rejected", "superseded", "proposed", "approved"):
        assert action["output"] is None, action
        assert action["error"] is None, action
