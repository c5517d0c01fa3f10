"""Nested turns taken apart into the journal's entries, and assembled again, are the same."""

from hypothesis import HealthCheck, given, settings

from repertory.memory.journal import CallEntry
from repertory.memory.proposals import Call, CallResult, Decision, Proposal, Turn
from repertory.memory.transcripts.assembly import Assembly, entries
from repertory.memory.transcripts.records import Transcript
from tests.memory.transcripts.making import transcripts

quick = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def taken_apart(transcript: Transcript) -> tuple[dict[str, Turn], dict[str, CallEntry]]:
    """As the journal has it: turns without what is nested in them, and calls."""
    turns, calls = {}, {}
    for exchange in transcript.exchanges:
        for frame, turn in entries(exchange.key, exchange.turns):
            flat = tuple(result.model_copy(update={"turns": ()}) for result in turn.results)
            turns[f"{frame}#{turn.n}"] = turn.model_copy(update={"results": flat, "at_work": {}, "begun": {}})
            calls |= {f"{frame}#{call_id}": CallEntry(attempt, None) for call_id, attempt in turn.begun.items()}
    return turns, calls


@quick
@given(transcripts())
def test_assembled_it_is_the_same(transcript: Transcript) -> None:
    """Whatever is nested in what, ended or under way."""
    assembly = Assembly(*taken_apart(transcript))
    for exchange in transcript.exchanges:
        assert assembly.frame(exchange.key) == tuple(_without_empty(turn) for turn in exchange.turns)


def _without_empty(turn: Turn) -> Turn:
    """A delegate that is at work and has no turn yet leaves no trace in the journal."""
    results = tuple(
        result.model_copy(update={"turns": tuple(map(_without_empty, result.turns))}) for result in turn.results
    )
    at_work = {call_id: tuple(map(_without_empty, below)) for call_id, below in turn.at_work.items() if below}
    return turn.model_copy(update={"results": results, "at_work": at_work})


@quick
@given(transcripts())
def test_the_order_of_entries_does_not_matter(transcript: Transcript) -> None:
    """The journal gives them in any."""
    turns, calls = taken_apart(transcript)
    backwards = Assembly(dict(reversed(turns.items())), dict(reversed(calls.items())))
    assert backwards.turns() == Assembly(turns, calls).turns()
    assert set(backwards.turns()) == set(turns)


def turn(*calls: Call, n: int = 0, decision: Decision | None = None) -> Turn:
    return Turn(n=n, proposal=Proposal(id=f"r/m0#{n}", path=("x",), kind="tool", calls=calls), decision=decision)


ONE, TWO = Call(id="0.0", name="low"), Call(id="0.1", name="write")
DONE = CallResult(call_id="0.1", status="done", text="wrote")


def test_results_of_calls_that_the_turn_does_not_have_yet() -> None:
    """A process died after the call and before the turn was kept with it."""
    [whole] = Assembly({"m0#0": turn(ONE, TWO)}, {"m0#0.1": CallEntry(1, DONE)}).frame("m0")
    assert whole.results == (DONE,)


def test_what_has_begun_without_a_decision_was_approved_by_the_policy() -> None:
    """A result, a delegate at work, a call of unknown outcome: each; and without any of them nothing was decided."""
    below = {"m0/0.0#0": Turn(n=0, proposal=Proposal(id="r/m0/0.0#0", path=("x", "low"), kind="reply"))}
    for turns, calls in (
        (below, {}),
        ({}, {"m0#0.1": CallEntry(1, DONE)}),
        ({}, {"m0#0.1": CallEntry(2, None)}),
    ):
        [whole] = Assembly({"m0#0": turn(ONE, TWO), **turns}, calls).frame("m0")
        assert whole.decision == Decision(verdict="approve", by="policy")
    assert Assembly({"m0#0": turn(ONE, TWO)}, {}).frame("m0")[0].decision is None


def test_what_a_person_decided_stays() -> None:
    """Also where calls were refused or edited away: theirs are no outcomes."""
    edit = Decision(verdict="edit", edit={"calls": [TWO.model_dump()]})
    [whole] = Assembly({"m0#0": turn(ONE, TWO, decision=edit)}, {"m0#0.1": CallEntry(1, None)}).frame("m0")
    assert (whole.decision, whole.begun, whole.at_work) == (edit, {"0.1": 1}, {})
