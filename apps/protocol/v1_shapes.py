"""Entities as version 1 of the protocol has them, made from those of version 2."""

import json
from collections.abc import Callable
from typing import Any

from repertory.apps.protocol.requests import AgentTaskRequest, TaskRequest
from repertory.memory.records import JsonObject


def task_request(asked: AgentTaskRequest) -> TaskRequest:
    """A task as version 1 asks for it: nobody is asked for permission, unless `additional_input` wants it so."""
    ask = (asked.additional_input or {}).get("permission_mode") == "ask"
    return TaskRequest(
        input=asked.input, additional_input=asked.additional_input, permission_mode="ask" if ask else "auto"
    )


def page_of(name: str, shape: Callable[[JsonObject], JsonObject], page: JsonObject) -> JsonObject:
    """A page with each of its items in its shape."""
    return {**page, name: [shape(item) for item in page[name]]}


def task_of(task: JsonObject) -> JsonObject:
    """A task."""
    return {
        "task_id": task["task_id"],
        "input": task["input"],
        "additional_input": task["additional_input"] or {},
        "artifacts": [artifact_of(artifact) for artifact in task["artifacts"]],
    }


def artifact_of(artifact: JsonObject) -> JsonObject:
    """A file."""
    return {name: artifact[name] for name in ("artifact_id", "agent_created", "file_name", "relative_path")}


def step_of(step: JsonObject) -> JsonObject:
    """A step. Version 1 knows three states: a step that waits, failed or was cancelled is completed, and says why."""
    status, output, is_last = step["status"], step["output"], step["is_last"]
    if status == "awaiting_input":
        status, output, is_last = "completed", _question(step), False
    elif status == "failed":
        status, output = "completed", step["error"]
    elif status == "cancelled":
        status, is_last = "completed", True
    same = {name: step[name] for name in ("step_id", "task_id", "name", "input", "additional_output")}
    return {
        **same,
        "additional_input": step["additional_input"] or {},
        "status": status,
        "output": output,
        "artifacts": [artifact_of(artifact) for artifact in step["artifacts"]],
        "is_last": is_last,
    }


def _question(step: JsonObject) -> str:
    """What the next input replies to."""
    waiting = [action for action in step["actions"] if _waits(action)]
    return _words(waiting[0]) if waiting else "the agent goes on; ask again"


def _waits(action: JsonObject) -> bool:
    return bool(action["status"] == "proposed" or (action["status"] == "approved" and action["executor"] == "client"))


def _words(action: JsonObject) -> str:
    args = action["args"]
    if action["executor"] == "user":
        texts = [value for value in args.values() if isinstance(value, str)]
        return texts[0] if len(texts) == 1 else _call(action)
    if action["status"] == "approved":
        return f"Run {_call(action)} and give its result."
    if plan := _plan(args.get("steps")):
        return f"{plan}\n\nMay this plan be performed? Give y, or say what to do instead."
    return f"May {_call(action)} be done? Give y, or say what to do instead."


def _plan(steps: Any) -> str:
    """The steps of a plan that is proposed, in lines; nothing where it is no plan."""
    if not isinstance(steps, list) or not all(isinstance(step, dict) and "instruction" in step for step in steps):
        return ""
    return "\n".join(f"{number}. {step['instruction']}" for number, step in enumerate(steps, 1))


def _call(action: JsonObject) -> str:
    arguments = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in action["args"].items())
    return f"{action['name']}({arguments})"
