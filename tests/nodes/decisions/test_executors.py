"""Executors: who executes which call, and which outcomes a decision needs."""

import pytest

from repertory.memory.errors import AnswerError
from repertory.memory.proposals import Call, Decision, Executor, Outcome, Proposal
from repertory.nodes.decisions.executors import check_outcomes, executors, with_executors

WHERE: dict[str, Executor] = {"read": "server", "look_up": "client", "ask_user": "user"}
DONE = Outcome(status="completed", output="fine")


def proposal(*names: str) -> Proposal:
    """A proposal of calls to these."""
    calls = tuple(Call(id=f"0.{n}", name=name) for n, name in enumerate(names))
    return with_executors(Proposal(id="p", path=("a",), kind="tool", calls=calls), WHERE.__getitem__)


def test_a_proposal_says_who_executes_its_calls_where_that_is_not_the_server_for_all() -> None:
    """What it said of other calls, or before, is gone; a retry is always the server's."""
    assert proposal("read", "read").content == {}
    mixed = proposal("read", "look_up", "ask_user")
    assert executors(mixed) == {"0.0": "server", "0.1": "client", "0.2": "user"}
    edited = mixed.model_copy(update={"calls": mixed.calls[:1]})
    assert executors(with_executors(edited, WHERE.__getitem__)) == {}
    retry = mixed.model_copy(update={"kind": "retry"})
    assert executors(with_executors(retry, WHERE.__getitem__)) == {}
    assert executors(with_executors(mixed, lambda _: "server")) == {}


def test_each_call_that_is_made_elsewhere_needs_its_outcome_and_no_other_may_have_one() -> None:
    """Unless it is refused, or all of them are; the message names call and executor, and says what is needed."""
    both = proposal("read", "look_up")
    check_outcomes(Decision(verdict="approve", outcomes={"0.1": DONE}), both)
    check_outcomes(Decision(verdict="approve", refused={"0.1": "no"}), both)
    check_outcomes(Decision(verdict="reject"), both)
    check_outcomes(Decision(verdict="respond", text="why?"), both)
    check_outcomes(Decision(verdict="approve"), proposal("read"))
    for decision, of, reason in (
        (Decision(verdict="approve"), both, "'look_up' is executed by the client; answer with its result"),
        (Decision(verdict="approve"), proposal("ask_user"), "'ask_user' is executed by the user; answer with"),
        (Decision(verdict="approve", outcomes={"0.0": DONE, "0.1": DONE}), both, "'read' is executed by the server"),
    ):
        with pytest.raises(AnswerError, match=reason):
            check_outcomes(decision, of)
