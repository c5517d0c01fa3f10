"""Casting: reuse what clearly fits, ask one judge about all doubts, create the rest under free names."""

from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore

from repertory.graphs import build_planner
from repertory.memory.records import Agent
from repertory.memory.registry import Registry
from repertory.memory.retrieval.index import ByForm, Index, Thresholds
from repertory.memory.retrieval.lexical import LexicalIndex
from repertory.nodes.context import Context
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.planner.drafts import Judgement, Verdict
from repertory.nodes.planner.edit import company_content
from repertory.nodes.tools.toolbox import Toolbox
from tests.playing import Players, agent_step, plan_of
from tests.scripted import Ask


def look() -> str:
    """Look."""
    return "seen"


class Judging(Players):
    """Players with a judge."""

    def __init__(self, *plans: Any, judge: list[Judgement]) -> None:
        super().__init__(*plans)
        self.judge = judge

    def __call__(self, ask: Ask) -> Any:
        return self.judge.pop(0) if ask.schema == "Judgement" else super().__call__(ask)


async def cast(
    players: Players,
    *known: Agent,
    index: Index | None = None,
    tools: Any = (look,),
    context: Context | None = None,
) -> dict[str, Any]:
    """Casting of each step, by step id. Agents are kept for the owners that they name."""
    store, index = InMemoryStore(), index or LexicalIndex()
    for agent in known:
        await Registry(store, index, agent.owner).save_agent(agent)
    box = Toolbox()
    for tool in tools:
        box.add(tool, risk="read")
    deps = Deps(models=given_model(players.model), toolbox=box, index=index)
    graph = build_planner(deps, checkpointer=InMemorySaver(), store=store)
    out = await graph.ainvoke({"task": "x"}, {"configurable": {"thread_id": "t"}}, context=context or Context())
    content = (
        out["__interrupt__"][0].value["repertory"]["proposal"]["content"]
        if "__interrupt__" in out
        else company_content(out["company"])
    )
    agents = {agent["name"]: agent for agent in content["agents"]}
    return {step["id"]: agents[step["agent"]] for step in content["steps"] if step["agent"]}


def agent(name: str, role: str, description: str, **fields: Any) -> Agent:
    return Agent(name=name, role=role, description=description, prompt=f"You are {name}.", **fields)


NEVER = Thresholds(fits=2.0, doubtful=0.0)
READER = agent("reader", "Report reader", "reads quarterly reports")
ROLE = "Report reader: reads quarterly reports"


async def test_who_clearly_fits_is_reused_and_needs_no_prompt() -> None:
    """No judge, no prompt call."""
    players = Players(plan_of(agent_step("s", "read", role=ROLE)))
    cast_ = await cast(players, READER)
    assert (cast_["s"]["name"], cast_["s"]["origin"], players.calls()) == ("reader", "reused", 1)
    assert cast_["s"]["reason"] == "1.00 against a threshold of 0.60; not tried yet"


@pytest.mark.parametrize(
    ("known", "tools"),
    [
        (READER.model_copy(update={"status": "inactive"}), ["look"]),
        (READER, ["look"]),
        (READER.model_copy(update={"tools": ("look", "fly")}), ["look"]),
        (
            READER.model_copy(update={"delegates": (agent("d", "D", "d", tools=("fly",)),), "tools": ("look",)}),
            ["look"],
        ),
    ],
)
async def test_who_cannot_do_it_is_not_reused(known: Agent, tools: list[str]) -> None:
    """At rest, without a tool that the step wants, or with one, at any depth, that this run does not have."""
    players = Players(plan_of(agent_step("s", "read", role=ROLE, tools=tools)))
    assert (await cast(players, known))["s"]["origin"] == "new"


