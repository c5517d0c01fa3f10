"""Steps of cohorts in a new plan: which are offered, and who performs a step that is like one."""

from typing import Any

import pytest
from langchain_core.utils.function_calling import convert_to_openai_function

from repertory.memory.errors import PlanError
from repertory.memory.plans import Casting, Cohort, Company
from repertory.memory.records import Agent
from repertory.memory.registry import Registry
from repertory.nodes.context import Limits
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.planner.drafts import LikeStepDraft, PlanDraft, PlanDraftFromParts, StepDraft
from repertory.nodes.planner.parts import MOST, known_parts
from repertory.nodes.planner.plan import to_plan
from repertory.nodes.tools.toolbox import Toolbox
from tests.nodes.planner.again import Adapting, House, look
from tests.openai_schemas import strict_faults
from tests.playing import Players, agent_step, plan_of, tool_step

FIRST = "Look at may.csv, rank the products by margin, and write a letter to Ann"
PLAN = plan_of(
    tool_step("load", "look", path="may.csv").model_copy(update={"instruction": "Look at may.csv."}),
    agent_step("rank", "Rank the products by margin.", ["load"], role="Ranker: ranks", tools=["look"]),
    agent_step("write", "Write a letter to Ann.", ["rank"], role="Writer: writes letters"),
)
SECOND = "Rank the products by margin, then plot the ranking of june.csv"


def like(id_: str, instruction: str, known: str | None, **fields: Any) -> LikeStepDraft:
    """A step that is like a known one."""
    empty = {"needs": [], "expected": "", "role": "", "tools": [], "tool": None, "arguments": []}
    return LikeStepDraft(id=id_, instruction=instruction, like=known, **{**empty, **fields})


def from_parts(*steps: StepDraft) -> PlanDraftFromParts:
    """A plan that was drafted where known steps are shown."""
    return PlanDraftFromParts(steps=[LikeStepDraft(**step.model_dump()) for step in steps])


async def done() -> House:
    """A house in which the first task was done."""
    house = House()
    await house.run(Players(PLAN), FIRST)
    return house


def deps(house: House, *, shown: Any = None, tools: Any = (look,)) -> Deps:
    box = Toolbox()
    for tool in tools:
        box.add(tool, risk="read")
    return Deps(models=given_model(Players("").model), toolbox=box, index=house.index, shown=shown)


async def test_a_step_that_is_like_a_known_one_gets_its_very_agent() -> None:
    """With the prompt and the version of the cohort, without a call for prompts; the person sees where from."""
    house = await done()
    ranker = await house.registry.agent("ranker")
    assert ranker is not None
    await house.registry.save_agent(ranker.model_copy(update={"prompt": "Rank at random."}))
    new = agent_step("plot", "Plot the ranking.", ["s1"], role="Plotter: plots")
    players = Adapting(from_parts(like("s1", "Rank the products of june.csv by margin.", "c1.rank"), new))
    content, answer = await house.ask(players, SECOND)
    assert "- c1.rank: Rank the products by margin. [Ranker; tools: look]" in players.model.asks[0].text
    assert content["source"] == "new"
    agents = {agent["name"]: agent for agent in content["agents"]}
    assert (agents["ranker"]["origin"], agents["ranker"]["prompt"]) == ("cohort", ranker.prompt)
    assert agents["ranker"]["reason"] == (
        "did this for 'Look at may.csv, rank the products by margin, and write a le […]', and did 1 of 1 such tasks "
        "well; ranker v1 is used as it was, v2 is kept"
    )
    assert agents["plotter"]["origin"] == "new"
    assert (content["steps"][0]["agent"], content["steps"][0]["tools"]) == ("ranker", ["look"])
    assert "ranker" not in players.model.asks[1].text  # who is asked for prompts
    out = await answer(True)
    assert out["status"] == "completed"
    assert players.told("Rank the products of june.csv by margin.")[0].text.startswith(ranker.prompt)
    newest = await house.registry.agent("ranker")
    assert newest is not None
    assert newest.version == 2


