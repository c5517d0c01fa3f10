"""Tasks that are driven from the command line, by a person, or as far as nobody is needed."""

import argparse
import shlex
import sys
import time

from repertory.apps.client import APPROVE, Action, Client, Decision, Result, Step, Task
from repertory.apps.commands.broken_off import broken_off
from repertory.apps.commands.topics.asking import Prompt
from repertory.apps.commands.topics.shown import Shown
from repertory.apps.status import DECISION_NEEDED, ERROR, OK
from repertory.memory.errors import InputError

_LOOK = 0.1
"""Seconds between two looks at a step that runs."""
_STATUS: dict[str, int] = {"completed": OK, "awaiting_input": DECISION_NEEDED}


def task(client: Client, shown: Shown, options: argparse.Namespace) -> int:
    """`repertory topics task`: make a task, and drive it."""
    made = client.create_task(
        options.topic,
        options.text,
        additional_input=options.additional,
        permission_mode="auto" if options.auto else "ask",
    )
    shown.task(made)
    return _driven(client, shown, made, options)


def go(client: Client, shown: Shown, options: argparse.Namespace) -> int:
    """`repertory topics go`: go on with a task."""
    found = client.get_task(options.topic, options.task)
    if options.auto and not found.ended:
        client.update_task(options.topic, options.task, permission_mode="auto")
    return _driven(client, shown, found, options)


def decide(client: Client, shown: Shown, options: argparse.Namespace) -> int:
    """`repertory topics decide`: give the user's word on an action, and go on with the task."""
    action = _chosen(_waiting(client, options.topic, options.task), options)
    if options.answer is not None:
        if action.executor == "server":
            raise InputError(f"{action.name!r} takes no answer: give --approve, --reject or --feedback")
        client.report(action, Result(output=options.answer))
    else:
        client.decide(action, _decision(options))
    step = client.get_step(action.topic_id, action.task_id, action.step_id)
    while step.status == "running":
        time.sleep(_LOOK)
        step = client.get_step(action.topic_id, action.task_id, action.step_id)
    if step.ended:  # else it is shown as the task is gone on with
        shown.step(step)
    return go(client, shown, options)


def waits(action: Action) -> bool:
    """Whether an action is for the user or the client to go on with."""
    return action.status == "proposed" or (action.status == "approved" and action.executor == "client")


def _decision(options: argparse.Namespace) -> Decision:
    if options.approve:
        return APPROVE
    if options.feedback is not None:
        return Decision(decision="feedback", feedback=options.feedback)
    return Decision(decision="reject", feedback=options.reject or None)


def _driven(client: Client, shown: Shown, begun: Task, options: argparse.Namespace) -> int:
    here = f"{begun.topic_id} {begun.task_id}{_where(options)}"
    asks = not options.json and sys.stdin.isatty() and sys.stdout.isatty()
    rested: list[Step] = []

    def tell(step: Step) -> None:
        rested[:] = [step]
        shown.step(step)

    try:
        task = client.perform(begun.topic_id, begun.task_id, Prompt(shown) if asks else _nobody, rested=tell)
    except KeyboardInterrupt as error:
        go_on = f"repertory topics go {here}"
        return broken_off(error, "task", begun.task_id, go_on=go_on, lines=shown.lines)
    open_actions = [action for step in rested if not task.ended for action in step.actions if waits(action)]
    for action in open_actions:
        if not asks:
            shown.action(action)
        if not shown.lines:
            given = "--answer TEXT" if action.executor == "user" or action.status == "approved" else "--approve"
            command = f"repertory topics decide {here} {action.action_id} {given}"
            shown.page.line(command, indent=10, wrap=False)
    shown.result(task)
    return _STATUS.get(task.status, ERROR)


def _nobody(_: Action) -> None:
    """There is nobody to decide: what is open is left."""


def _waiting(client: Client, topic_id: str, task_id: str) -> list[Action]:
    return [action for step in client.list_steps(topic_id, task_id) for action in step.actions if waits(action)]


def _chosen(waiting: list[Action], options: argparse.Namespace) -> Action:
    """The action that is meant.

    Raises:
        InputError: there is none, or several of which none is named.
    """
    if not waiting:
        raise InputError(f"the task {options.task!r} waits for no decision")
    fitting = [action for action in waiting if action.action_id.startswith(options.id or "")]
    if len(fitting) == 1:
        return fitting[0]
    listing = "\n".join(f"  {action.action_id}  {action.name}" for action in waiting)
    if options.id:
        raise InputError(f"{options.id!r} fits {len(fitting)} actions; the task waits for:\n{listing}")
    raise InputError(f"{len(waiting)} actions wait; say which:\n{listing}")


def _where(options: argparse.Namespace) -> str:
    """The options that a further command needs; a token is not shown."""
    return "" if options.given_server is None else f" --server {shlex.quote(options.given_server)}"
