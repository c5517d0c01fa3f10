"""Review: what asks, what is denied, and which edits fit."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repertory.memory.edits import _edited_calls
from repertory.memory.errors import InputError
from repertory.memory.proposals import Call, Proposal
from repertory.memory.records import Agent
from repertory.nodes.decisions.policy import Policy, Risk, Rule
from repertory.nodes.persona.review import can_ask, judge

RISKS: dict[str, Risk] = {"look": "read", "write": "write", "fetch": "outside"}
AUTO = Policy(rules=(Rule(then="auto"),))


def proposal(*names: str, kind: Any = "tool", path: tuple[str, ...] = ("perform", "a")) -> Proposal:
    calls = tuple(Call(id=f"0.{n}", name=name, arguments={"x": name}) for n, name in enumerate(names))
    return Proposal(id="p", path=path, kind=kind, calls=calls)


def test_one_risky_call_asks_for_the_whole_and_denied_ones_are_refused() -> None:
    """Each call is judged by its own risk and kind."""
    policy = Policy.preset("supervised").preceded_by([Rule(then="deny", tool="fetch")])
    assert judge(policy, proposal("look"), RISKS.get) == (False, {})
    assert judge(policy, proposal("look", "write"), RISKS.get) == (True, {})
    asks, refused = judge(policy, proposal("look", "fetch"), RISKS.get)
    assert (asks, set(refused)) == (False, {"0.1"})
    assert "'fetch'" in refused["0.1"]


def test_a_delegate_among_tools_is_judged_as_a_delegate() -> None:
    """What has no risk is a delegate, also in a response that calls tools."""
    policy = AUTO.preceded_by([Rule(then="ask", kind="delegate")])
    assert judge(policy, proposal("look", "helper"), RISKS.get) == (True, {})
    assert judge(policy, proposal("look"), RISKS.get) == (False, {})


def test_what_was_granted_does_not_ask_and_deny_still_holds() -> None:
    """A retry is never granted."""
    interactive = Policy.preset("interactive")
    assert judge(interactive, proposal("write"), RISKS.get, granted=True) == (False, {})
    assert judge(interactive, proposal("write", kind="retry"), RISKS.get, granted=True)[0]
    denying = interactive.preceded_by([Rule(then="deny", tool="write")])
    assert set(judge(denying, proposal("write"), RISKS.get, granted=True)[1]) == {"0.0"}


RULES = st.lists(
    st.builds(
        Rule,
        then=st.sampled_from(["ask", "auto", "deny"]),
        path=st.none() | st.sampled_from(["perform/*", "*/low", "*/mid", "perform/a/mid/low"]),
        kind=st.none() | st.sampled_from(["reply", "tool", "delegate"]),
        tool=st.none() | st.sampled_from(["look", "write", "mid", "low"]),
        risk=st.none() | st.sampled_from(["read", "write"]),
    ),
    max_size=4,
)


@given(RULES, st.sampled_from(["look", "write"]))
def test_where_nobody_can_be_asked_nothing_ever_asks(rules: list[Rule], tool: str) -> None:
    """`can_ask` is what decides whether anything is checkpointed inside: it must never be wrong to say no."""
    policy = AUTO.preceded_by(rules)
    low = Agent(name="low", role="r", description="d", tools=(tool,))
    mid = Agent(name="mid", role="r", description="d", delegates=(low,))
    top = Agent(name="a", role="r", description="d", delegates=(mid,), tools=("look",))
    if can_ask(policy, top, ("perform", "a"), RISKS.get):
        return
    for path, names in (
        (("perform", "a"), ["look", "mid"]),
        (("perform", "a", "mid"), ["low"]),
        (("perform", "a", "mid", "low"), [tool]),
    ):
        assert not judge(policy, proposal(kind="reply", path=path), RISKS.get)[0]
        for name in names:
            kind = "tool" if name in RISKS else "delegate"
            assert not judge(policy, proposal(name, kind=kind, path=path), RISKS.get)[0]
            if name == "write":  # what only looks is not journaled, and never of unknown outcome
                assert not judge(policy, proposal(name, kind="retry", path=path), RISKS.get)[0]


@pytest.mark.parametrize(
    ("edit", "names"),
    [
        ({}, "calls"),
        ({"calls": "x"}, "calls"),
        ({"calls": [7]}, "calls"),
        ({"calls": []}, "reject"),
        ({"calls": [{}, {}, {}]}, "3 calls"),
        ({"calls": [{"id": "0.1"}, {"id": "0.1"}]}, "own `id`"),
        ({"calls": [{"id": "0.1"}, {}]}, "own `id`"),
        ({"calls": [{"id": [1], "colour": "red"}]}, "colour"),
        ({"calls": [{"name": "no name"}]}, "'no name'"),
        ({"calls": [{"arguments": 7}]}, "7"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused(edit: dict[str, Any], names: str) -> None:
    """With the reason, as an InputError: the question is asked again."""
    with pytest.raises(InputError, match=names):
        _edited_calls(edit, proposal("look", "write"))


def test_edits_by_id_by_position_and_of_arguments() -> None:
    """What is not said stays; a call that is left out is not made."""
    two = proposal("look", "write")
    assert [c.id for c in _edited_calls({"calls": [{"id": "0.1"}]}, two)] == ["0.1"]
    assert [c.id for c in _edited_calls({"calls": [{"id": "0.1"}, {"id": "0.0"}]}, two)] == ["0.1", "0.0"]
    assert _edited_calls({"calls": [{"arguments": {"x": 1}}, {}]}, two)[0].arguments == {"x": 1}
    assert _edited_calls({"y": 2}, proposal("look"))[0].arguments == {"x": "look", "y": 2}
