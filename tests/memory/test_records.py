"""Records refuse what cannot be performed, and say what was wrong."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repertory.memory.errors import InputError, PlanError
from repertory.memory.plans import MAX_STEPS, Casting, Company, Plan, Step
from repertory.memory.records import Agent, Track, Usage


def step(id_: str, *needs: str, **fields: Any) -> dict[str, Any]:
    return {"id": id_, "instruction": f"do {id_}", "needs": needs, **fields}


@pytest.mark.parametrize(
    ("steps", "names"),
    [
        ([], ["no steps"]),
        ([step("a"), step("a")], ["'a'", "differ"]),
        ([step("a", "ghost")], ["'a'", "'ghost'", "not a step"]),
        ([step("a", "a")], ["circle", "a -> a"]),
        ([step("a", "c"), step("b", "a"), step("c", "b")], ["circle"]),
        ([step("1a")], ["steps.0.id", "'1a'"]),
        ([step("a\n")], ["steps.0.id"]),
        ([step("../etc")], ["'../etc'"]),
        ([step("a" * 65)], ["steps.0.id"]),
        ([step("a", instruction="  ")], ["instruction"]),
        ([step("a", tool="look", tools=["look"])], ["'look'", "keep one"]),
        ([step("a", tool="look", agent="me")], ["'look'", "keep one"]),
        ([step("a", arguments={"x": 1})], ["'a'", "no tool"]),
        ([step("a"), step("b", tool="t", arguments={"x": "{{a.text}}"})], ["'b'", "'a'", "needs"]),
        ([step("a"), step("b", tool="t", arguments={"x": [{"y": "see {{ a.text }}"}]})], ["'a'", "needs"]),
        ([step("a", colour="red")], ["colour", "'red'"]),
        ([step(f"s{n}") for n in range(MAX_STEPS + 1)], [str(MAX_STEPS + 1), str(MAX_STEPS)]),
        ("nothing", ["steps"]),
        (None, ["steps"]),
        ([7], ["7"]),
    ],
)
def test_a_plan_that_cannot_be_performed_is_refused_by_name(steps: Any, names: list[str]) -> None:
    """Every fault of a plan is a PlanError that names the value."""
    with pytest.raises(PlanError) as caught:
        Plan.parse({"steps": steps})
    for name in names:
        assert name in str(caught.value)


def test_a_plan_keeps_the_given_order_where_needs_allow() -> None:
    """A step moves behind its needs, and nothing else moves."""
    plan = Plan.parse({"steps": [step("z"), step("late", "end"), step("m"), step("end", "a"), step("a"), step("b")]})
    assert [s.id for s in plan.steps if s.id not in ("end", "late")] == ["z", "m", "a", "b"]
    assert [s.id for s in plan.steps if s.id in ("a", "end", "late")] == ["a", "end", "late"]
    ordered = [step("c"), step("a"), step("b", "c")]
    assert [s.id for s in Plan.parse({"steps": ordered}).steps] == ["c", "a", "b"]


@given(st.data())
def test_any_acyclic_plan_is_put_in_an_order_in_which_needs_come_first(data: st.DataObject) -> None:
    """Whatever the given order; and a plan in a right order stays as it is."""
    n = data.draw(st.integers(1, 12))
    needs = {i: data.draw(st.lists(st.integers(0, i - 1), unique=True, max_size=3)) if i else [] for i in range(n)}
    given_order = data.draw(st.permutations(range(n)))
    plan = Plan.parse({"steps": [step(f"s{i}", *(f"s{j}" for j in needs[i])) for i in given_order]})
    seen: set[str] = set()
    for one in plan.steps:
        assert set(one.needs) <= seen
        seen.add(one.id)
    assert Plan.parse(plan.model_dump()) == plan
    for one in plan.steps:
        reached = {one.id}
        for other in plan.steps:
            if reached & set(other.needs):
                reached.add(other.id)
        assert plan.dependants(one.id) == reached - {one.id}


@pytest.mark.parametrize("backwards", [False, True])
def test_a_thousand_steps_are_checked_quickly(backwards: bool) -> None:
    """The largest plan, a chain, takes well under the time of one model call, in its worst order too."""
    steps = [step(f"s{n}", *([f"s{n - 1}"] if n else [])) for n in range(MAX_STEPS)]
    began = time.thread_time()  # of the processor: others may be at work, too
    plan = Plan.parse({"steps": steps[::-1] if backwards else steps})
    assert time.thread_time() - began < 2
    assert [s.id for s in plan.steps] == [f"s{n}" for n in range(MAX_STEPS)]


def test_a_persona_is_checked_to_any_depth() -> None:
    """Delegates are distinct, and no name hides a node, a state key, or a tool of the same persona."""
    leaf = {"name": "leaf", "role": "r", "description": "d"}
    assert Agent.parse({**leaf, "name": "top", "delegates": [{**leaf, "name": "mid", "delegates": [leaf]}]})
    for delegates, tools, reason in (
        ([leaf, leaf], [], "two delegates named 'leaf'"),
        ([{**leaf, "name": "review"}], [], "'review'"),
        ([{**leaf, "name": "act"}], [], "'act'"),
        ([{**leaf, "name": "message"}], [], "'message'"),
        ([{**leaf, "name": "reply"}], [], "'reply'"),
        ([{**leaf, "name": "tell"}], [], "'tell'"),
        ([{**leaf, "name": "look"}], ["look"], "'look'"),
        ([{**leaf, "name": "with space"}], [], "'with space'"),
    ):
        inner = {**leaf, "name": "inner", "delegates": delegates, "tools": tools}
        with pytest.raises(InputError, match=reason):
            Agent.parse({**leaf, "name": "top", "delegates": [inner]})


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": "a b"}, "'a b'"),
        ({"role": ""}, "role"),
        ({"model": {"temperature": 3}}, "temperature"),
        ({"status": "asleep"}, "'asleep'"),
        ({"tools": ["rm -rf"]}, "'rm -rf'"),
        ({"promt": "x"}, "promt"),
    ],
)
def test_an_agent_is_refused_with_the_field_and_the_value(fields: dict[str, Any], reason: str) -> None:
    """A typo is an error."""
    with pytest.raises(InputError, match=reason):
        Agent.parse({"name": "a", "role": "r", "description": "d", **fields})


def test_a_company_knows_its_performers() -> None:
    """A step's agent is in the company, and names differ."""
    agent = Agent(name="a", role="r", description="d")
    plan = Plan(steps=(Step(id="s", instruction="x", agent="a"),))
    company = Company(plan=plan, cast=(Casting(agent=agent),))
    assert company.agent("a") is agent
    with pytest.raises(KeyError):
        company.agent("b")
    with pytest.raises(InputError, match="'a'"):
        Company.parse({"plan": plan})
    with pytest.raises(InputError, match="two agents are named 'a'"):
        Company.parse({"plan": plan, "cast": (Casting(agent=agent), Casting(agent=agent))})


def test_a_run_counts_once_in_a_track_record() -> None:
    """Counting the same run again changes nothing."""
    track = Track().count("r1", success=True, usage=Usage(model_calls=2))
    assert track.count("r1", success=False, usage=Usage(model_calls=9)) == track
    twice = track.count("r2", success=False, usage=Usage(model_calls=1, input_tokens=3, output_tokens=4))
    assert (twice.uses, twice.successes, twice.usage.model_calls, twice.usage.tokens) == (2, 1, 3, 7)


def test_long_values_are_shortened_in_messages() -> None:
    """An error stays readable whatever was given."""
    with pytest.raises(PlanError) as caught:
        Plan.parse({"steps": [step("?" * 5000)]})
    assert len(str(caught.value)) < 300
