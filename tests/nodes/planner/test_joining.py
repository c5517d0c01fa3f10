"""Agents that join the registry: what they bring of others, which tools, and how alike they may be."""

from repertory.memory.registry import Lesson, Registry
from repertory.nodes.context import Context
from tests.nodes.planner.test_keep import ONE, House, drafted, look
from tests.playing import Players, agent_step, plan_of


def note() -> str:
    """Note."""
    return "noted"


async def test_tasks_and_runs_of_a_librarys_owner_stay_there() -> None:
    """An agent of a library, edited or not, brings none of them: not into the proposal, the registry or the cohort."""
    for answer in (True, {"verdict": "edit", "edit": {"agents": [{"name": "summariser", "prompt": "Be brief."}]}}):
        house = House()
        team = Registry(house.store, house.index, "team")
        await team.save_agent(drafted("summariser", status="active"))
        await team.learn("secret-run", agents={"summariser": Lesson(True, deeds=("sum up the secret",))})
        context = Context(libraries=("team",))
        config = {"configurable": {"thread_id": "asked"}}
        asked = await house.graph(Players(ONE)).ainvoke({"task": "Sum up"}, config, context=context)
        assert "secret" not in str(asked["__interrupt__"][0].value)
        out = await house.run(Players(ONE), "Sum up", answers=[answer], context=context)
        [mine], [cohort] = await house.registry.agents(), await house.registry.cohorts()
        assert "secret" not in f"{out}{mine}{cohort}"
        assert (mine.created_by, mine.owner, mine.track.uses) == ("library team", "local", 1)
        theirs = await team.agent("summariser")
        assert theirs is not None
        assert theirs.track.deeds == ("sum up the secret",)


async def test_a_merged_agent_has_in_its_cohort_the_tools_that_it_was_approved_with() -> None:
    """The next version has the tools of both; an equal task is performed as it was."""
    house = House()
    await house.registry.save_agent(drafted("summer", status="active", created_by="run earlier", tools=("note",)))
    plan = plan_of(agent_step("s1", "summarise it", role="Summariser: sums up reports", tools=["look"]))
    await house.run(Players(plan), "Sum up the report", look, note)
    [kept], [cohort] = await house.registry.agents(), await house.registry.cohorts()
    assert (kept.tools, kept.version) == (("note", "look"), 2)
    [casting] = cohort.company.cast
    assert (casting.agent.name, casting.agent.version, casting.agent.tools) == ("summer", 2, ("look",))
    players = Players(AssertionError("nobody plans"))
    out = await house.run(players, "Sum up the report", look)  # a run without the other tool
    assert (out["status"], out["company"].agent("summer").tools) == ("completed", ("look",))


async def test_of_two_new_agents_that_are_nearly_the_same_one_is_kept() -> None:
    """Both perform, in this plan and in its cohort; the reason is told; a third that differs is kept."""
    house = House()
    plan = plan_of(
        agent_step("s1", "sum a", role="CSV analyst: computes figures from tables"),
        agent_step("s2", "sum b", role="Analyst of CSV: computes the figures from the table"),
        agent_step("s3", "sing", role="Singer: sings songs"),
    )
    out = await house.run(Players(plan), "Sum and sing")
    assert [agent.name for agent in await house.registry.agents()] == ["csv_analyst", "singer"]
    reasons = {casting.agent.name: casting.reason for casting in out["company"].cast}
    assert "like 'csv_analyst' of the same plan" in reasons["analyst_of_csv"]
    [cohort] = await house.registry.cohorts()
    assert [step.agent for step in cohort.company.plan.steps] == ["csv_analyst", "analyst_of_csv", "singer"]
