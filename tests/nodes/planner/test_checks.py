"""Checks beyond form: tools that exist, arguments that fit, references to fields that are there."""

from typing import Any

import pytest

from repertory.memory.errors import PlanError
from repertory.memory.plans import Plan
from repertory.nodes.context import Limits
from repertory.nodes.planner.checks import check_plan
from repertory.nodes.tools.toolbox import Toolbox


def count(path: str, limit: int = 3) -> dict[str, int]:
    """Count."""
    return {"n": len(path) + limit}


def words(text: str) -> list[str]:
    """Words."""
    return text.split()


BOX = Toolbox([count, words])
AGENT = {"id": "a", "instruction": "x"}
WORDS = {"id": "w", "instruction": "x", "tool": "words", "arguments": {"text": "b c"}}


def check(*steps: dict[str, Any]) -> None:
    check_plan(Plan.parse({"steps": steps}), BOX, Limits(steps=3))


@pytest.mark.parametrize(
    "arguments",
    [
        {"path": "x"},
        {"path": "{{a.text}}", "limit": 2},
        {"path": "{{w.value.0}}"},
        {"path": "{{ w.text }}: {{a.text}}"},
        {"path": "{{ template }} and {a} and {{ a b }}"},
    ],
)
def test_good_plans_pass(arguments: dict[str, Any]) -> None:
    """References to an agent's text, a tool's fields, and braces that are none."""
    step = {"id": "c", "instruction": "x", "tool": "count", "arguments": arguments, "needs": ["a", "w"]}
    check(AGENT, WORDS, step)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"tool": "crawl"}, "'crawl'"),
        ({"tool": "tell", "arguments": {"to": "a", "message": "b"}}, "'tell'"),
        ({"tool": "count"}, "path"),
        ({"tool": "count", "arguments": {"path": "x", "limit": "many"}}, "'many'"),
        ({"tool": "count", "arguments": {"path": "x", "depth": 1}}, "'depth'"),
        ({"tool": "count", "arguments": {"path": "{{a.rows}}"}}, "'rows' of 'a'"),
        ({"tool": "count", "arguments": {"path": "{{w.words}}"}}, "'words' of 'w'"),
        ({"tool": "count", "arguments": {"path": "{{a}}"}}, "{{a.text}}"),
        ({"tool": "count", "arguments": {"path": "so: {{ w }}"}}, "{{w.text}}"),
        ({"tool": "count", "arguments": {"path": "{{a.text}}", "depth": 1}}, "'depth'"),
        ({"tools": ["crawl"]}, "'crawl'"),
    ],
)
def test_what_cannot_work_is_named(fields: dict[str, Any], reason: str) -> None:
    """With the value, for the model that planned it."""
    with pytest.raises(PlanError) as caught:
        check(AGENT, WORDS, {"id": "c", "instruction": "x", "needs": ["a", "w"], **fields})
    assert reason in str(caught.value)


def test_speech_is_a_tool_of_agents() -> None:
    """Without being in the toolbox."""
    check({**AGENT, "tools": ["tell", "ask", "count"]})
    with pytest.raises(PlanError, match="limit of this run is 3"):
        check(*({"id": f"s{n}", "instruction": "x"} for n in range(4)))
