"""Edits of a company: any field of any step or agent, validated, or refused with the reason."""

from typing import Any

import pytest

from repertory.memory.errors import InputError
from repertory.memory.plans import Casting, Company, Plan, Step
from repertory.memory.records import Agent, StepResult
from repertory.nodes.context import Limits
from repertory.nodes.planner.edit import company_content, edit_company
from repertory.nodes.tools.toolbox import Toolbox


def look(path: str) -> str:
    """Look."""
    return path


def fly() -> str:
    """Fly."""
    return ""


BOX = Toolbox([look, fly])
READER = Agent(name="reader", role="Reader", description="reads", prompt="Read.", tools=("look",))
WRITER = Agent(name="writer", role="Writer", description="writes", prompt="Write.")
COMPANY = Company(
    plan=Plan(
        steps=(
            Step(id="a", instruction="read", agent="reader", tools=("look",)),
            Step(id="b", instruction="look", tool="look", arguments={"path": "x"}),
            Step(id="c", instruction="write", agent="writer", needs=("a", "b")),
        )
    ),
    cast=(Casting(agent=READER, origin="reused"), Casting(agent=WRITER)),
)


def edited(edit: dict[str, Any], **ended: str) -> Company:
    results = {id_: StepResult(step_id=id_, status=status) for id_, status in ended.items()}  # type: ignore[arg-type]
    return edit_company(COMPANY, edit, BOX, Limits(steps=4), ended=results)


def test_what_is_shown_can_be_sent_back_unchanged() -> None:
    """The whole content, or nothing of it, edits nothing."""
    assert edited(company_content(COMPANY)) == COMPANY
    assert edited({}) == COMPANY


def test_steps_change_go_come_and_move() -> None:
    """One list says it all; what is not said of a step stays."""
    steps = [{"id": "b", "arguments": {"path": "y"}}, {"id": "new", "instruction": "n"}, {"id": "a", "expected": "e"}]
    company = edited({"steps": steps})
    assert [step.id for step in company.plan.steps] == ["b", "new", "a"]
    assert company.plan["b"].arguments == {"path": "y"}
    assert (company.plan["a"].expected, company.plan["a"].agent) == ("e", "reader")
    assert company.plan["new"].agent is None
    assert [casting.agent.name for casting in company.cast] == ["reader"]


def test_a_step_moves_between_agent_and_tool() -> None:
    """The other performer goes."""
    company = edited(
        {"steps": [{"id": "a", "tool": "look", "arguments": {"path": "z"}}, {"id": "b", "agent": "writer"}]}
    )
    assert (company.plan["a"].agent, company.plan["a"].tools) == (None, ())
    assert (company.plan["b"].tool, company.plan["b"].arguments) == (None, {})


def test_an_edited_agent_is_new_and_knows_whom_it_continues() -> None:
    """Where it came from is not the reader's to set."""
    agents = [{"name": "reader", "prompt": "R!", "version": 9, "origin": "cohort"}, {"name": "writer", "prompt": "W!"}]
    company = edited({"agents": agents})
    assert [(c.agent.prompt, c.agent.version, c.origin, c.known) for c in company.cast] == [
        ("R!", 1, "new", True),
        ("W!", 1, "new", False),
    ]


def test_an_agent_may_get_a_hierarchy() -> None:
    """Delegates of delegates, checked like all else."""
    low = {"name": "low", "role": "r", "description": "d", "tools": ["fly"]}
    mid = {"name": "mid", "role": "r", "description": "d", "delegates": [low]}
    company = edited({"agents": [{"name": "writer", "delegates": [mid]}]})
    assert company.agent("writer").delegates[0].delegates[0].tools == ("fly",)
    with pytest.raises(InputError, match="'crawl'"):
        edited({"agents": [{"name": "writer", "delegates": [{**mid, "delegates": [{**low, "tools": ["crawl"]}]}]}]})


A, B, C = {"id": "a"}, {"id": "b"}, {"id": "c"}


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ({"colour": 1}, "'colour'"),
        ({"steps": {}}, "`steps`"),
        ({"steps": [7]}, "`steps`"),
        ({"steps": [{"instruction": "x"}]}, "`id`"),
        ({"steps": [{"id": 7}]}, "`id`"),
        ({"steps": []}, "no steps"),
        ({"steps": [A, A]}, "'a'"),
        ({"steps": [A, C]}, "'b'"),
        ({"steps": [{**A, "needs": ["c"]}, B, C]}, "circle"),
        ({"steps": [{**A, "needs": ["ghost"]}, B, C]}, "'ghost'"),
        ({"steps": [{**A, "agent": "nobody"}, B, C]}, "'nobody'"),
        ({"steps": [{**B, "tool": "crawl"}]}, "'crawl'"),
        ({"steps": [{**B, "arguments": {"pth": "x"}}]}, "'pth'"),
        ({"steps": [{**B, "arguments": {}}]}, "path"),
        ({"steps": [{**A, "tools": ["crawl"]}]}, "'crawl'"),
        ({"steps": [{**A, "tools": ["look", "fly"]}]}, "'reader' does not have"),
        ({"steps": [{"id": "n", "instruction": "x", "agent": "writer", "tools": ["fly"]}]}, "'writer' does not have"),
        ({"steps": [A, B, C, *({"id": f"n{i}", "instruction": "x"} for i in range(2))]}, "limit of this run is 4"),
        ({"steps": [A, {**B, "needs": ["a"], "arguments": {"path": "{{a.nothing}}"}}]}, "'nothing'"),
        ({"steps": [A, {**B, "arguments": {"path": "{{a.text}}"}}]}, "needing"),
        ({"agents": [{"name": "reader", "tools": ["crawl"]}]}, "'crawl'"),
        ({"agents": [{"name": "reader", "role": ""}]}, "role"),
        ({"agents": [{"name": "reader", "model": {"temperature": 9}}]}, "temperature"),
        ({"agents": [{"role": "x"}]}, "`name`"),
        ({"agents": "reader"}, "`agents`"),
        ({"agents": None}, "`agents`"),
    ],
)
def test_a_wrong_edit_is_refused_with_the_value(edit: dict[str, Any], reason: str) -> None:
    """As an InputError, so that it is asked again."""
    with pytest.raises(InputError) as caught:
        edited(edit)
    assert reason in str(caught.value)


def test_what_is_done_cannot_change_and_what_failed_is_not_taken_up_again() -> None:
    """Results that are there belong to the steps as they were."""
    assert edited({"steps": [A, B, {**C, "instruction": "new"}]}, a="done").plan["c"].instruction == "new"
    with pytest.raises(InputError, match="'a' has been performed"):
        edited({"steps": [{**A, "instruction": "new"}, B, C]}, a="done")
    with pytest.raises(InputError, match="'a' has been performed"):
        edited({"steps": [B]}, a="done")
    with pytest.raises(InputError, match="'old' belongs to a step that failed"):
        edited({"steps": [A, B, C, {"id": "old", "instruction": "again"}]}, a="done", old="failed")
