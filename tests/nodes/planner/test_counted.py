"""What a run is counted on: the agents that were in it, in the versions that they had."""

import pytest

from repertory.memory.records import Agent
from repertory.nodes.context import Context, Limits
from repertory.nodes.planner.drafts import LikeStepDraft, PlanDraftFromParts
from tests.nodes.planner.test_keep import FAILS, ONE, House, drafted, look
from tests.playing import Players, agent_step, plan_of
from tests.scripted import Answer, Ask


def note() -> str:
    """Note."""
    return "noted"


async def test_the_history_names_the_version_that_was_used() -> None:
    """A cohort's, where a newer one is kept."""
    house = House()
    await house.run(Players(ONE), "Sum up")
    kept = await house.registry.agent("summariser")
    assert kept is not None
    await house.registry.save_agent(kept.model_copy(update={"prompt": "Be brief."}))
    await house.run(Players(AssertionError("nobody plans")), "Sum up")
    events = [(event.event, event.version) for event in await house.registry.history("summariser")]
    assert events == [("created", 1), ("used", 1), ("changed", 2), ("used", 1)]


@pytest.mark.parametrize("fails", [True, False])
async def test_a_new_agent_counts_on_nobody_of_its_name(fails: bool) -> None:
    """A person adds an agent whose name somebody else has who is kept: that one is not blamed, nor praised."""
    house = House()
    await house.registry.save_agent(Agent(name="reader", role="Reader", description="Reads.", prompt="Read."))
    added = {"name": "reader", "role": "Widget smith", "description": "Forges widgets.", "prompt": "Forge."}
    edit = {"verdict": "edit", "edit": {"steps": [{"id": "s1", "agent": "reader"}], "agents": [added]}}
    players = Players(ONE, acts={"summarise it": FAILS} if fails else None)
    await house.run(players, "Forge", answers=[edit], context=Context(limits=Limits(replans=0)))
    uses = {agent.name: agent.track.uses for agent in await house.registry.agents()}
    assert uses == ({"reader": 0} if fails else {"reader": 0, "reader_2": 1})


class Taking(Players):
    """Players whose planner takes over the first known step, and adds another."""

    def __call__(self, ask: Ask) -> Answer:
        if ask.schema != "PlanDraft" or "c1.s1" not in ask.text:
            return super().__call__(ask)
        known = agent_step("t1", "sum up the sales of the year").model_dump()
        archive = agent_step("t2", "archive", role="Sales archivist: archives sales figures in books", tools=["note"])
        steps = [LikeStepDraft(**known, like="c1.s1"), LikeStepDraft(**archive.model_dump(), like=None)]
        return PlanDraftFromParts(steps=steps)


async def test_a_step_is_given_to_nobody_who_has_its_tools_in_another_version_only() -> None:
    """The plan has the cohort's version of the analyst; the newest could archive, this one could not."""
    house = House()
    first = plan_of(agent_step("s1", "sum up the sales of the year", role="Analyst: sums up sales", tools=["look"]))
    await house.run(Players(first), "sum up the sales of the year", look, note)
    newest = drafted(
        "analyst",
        role="Sales archivist",
        description="archives sales figures in books",
        tools=("look", "note"),
        status="active",
    )
    await house.registry.save_agent(newest)
    task = "sum up the sales of the year and archive the sales in books"
    out = await house.run(Taking(first), task, look, note)
    company = out["company"]
    assert company.plan["t1"].agent == "analyst"
    assert company.agent("analyst").version == 1
    for step in company.plan.steps:
        assert set(step.tools) <= set(company.agent(step.agent).tools)
