"""Exit statuses of the command line."""

OK = 0
ERROR = 1
"""Failed, rejected, stopped at a limit, or an error."""
USAGE = 2
DECISION_NEEDED = 3
INTERRUPTED = 130


def status_of(outcome: str) -> int:
    """The exit status for the status of a run."""
    return {"completed": OK, "needs_decision": DECISION_NEEDED}.get(outcome, ERROR)
