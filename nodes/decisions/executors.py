"""Who executes the calls of a proposal: this server, the client of its API, or the user."""

from collections.abc import Callable

from repertory.memory.errors import AnswerError
from repertory.memory.proposals import Decision, Executor, Proposal

ExecutorOf = Callable[[str], Executor]
"""Who executes what is called, by its name."""

RESULT_FORM = '{"type": "result", "status": "completed" or "failed", "output": "…"}'
"""What a call that is executed elsewhere is answered with; `data`, an object for later steps, may be added."""


def executors(proposal: Proposal) -> dict[str, Executor]:
    """Who executes which call, by its id; empty where the server executes all of them."""
    return dict(proposal.content.get("executors", {}))


def with_executors(proposal: Proposal, executor_of: ExecutorOf) -> Proposal:
    """The proposal, its content saying who executes which call where that is not the server for all of them.

    Args:
        proposal: may say so already, of other calls or of another time.
        executor_of: says it now. A retry is always the server's: what others execute is never begun here.
    """
    content = {key: value for key, value in proposal.content.items() if key != "executors"}
    known = {call.id: executor_of(call.name) for call in proposal.calls if proposal.kind != "retry"}
    if set(known.values()) - {"server"}:
        content["executors"] = known
    return proposal.model_copy(update={"content": content})


def check_outcomes(decision: Decision, proposal: Proposal) -> None:
    """Check that a decision has the outcome of each call that is to be made elsewhere, and of no other.

    Args:
        decision: what was decided, with the calls that are refused.
        proposal: with the calls as they were decided, and who executes them.

    Raises:
        AnswerError: naming the call, and what is needed.
    """
    if decision.verdict not in ("approve", "edit"):
        return
    where = executors(proposal)
    for call in proposal.calls:
        executor = where.get(call.id, "server")
        if executor == "server" and call.id in decision.outcomes:
            raise AnswerError(f"{call.name!r} is executed by the server, not by you; approve it or reject it")
        if executor != "server" and call.id not in decision.outcomes and call.id not in decision.refused:
            raise AnswerError(
                f"{call.name!r} is executed by the {executor}; answer with its result, {RESULT_FORM}, or reject it"
            )
