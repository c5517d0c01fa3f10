"""Edits: what fits becomes whole words or whole calls, what does not is refused with the value and the remedy."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repertory.memory.edits import fitting
from repertory.memory.errors import AnswerError, InputError
from repertory.memory.proposals import Call, Decision, Kind, Proposal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["calls", "text", "id", "x"]), inner),
    max_leaves=6,
)


def proposal(*names: str, kind: Kind = "tool") -> Proposal:
    calls = tuple(Call(id=f"0.{i}", name=name, arguments={"x": name}) for i, name in enumerate(names))
    return Proposal(id="r/m0#0", path=("x",), kind=kind, calls=calls)


def edit(fields: Any) -> Decision:
    return Decision(verdict="edit", edit=fields)


@pytest.mark.parametrize("verdict", ["approve", "respond", "reject"])
def test_other_decisions_are_as_they_were(verdict: Any) -> None:
    """Whatever the proposal is."""
    decision = Decision(verdict=verdict, text="words")
    for kind in ("tool", "reply", "retry", "plan"):
        assert fitting(decision, proposal("look", kind=kind)) is decision


@pytest.mark.parametrize("kind", ["plan", "rating"])
def test_plans_and_ratings_are_edited_by_their_own_rules(kind: Kind) -> None:
    """They pass."""
    decision = edit({"anything": 1})
    assert fitting(decision, proposal(kind=kind)) is decision


def test_an_unknown_outcome_is_not_edited() -> None:
    """Only run again, or not."""
    with pytest.raises(AnswerError, match="approved"):
        fitting(edit({"x": 1}), proposal("write", kind="retry"))


@pytest.mark.parametrize("fields", [{}, {"text": ""}, {"text": " \n"}, {"text": 3}, {"text": None}, {"words": "x"}])
def test_a_reply_needs_words(fields: Any) -> None:
    """The edit is shown."""
    with pytest.raises(AnswerError, match="text"):
        fitting(edit(fields), proposal(kind="reply"))


def test_an_edited_call_is_whole() -> None:
    """Fields that are not given are the proposal's; by id, by position, and in another order."""
    fitted = fitting(
        edit({"calls": [{"id": "0.1", "name": "other"}, {"id": "0.0", "arguments": {}}]}), proposal("a", "b")
    )
    assert fitted.edit == {
        "calls": [
            {"id": "0.1", "name": "other", "arguments": {"x": "b"}},
            {"id": "0.0", "name": "a", "arguments": {}},
        ]
    }
    assert fitting(fitted, proposal("a", "b")) == fitted


@given(st.lists(st.sampled_from(["a", "b"]), max_size=3), JSON)
def test_any_edit_fits_or_is_refused(names: list[str], fields: Any) -> None:
    """Never another error; what fits, fits again and makes no call that was not proposed."""
    if not isinstance(fields, dict):
        fields = {"calls": fields}
    proposed = proposal(*names, kind="tool" if names else "reply")
    try:
        fitted = fitting(edit(fields), proposed)
    except InputError:
        return
    assert fitting(fitted, proposed) == fitted
    assert fitted.edit is not None
    if names:
        ids = [call["id"] for call in fitted.edit["calls"]]
        assert len(set(ids)) == len(ids)
        assert set(ids) <= {call.id for call in proposed.calls}
    else:
        assert fitted.edit["text"].strip()
