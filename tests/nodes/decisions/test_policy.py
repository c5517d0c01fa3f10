"""Policy: the first rule that matches decides; what no rule matches asks; retries are allowed by name only."""

from fnmatch import fnmatchcase
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repertory.memory.errors import InputError
from repertory.memory.proposals import Kind
from repertory.nodes.context import Context, context_of
from repertory.nodes.decisions.policy import Policy, Risk, Rule, Verdict

KINDS, RISKS, VERDICTS = get_args(Kind), get_args(Risk), get_args(Verdict)
NAMES = st.sampled_from(["editor", "stylist", "writer"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(lambda names: ("perform", *names))
TOOLS = st.none() | st.sampled_from(["write_file", "read_file", "fetch_url"])
RULES = st.builds(
    Rule,
    then=st.sampled_from(VERDICTS),
    path=st.none()
    | st.sampled_from(["perform/*", "*/editor", "perform/editor", "*stylist", "planner", "perform/?riter"]),
    kind=st.none() | st.sampled_from(KINDS),
    tool=st.none() | st.sampled_from(["write_*", "*", "read_file"]),
    risk=st.none() | st.sampled_from(RISKS),
)


def plainly(rules: list[Rule], path: tuple[str, ...], kind: str, tool: str | None, risk: str | None) -> str:
    """The same, said plainly."""
    for rule in rules:
        if rule.path is not None and not fnmatchcase("/".join(path), rule.path):
            continue
        if rule.kind is not None and rule.kind != kind:
            continue
        if rule.tool is not None and (tool is None or not fnmatchcase(tool, rule.tool)):
            continue
        if rule.risk is not None and rule.risk != risk:
            continue
        if kind == "retry" and rule.kind is None and rule.then == "auto":
            continue
        return rule.then
    return "ask"


@given(st.lists(RULES, max_size=6), PATHS, st.sampled_from(KINDS), TOOLS, st.none() | st.sampled_from(RISKS))
def test_first_match_wins(rules: list[Rule], path: tuple[str, ...], kind: Kind, tool: Any, risk: Any) -> None:
    """Any policy decides as the plain reading of its rules does."""
    assert Policy(rules=tuple(rules)).decide(path, kind, tool=tool, risk=risk) == plainly(rules, path, kind, tool, risk)


@given(st.lists(RULES, max_size=3), st.lists(RULES, max_size=3), PATHS, st.sampled_from(KINDS), TOOLS)
def test_rules_before_a_policy_win(
    first: list[Rule], then: list[Rule], path: tuple[str, ...], kind: Kind, tool: Any
) -> None:
    """`preceded_by` is the longer list."""
    both = Policy(rules=tuple(then)).preceded_by(first)
    assert both.decide(path, kind, tool=tool) == Policy(rules=(*first, *then)).decide(path, kind, tool=tool)


@pytest.mark.parametrize(
    ("preset", "kind", "risk", "verdict"),
    [
        ("supervised", "plan", None, "ask"),
        ("supervised", "tool", "read", "auto"),
        ("supervised", "tool", "write", "ask"),
        ("supervised", "tool", "outside", "ask"),
        ("supervised", "reply", None, "auto"),
        ("supervised", "delegate", None, "auto"),
        ("supervised", "retry", "read", "ask"),
        ("supervised", "retry", "write", "ask"),
        *(("interactive", kind, "read", "ask") for kind in KINDS),
        *(("autonomous", kind, "outside", "deny" if kind == "retry" else "auto") for kind in KINDS),
    ],
)
def test_presets(preset: Any, kind: Any, risk: Any, verdict: str) -> None:
    """They are what they are said to be."""
    assert Policy.preset(preset).decide(("perform", "x"), kind, tool="t", risk=risk) == verdict


def test_a_general_permission_is_none_for_retries() -> None:
    """`write_file` may run unasked; that it runs again, after its outcome got lost, takes a rule that says so."""
    policy = Policy.preset("supervised").preceded_by([Rule(then="auto", tool="write_file")])
    assert policy.decide(("p",), "tool", tool="write_file", risk="write") == "auto"
    assert policy.decide(("p",), "retry", tool="write_file", risk="write") == "ask"
    allowed = policy.preceded_by([Rule(then="auto", kind="retry")])
    assert allowed.decide(("p",), "retry", tool="write_file", risk="write") == "auto"
    assert Policy(rules=(Rule(then="auto"),)).decide(("p",), "retry", tool="w", risk="write") == "ask"


def test_a_person_can_sit_beside_one_layer() -> None:
    """A path glob names one persona at any depth, or all below one."""
    policy = Policy.preset("autonomous").preceded_by(
        [Rule(then="ask", path="*/editor"), Rule(then="deny", path="*/x/*")]
    )
    assert policy.decide(("perform", "boss", "editor"), "reply") == "ask"
    assert policy.decide(("perform", "boss", "editor", "stylist"), "reply") == "auto"
    assert policy.decide(("perform", "x", "y"), "tool", tool="t", risk="read") == "deny"
    assert policy.decide(("perform", "x"), "tool", tool="t", risk="read") == "auto"


@pytest.mark.parametrize(
    ("context", "reason"),
    [
        ({"policy": "careless"}, "careless"),
        ({"policy": {"rules": [{"then": "perhaps"}]}}, "perhaps"),
        ({"policy": {"rules": [{"then": "ask", "pth": "x"}]}}, "pth"),
        ({"limits": {"seconds": 0}}, "seconds"),
        ({"limits": {"steps": 0}}, "steps"),
        ({"owner": "me", "colour": "red"}, "colour"),
    ],
)
def test_a_context_that_says_nothing_is_refused(context: Any, reason: str) -> None:
    """With the field and the value; a context may come as plain data, as servers send it."""

    class Running:
        def __init__(self, context: Any) -> None:
            self.context = context

    with pytest.raises(InputError, match=reason):
        context_of(Running(context))
    assert context_of(Running(None)) == Context()
    assert context_of(Running({"policy": "autonomous"})).rules == Policy.preset("autonomous")
