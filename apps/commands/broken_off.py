"""What is said where a run ends before its time: how to go on with it."""

import sys

from repertory.apps.screens.jsonl import JsonLines
from repertory.apps.status import INTERRUPTED


def broken_off(error: BaseException, what: str, thread_id: str, *, go_on: str, lines: JsonLines | None) -> int:
    """Say how to go on; only an interruption ends the command with that.

    Args:
        error: what ended it.
        what: is broken off, such as `run`.
        thread_id: its name.
        go_on: the command that goes on with it.
        lines: where a program is told; None for a person.

    Returns:
        The exit status.

    Raises:
        BaseException: the error, if it is no interruption.
    """
    if not isinstance(error, KeyboardInterrupt):
        print(f"repertory: the {what} broke off; go on with: {go_on}", file=sys.stderr)
        raise error
    print(f"\nrepertory: interrupted; go on with: {go_on}", file=sys.stderr)
    if lines:
        lines.write({"event": "result", "status": "interrupted", "thread_id": thread_id})
    return INTERRUPTED