async def test_a_direct_call_is_made_with_arguments_of_its_own() -> None:
    """The known tool, the new path, whatever else the draft says of a performer."""
    house = await done()
    parts = await known_parts(FIRST, house.registry, deps(house))
    draft = from_parts(
        like("s1", "Look at june.csv.", "c1.load", arguments=tool_step("x", "look", path="june.csv").arguments)
    )
    plan = to_plan(draft, deps(house), Limits(), parts=parts)
    assert (plan["s1"].tool, plan["s1"].arguments, plan["s1"].agent) == ("look", {"path": "june.csv"}, None)
    with pytest.raises(PlanError, match="path"):
        to_plan(from_parts(like("s1", "Look at june.csv.", "c1.load")), deps(house), Limits(), parts=parts)


async def test_a_known_step_that_is_not_there_is_refused() -> None:
    """With those that are; an empty name is none."""
    house = await done()
    parts = await known_parts(FIRST, house.registry, deps(house))
    with pytest.raises(PlanError, match=r"'c9.x', which is no known step; there is \['c1.load'"):
        to_plan(from_parts(like("s1", "x", "c9.x")), deps(house), Limits(), parts=parts)
    plan = to_plan(from_parts(like("s1", "x", ""), like("s2", "y", None)), deps(house), Limits(), parts=parts)
    assert [step.agent for step in plan.steps] == [None, None]


async def test_nothing_is_shown_where_nothing_is_related() -> None:
    """The prompt costs no more than before."""
    house = await done()
    players = Adapting(plan_of(agent_step("s1", "sing")))
    await house.ask(players, "Sing a song for the king")
    assert "known_steps" not in players.model.asks[0].text
    assert await known_parts("Sing a song for the king", house.registry, deps(house)) == {}


async def test_only_what_this_run_may_use_is_offered() -> None:
    """Tools that are not there or not shown, agents at rest, other versions of agents that the plan has."""
    house = await done()
    assert list(await known_parts(FIRST, house.registry, deps(house))) == ["c1.load", "c1.rank", "c1.write"]
    assert list(await known_parts(FIRST, house.registry, deps(house, tools=()))) == ["c1.write"]
    assert list(await known_parts(FIRST, house.registry, deps(house, shown=[]))) == ["c1.rank", "c1.write"]
    writer = await house.registry.agent("writer")
    assert writer is not None
    other = Casting(agent=writer.model_copy(update={"prompt": "another"}))
    assert "c1.write" not in await known_parts(FIRST, house.registry, deps(house), [other])
    await house.registry.save_agent(writer.model_copy(update={"status": "inactive"}))
    assert "c1.write" not in await known_parts(FIRST, house.registry, deps(house))


async def test_steps_that_speak_to_others_are_not_offered() -> None:
    """Without the others they say nothing."""
    house = House()
    agent = Agent(name="teller", role="Teller", description="tells", tools=("tell",))
    step = {"id": "s1", "instruction": "Tell it.", "agent": "teller", "tools": ["tell"]}
    company = Company.parse({"plan": {"steps": [step]}, "cast": [{"agent": agent}]})
    await house.registry.save_cohort(Cohort(id="c", task="Tell it", company=company))
    assert await known_parts("Tell it and sing", house.registry, deps(house)) == {}


async def test_few_are_offered_and_each_once() -> None:
    """The most related of the best cohorts; the same step of the same performer is one."""
    house = House()
    steps = [{"id": f"s{n}", "instruction": f"Look at part {'ab' * n}.", "tool": "look"} for n in range(1, 9)]
    for month in ("May", "June"):
        company = Company.parse({"plan": {"steps": [*steps, {**steps[0], "id": f"x{month}"}]}})
        await house.registry.save_cohort(Cohort(id=month, task=f"Look at parts in {month}", company=company))
    parts = await known_parts("Look at part ab, then sort", house.registry, deps(house))
    assert len(parts) == MOST
    assert len({part.step.instruction for part in parts.values()}) == MOST
    assert next(iter(parts)).endswith(".s1")


async def test_parts_of_another_owner_are_not_offered() -> None:
    """Nor is anything else of theirs."""
    house = await done()
    assert await known_parts(FIRST, Registry(house.store, house.index, "eve"), deps(house)) == {}


def test_the_schemas_are_strict() -> None:
    """`like` is demanded, and may be null, where known steps are shown; else it costs nothing. Both have one name."""
    for schema, demanded in ((PlanDraftFromParts, True), (PlanDraft, False)):
        parts = schema.model_json_schema()
        assert list(strict_faults(parts, ())) == []
        assert ("'like'" in str(parts)) is demanded
        assert convert_to_openai_function(schema)["name"] == "PlanDraft"
