"""Answers: every form that people's screens give is understood, and what is not is refused, never raised."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repertory.memory.errors import AnswerError, InputError
from repertory.memory.proposals import Call, Decision, Outcome, Proposal
from repertory.nodes.decisions.answers import parse_answer

CALLS = tuple(Call(id=f"0.{n}", name=name, arguments={"path": name}) for n, name in enumerate(("one", "two", "three")))
REPLY = Proposal(id="r", path=("a",), kind="reply", text="hello")
ONE = Proposal(id="t", path=("a",), kind="tool", calls=CALLS[:1])
THREE = Proposal(id="t", path=("a",), kind="tool", calls=CALLS)


@pytest.mark.parametrize("proposal", [REPLY, ONE, THREE])
@pytest.mark.parametrize(
    ("answer", "verdict", "text"),
    [
        (True, "approve", ""),
        (False, "reject", ""),
        ("approve", "approve", ""),
        (" Yes. ", "approve", ""),
        ("OK!", "approve", ""),
        ("no", "reject", ""),
        ("No, make it shorter", "respond", "No, make it shorter"),
        ("approve the second only", "respond", "approve the second only"),
        ({"verdict": "approve"}, "approve", ""),
        ({"verdict": "reject", "text": "never"}, "reject", "never"),
        ({"verdict": "respond", "text": " shorter "}, "respond", "shorter"),
        ({"type": "accept", "args": None}, "approve", ""),
        ([{"type": "accept", "args": None}], "approve", ""),
        ([{"type": "ignore", "args": None}], "reject", ""),
        ([{"type": "response", "args": "shorter"}], "respond", "shorter"),
        ({"type": "respond", "message": "shorter"}, "respond", "shorter"),
    ],
)
def test_one_answer_for_the_whole(proposal: Proposal, answer: Any, verdict: str, text: str) -> None:
    """A bool, a word, our own form, Agent Inbox: whatever the proposal."""
    assert parse_answer(answer, proposal) == Decision(verdict=verdict, text=text)  # type: ignore[arg-type]


def test_langchains_decisions_one_for_each_call() -> None:
    """Approve the first, reject the second with a message, edit the third: one decision that says so."""
    decision = parse_answer(
        {
            "decisions": [
                {"type": "approve"},
                {"type": "reject", "message": "not that"},
                {"type": "edit", "edited_action": {"name": "three", "args": {"path": "other"}}},
            ]
        },
        THREE,
    )
    assert decision.verdict == "edit"
    assert decision.refused == {"0.1": "not that"}
    edited = CALLS[2].model_copy(update={"arguments": {"path": "other"}})
    assert decision.edit == {"calls": [c.model_dump() for c in (*CALLS[:2], edited)]}


@pytest.mark.parametrize("wrap", [lambda each: {"decisions": each}, list, tuple])
def test_bare_words_and_bools_one_for_each_call(wrap: Any) -> None:
    """A list of simple answers is one for each call."""
    decision = parse_answer(wrap([True, "no", "yes"]), THREE)
    assert (decision.verdict, decision.edit, set(decision.refused)) == ("approve", None, {"0.1"})
    assert parse_answer(wrap([False, "no", {"type": "reject", "message": "m"}]), THREE).verdict == "reject"


def test_an_edit_in_a_batch_may_name_another_tool() -> None:
    """The name in `edited_action` counts; it is not dropped."""
    edit = {"type": "edit", "edited_action": {"name": "other", "args": {"x": 1}}}
    decision = parse_answer([edit, True, True], THREE)
    assert decision.edit is not None
    assert decision.edit["calls"][0] == {"id": "0.0", "name": "other", "arguments": {"x": 1}}
    assert [call["name"] for call in decision.edit["calls"][1:]] == ["two", "three"]


def test_an_edit_of_some_arguments_keeps_the_others_also_in_a_batch() -> None:
    """Our own form: the arguments that change."""
    call = Call(id="0.0", name="w", arguments={"path": "a", "content": "b"})
    proposal = THREE.model_copy(update={"calls": (call, CALLS[1])})
    decision = parse_answer([{"verdict": "edit", "edit": {"content": "c"}}, True], proposal)
    assert decision.edit is not None
    assert decision.edit["calls"][0]["arguments"] == {"path": "a", "content": "c"}


def test_words_to_one_call_do_not_stop_the_approved_ones() -> None:
    """The call that got words is not done and says why; all calls with words are words to the persona."""
    decision = parse_answer([True, {"type": "respond", "message": "why?"}, True], THREE)
    assert (decision.verdict, set(decision.refused)) == ("approve", {"0.1"})
    assert "why?" in decision.refused["0.1"]
    assert parse_answer(["why a?", "why b?", False], THREE) == Decision(verdict="respond", text="why a?\nwhy b?")


def test_an_edited_action_on_the_forms_of_other_screens() -> None:
    """For one call its arguments, for a reply its text."""
    for answer in (
        {"decisions": [{"type": "edit", "edited_action": {"name": "one", "args": {"path": "z"}}}]},
        [{"type": "edit", "args": {"action": "one", "args": {"path": "z"}}}],
    ):
        edit = parse_answer(answer, ONE).edit
        assert edit == {"calls": [{"id": "0.0", "name": "one", "arguments": {"path": "z"}}]}
    answer = {"type": "edit", "edited_action": {"name": "reply", "args": {"text": "hi"}}}
    assert parse_answer(answer, REPLY).edit == {"text": "hi"}


@pytest.mark.parametrize("proposal", [REPLY, ONE, THREE])
@pytest.mark.parametrize(
    "answer",
    [
        None,
        "",
        "   ",
        {},
        [],
        7,
        0,
        {"decisions": []},
        {"decisions": [True] * 4},
        {"verdict": "perhaps"},
        {"verdict": None},
        {"type": ["approve"]},
        {"verdict": "respond"},
        {"verdict": "respond", "text": "  "},
        {"verdict": "edit"},
        {"verdict": "edit", "edit": "text"},
        {"verdict": "edit", "edit": None},
        {"type": "edit", "edited_action": {"name": "one", "args": "text"}},
        {"type": "edit", "edited_action": {"name": "one", "args": None}},
        {"type": "edit", "edited_action": {"name": 7, "args": 7}},
        [{"type": "edit", "args": {"action": "one", "args": [1]}}],
    ],
)
def test_what_cannot_be_understood_is_refused_with_what_can_be(proposal: Proposal, answer: Any) -> None:
    """An AnswerError, which asks again; nothing else is ever raised."""
    with pytest.raises(AnswerError):
        parse_answer(answer, proposal)


USERS = ONE.model_copy(update={"content": {"executors": {"0.0": "user"}}})
MIXED = THREE.model_copy(update={"content": {"executors": {"0.0": "user", "0.1": "client", "0.2": "server"}}})
RESULT = {"type": "result", "status": "completed", "output": "blue", "data": {"n": 1}}
BLUE = Outcome(status="completed", output="blue")


def test_a_result_is_that_of_the_one_call() -> None:
    """Alone, as one of the decisions, and as a failure; whether it fits who executes the call is not asked here."""
    outcome = Outcome(status="completed", output="blue", data={"n": 1})
    for answer in (RESULT, {**RESULT, "type": None, "verdict": "result"}, {"decisions": [RESULT]}, [RESULT]):
        answer = {key: value for key, value in answer.items() if value} if isinstance(answer, dict) else answer
        assert parse_answer(answer, ONE) == Decision(verdict="approve", outcomes={"0.0": outcome})
    failed = parse_answer({"type": "result", "status": "failed", "output": "sold out"}, ONE)
    assert failed.outcomes == {"0.0": Outcome(status="failed", output="sold out")}


@pytest.mark.parametrize(
    "answer", [" blue ", ["blue"], {"decisions": ["blue"]}, {"type": "respond", "message": "blue"}]
)
def test_words_to_a_call_that_the_user_executes_are_its_result(answer: Any) -> None:
    """Yes and no as well; to any other call they are words about it."""
    assert parse_answer(answer, USERS) == Decision(verdict="approve", outcomes={"0.0": BLUE})
    assert parse_answer("no", USERS).outcomes == {"0.0": Outcome(status="completed", output="no")}
    assert parse_answer(answer, ONE) == Decision(verdict="respond", text="blue")
    assert parse_answer({"type": "reject", "message": "no"}, USERS) == Decision(verdict="reject", text="no")
    assert parse_answer(False, USERS).verdict == "reject"


def test_results_stand_beside_other_decisions() -> None:
    """Words to the user's call, a result, an edit; words to the client's call are why it is not made."""
    decision = parse_answer(["blue", RESULT, {"verdict": "edit", "edit": {"path": "other"}}], MIXED)
    assert (decision.verdict, set(decision.outcomes), decision.refused) == ("edit", {"0.0", "0.1"}, {})
    assert decision.outcomes["0.0"] == BLUE
    decision = parse_answer(["blue", "not that one", False], MIXED)
    assert (decision.verdict, set(decision.outcomes), set(decision.refused)) == ("approve", {"0.0"}, {"0.1", "0.2"})
    assert parse_answer("blue", MIXED) == Decision(verdict="respond", text="blue")


@pytest.mark.parametrize(
    ("answer", "proposal", "reason"),
    [
        (RESULT, REPLY, "result of one call, and the proposal has 0"),
        (RESULT, THREE, "result of one call, and the proposal has 3"),
        ({"type": "result"}, ONE, "status"),
        ({**RESULT, "status": "done"}, ONE, "'done'"),
        ({**RESULT, "output": 7}, ONE, "output"),
        ({**RESULT, "data": []}, ONE, "data"),
        ({**RESULT, "colour": 1}, ONE, "colour"),
    ],
)
def test_a_result_that_says_nothing_is_refused_with_its_form(answer: Any, proposal: Proposal, reason: str) -> None:
    """The message says what is wrong, and what a result is or where it belongs."""
    with pytest.raises(AnswerError, match=reason) as refusal:
        parse_answer(answer, proposal)
    assert '{"type": "result"' in str(refusal.value) or '{"decisions": […]}' in str(refusal.value)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["edit", "approve", "respond", "result"])
)
KEYS = st.sampled_from(
    ["type", "verdict", "edit", "args", "edited_action", "decisions", "message", "name", "action", "calls", "status"]
)
ANSWERS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=8
)


@given(ANSWERS, st.sampled_from([REPLY, ONE, THREE, USERS, MIXED]))
def test_any_answer_is_a_decision_or_an_input_error(answer: Any, proposal: Proposal) -> None:
    """Whatever a screen sends cannot break a run."""
    try:
        decision = parse_answer(answer, proposal)
    except InputError:
        return
    assert decision.by == "user"
    assert decision.verdict != "edit" or decision.edit is not None