async def test_one_judge_for_all_doubts() -> None:
    """One call; those judged fit are reused, the others created; a verdict on a stranger goes back."""
    other = agent("writer", "Report writer", "writes quarterly reports")
    strange = Judgement(verdicts=[Verdict(step="s1", agent="stranger", reason="r")])
    verdicts = [Verdict(step="s1", agent="reader", reason="r"), Verdict(step="s2", agent=None, reason="r")]
    plan = plan_of(agent_step("s1", "read", role=ROLE), agent_step("s2", "write", role="Report maker: makes reports"))
    players = Judging(plan, judge=[strange, Judgement(verdicts=verdicts)])
    cast_ = await cast(players, READER, other, index=LexicalIndex(usual=ByForm(NEVER, NEVER)))
    assert (cast_["s1"]["name"], cast_["s1"]["origin"]) == ("reader", "reused")
    assert cast_["s2"]["origin"] == "new"
    assert players.calls("Judgement") == 2
    asked = [ask for ask in players.model.asks if ask.schema == "Judgement"]
    assert "'stranger' is no candidate" in asked[1].text


async def test_steps_of_one_role_share_a_new_agent_and_others_get_names_of_their_own() -> None:
    """Same role and description: one agent. Same role, another description or taken name: another."""
    plan = plan_of(
        agent_step("s1", "a", role="Clerk: files letters"),
        agent_step("s2", "b", role="Clerk: files letters"),
        agent_step("s3", "c", role="Clerk: counts stamps"),
        agent_step("s4", "d", role="Писарь: пишет"),
        agent_step("s5", "e", role="9 lives: survives"),
        agent_step("s6", "f", role="x" * 300),
    )
    unlike = agent("clerk", "Astronaut", "flies to the moon").model_copy(update={"prompt": "Fly."})
    cast_ = {id_: shown["name"] for id_, shown in (await cast(Players(plan), unlike)).items()}
    assert cast_["s1"] == cast_["s2"] == "clerk_2"
    assert cast_["s3"] == "clerk_3"
    assert len(set(cast_.values())) == 5
    assert all(len(name) <= 64 for name in cast_.values())


async def test_a_shared_agent_has_the_tools_of_all_its_steps() -> None:
    """The second step wants a tool that the first does not: nobody ends up without it."""
    plan = plan_of(
        agent_step("s1", "a", role="Clerk: files letters"),
        agent_step("s2", "b", role="Clerk: files letters", tools=["look"]),
    )
    cast_ = await cast(Players(plan))
    assert "look" in cast_["s2"]["tools"]


async def test_without_a_role_the_instruction_is_what_is_searched_for(tmp_path: Path) -> None:
    """And the agent is named plainly."""
    players = Players(plan_of(agent_step("s", "Report reader reads quarterly reports", role=" ")))
    assert (await cast(players))["s"]["name"] == "step_agent"


async def test_a_draft_is_cast_only_where_a_person_sees_its_prompt() -> None:
    """The reason says what it is. Under a policy that approves plans unseen, somebody new is created instead."""
    draft = READER.model_copy(update={"status": "draft"})
    plan = plan_of(agent_step("s", "read", role=ROLE))
    asked = await cast(Players(plan), draft)
    assert (asked["s"]["name"], asked["s"]["origin"]) == ("reader", "reused")
    assert "nobody has approved its prompt" in asked["s"]["reason"]
    unseen = await cast(Players(plan), draft, context=Context(policy="autonomous"))
    assert unseen["s"]["origin"] == "new"


@pytest.mark.parametrize("mounted", [True, False])
async def test_agents_of_a_library_are_cast_where_it_is_mounted(mounted: bool) -> None:
    """The reason names it; nothing of an owner who is not mounted is ever seen."""
    theirs = READER.model_copy(update={"owner": "team"})
    context = Context(libraries=("team",) if mounted else ())
    cast_ = await cast(Players(plan_of(agent_step("s", "read", role=ROLE))), theirs, context=context)
    assert cast_["s"]["origin"] == ("reused" if mounted else "new")
    assert ("from the library 'team'" in cast_["s"]["reason"]) == mounted


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ([], "nobody like it is kept"),
        ([agent("poet", "Poet", "writes reports in verse")], "the best known, 'poet' scores 0."),
        ([READER], "the best known, 'reader' scores 1.00 against a threshold of 0.60, and lacks the tool look"),
    ],
)
async def test_it_is_said_why_somebody_new_is_created(known: list[Agent], reason: str) -> None:
    """Nobody is there, the best does not fit, or it lacks something."""
    cast_ = await cast(Players(plan_of(agent_step("s", "read", role=ROLE, tools=["look"]))), *known)
    assert cast_["s"]["origin"] == "new"
    assert cast_["s"]["reason"].startswith(reason)
