"""Turns merge by number, and the same update twice is the same update once."""

from hypothesis import given
from hypothesis import strategies as st

from repertory.memory.proposals import Call, CallResult, Decision, Proposal, Turn, merge, merge_turns


def turn(n: int, text: str) -> Turn:
    return Turn(n=n, proposal=Proposal(id=str(n), path=("a",), kind="reply", text=text))


TURNS = st.lists(st.builds(turn, st.integers(0, 4), st.sampled_from("xyz")), max_size=6)


@given(TURNS, TURNS)
def test_merging_turns_is_idempotent_and_the_newer_wins(left: list[Turn], right: list[Turn]) -> None:
    """Sorted by number, one for each; applying an update again changes nothing."""
    once = merge_turns(left, right)
    assert [t.n for t in once] == sorted({t.n for t in [*left, *right]})
    assert merge_turns(once, right) == once
    assert {t.n: t for t in right}.items() <= {t.n: t for t in once}.items()


def test_nothing_merges_with_nothing() -> None:
    """A fresh state has no turns and no entries."""
    assert merge_turns(None, None) == []
    assert merge(None, {"a": 1}) == {"a": 1}
    assert merge({"a": 1, "b": 1}, {"a": 2}) == {"a": 2, "b": 1}


def test_a_transcript_survives_json() -> None:
    """Nested delegates' turns, decisions and results come back equal."""
    call = Call(id="0.0", name="look", arguments={"path": "x", "deep": [1, {"a": None}]})
    inner = turn(0, "inner")
    outer = Turn(
        n=3,
        proposal=Proposal(id="p", path=("a", "b"), kind="delegate", calls=(call,)),
        decision=Decision(verdict="edit", edit={"calls": [call.model_dump()]}, refused={"0.0": "no"}),
        results=(CallResult(call_id="0.0", status="done", text="t", turns=(inner,)),),
    )
    assert Turn.model_validate_json(outer.model_dump_json()) == outer
