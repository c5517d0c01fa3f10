"""A task driven to its end, as data: which call to make, when to wait, whom to ask. Nothing here reads or waits."""

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from repertory.apps.client import calls
from repertory.apps.client.calls import Call
from repertory.apps.client.errors import ProtocolError, UnreachableError
from repertory.apps.client.records import Action, Decision, Result, Step, Task
from repertory.memory.errors import InputError

_CONFLICT = 409
_SHORTEST, _LONGEST = 0.05, 1.0
"""Seconds between two looks at a step that runs."""


@dataclass(frozen=True)
class Pause:
    """To wait some seconds."""

    seconds: float


@dataclass(frozen=True)
class Ask:
    """To call a function of the caller's, and be sent what it returns."""

    call: Callable[[], Any]


Wanted = Call[Any] | Pause | Ask
Driving = Generator[Wanted, Any, Task]
"""Yields what is wanted and is sent the answer; where it fails the error is thrown in."""


Decide = Callable[[Action], Any]
"""Who decides: gives a `Decision`; for an action of the user's a `Result`, the answer; None leaves it undecided."""
Tools = Mapping[str, Callable[..., Any]]
"""Functions that run at the client, by the names of the tools that the task declares."""
Rested = Callable[[Step], Any]
"""Is told a step that came to rest."""


def drive(topic_id: str, task_id: str, decide: Decide, tools: Tools, rested: Rested | None = None) -> Driving:
    """Drive a task to its end, or until all that is open is left undecided.

    Args:
        topic_id: where the task is.
        task_id: which one.
        decide: is asked about each action that is proposed.
        tools: run what the client is to run; an action of another name is left to another client.
        rested: is told each step that came to rest.

    Raises:
        InputError: `decide` gave a result for what the server or the client runs, or approved a question.
    """
    while True:
        task: Task = yield calls.get_task(topic_id, task_id)
        if task.ended:
            return task
        step = yield from _next_step(task)
        if step is None:  # somebody else drives it, too
            yield Pause(_SHORTEST)
        elif not (yield from _to_its_end(step, decide, tools, rested)):
            task = yield calls.get_task(topic_id, task_id)
            return task


def _to_its_end(step: Step, decide: Decide, tools: Tools, rested: Rested | None) -> Generator[Wanted, Any, bool]:
    """Have all that a step proposes settled; False: what is left is for somebody else."""
    left: set[str] = set()
    while True:
        step = yield from _at_rest(step)
        if rested is not None:
            yield Ask(partial(rested, step))
        if step.ended:
            return True
        waiting = [action for action in step.actions if _waits(action)]
        for action in waiting:
            if action.action_id not in left and not (yield from _settle(action, decide, tools)):
                left.add(action.action_id)
        if waiting and all(action.action_id in left for action in waiting):
            return False
        if not waiting:  # all is decided, and it is about to run
            yield Pause(_SHORTEST)
        step = yield calls.get_step(step.topic_id, step.task_id, step.step_id)


def _waits(action: Action) -> bool:
    """Whether it is for the user or the client to go on with it."""
    return action.status == "proposed" or (action.status == "approved" and action.executor == "client")


def _next_step(task: Task) -> Generator[Wanted, Any, Step | None]:
    """The open step, or the next one, begun; None where that has just changed."""
    if task.status == "created":
        try:
            begun: Step = yield calls.execute_step(task.topic_id, task.task_id)
        except (ProtocolError, UnreachableError) as error:
            if isinstance(error, ProtocolError) and error.status != _CONFLICT:
                raise
            return None  # whether it was begun, the task will tell
        return begun
    listing, page, last = calls.list_steps(task.topic_id, task.task_id), 0, 1
    while page != last:  # the open step is among the newest
        page = last
        part = yield listing.page(page)
        last = max(part.pages, 1)
    return next((step for step in reversed(part.items) if step.status in ("running", "awaiting_input")), None)


def _at_rest(step: Step) -> Generator[Wanted, Any, Step]:
    pause = _SHORTEST
    while step.status == "running":
        yield Pause(pause)
        pause = min(_LONGEST, pause * 1.5)
        step = yield calls.get_step(step.topic_id, step.task_id, step.step_id)
    return step


def _settle(action: Action, decide: Decide, tools: Tools) -> Generator[Wanted, Any, bool]:
    """Have an action decided and, where it is the client's, performed; False: it is left as it is."""
    try:
        if action.status == "proposed":
            word = yield Ask(partial(decide, action))
            match word:
                case None:
                    return False
                case Result() if action.executor == "user":
                    yield calls.report(action, word)
                    return True
                case Decision() if action.executor != "user" or word.decision != "approve":
                    action = yield calls.decide(action, word)
                case _:
                    who = f"the action {action.name!r}, which the {action.executor} performs"
                    wanted = "a Result, a rejection or feedback" if action.executor == "user" else "a Decision"
                    raise InputError(f"decide gave {word!r} for {who}; give {wanted}, or None to leave it")
        if action.status == "approved" and action.executor == "client":
            if action.name not in tools:
                return False
            yield calls.report(action, (yield from _performed(action, tools[action.name])))
    except ProtocolError as error:
        if error.status != _CONFLICT:  # else somebody was faster: the step tells
            raise
    return True


def _performed(action: Action, tool: Callable[..., Any]) -> Generator[Wanted, Any, Result]:
    """What came of a tool; its error is for the agent."""
    try:
        output = yield Ask(partial(tool, **action.args))
        if isinstance(output, Result):
            return output
        data = output if isinstance(output, dict) else None
        text = output if output is None or isinstance(output, str) else json.dumps(output, ensure_ascii=False)
    except Exception as error:  # noqa: BLE001 - whatever a tool raises is a result that the agent learns of
        return Result(status="failed", error=f"{type(error).__name__}: {error}")
    return Result(output=text, additional_output=data)
