"""What a run teaches: companies that did well, versions, names, and failures that count once."""

from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.base import BaseStore, SearchOp
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from repertory.graphs import build_planner
from repertory.memory.records import Agent
from repertory.memory.registry import Registry
from repertory.memory.retrieval.lexical import LexicalIndex
from repertory.nodes.context import Context, Limits
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.tools.toolbox import Toolbox
from tests.playing import Players, agent_step, plan_of

AUTONOMOUS = Context(policy="autonomous")
FAILS = ["", "", ""]
ROOT = "repertory"


def look() -> str:
    """Look."""
    return "seen"


class House:
    """A store and an index that several runs share."""

    def __init__(self) -> None:
        self.store: BaseStore = InMemoryStore()
        self.index = LexicalIndex()
        self.registry = Registry(self.store, self.index)
        self.saver = InMemorySaver()
        self.runs = 0

    def graph(self, players: Players, *tools: Any) -> Any:
        box = Toolbox()
        for tool in tools:
            box.add(tool, risk="read")
        deps = Deps(models=given_model(players.model), toolbox=box, index=self.index)
        return build_planner(deps, checkpointer=self.saver, store=self.store)

    async def run(self, players: Players, task: str, *tools: Any, answers: Any = (), context: Any = None) -> Any:
        """A run of a thread of its own, with these answers in turn."""
        self.runs += 1
        config: Any = {"configurable": {"thread_id": str(self.runs)}}
        graph, context = self.graph(players, *tools), context or (None if answers else AUTONOMOUS)
        out = await graph.ainvoke({"task": task}, config, context=context)
        for answer in answers:
            out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: answer}), config, context=context)
        return out


def origins(out: Any) -> dict[str, str]:
    return {casting.agent.name: casting.origin for casting in out["company"].cast}


ONE = plan_of(agent_step("s1", "summarise it", role="Summariser: sums up reports"))


async def test_an_equal_task_uses_the_cohort_and_counts_on_it() -> None:
    """No planning and no prompts; one cohort, used twice; a third wording of the same is equal, too."""
    house = House()
    await house.run(Players(ONE), "Sum up the report")
    players = Players(AssertionError("nobody plans"))
    out = await house.run(players, " sum  up the report. ")
    assert (origins(out), players.calls()) == ({"summariser": "cohort"}, 1)
    [cohort] = await house.registry.cohorts()
    assert (cohort.track.uses, cohort.track.successes) == (2, 2)
    agent = await house.registry.agent("summariser")
    assert agent is not None
    assert (agent.track.uses, agent.version) == (2, 1)


async def test_a_different_task_shares_no_cohort() -> None:
    """It is planned."""
    house = House()
    await house.run(Players(ONE), "Sum up the report")
    players = Players(plan_of(agent_step("s1", "count", role="Astronomer: counts the stars of a galaxy")))
    out = await house.run(players, "How many stars has Andromeda?")
    assert players.calls("PlanDraft") == 1
    assert set(origins(out)) == {"astronomer"}


async def test_a_cohort_whose_tool_is_gone_is_not_used() -> None:
    """The equal task is planned anew, without the tool, and no error is seen."""
    house = House()
    with_tool = plan_of(agent_step("s1", "look at it", role="Looker: looks", tools=["look"]))
    await house.run(Players(with_tool, acts={"look at it": ["ok"]}), "Look at it", look)
    players = Players(ONE)
    out = await house.run(players, "Look at it")
    assert (out["status"], players.calls("PlanDraft")) == ("completed", 1)
    assert "looker" not in origins(out)


async def test_a_cohort_that_is_too_large_or_has_an_inactive_agent_is_not_used() -> None:
    """Limits and a person's `inactive` hold."""
    house = House()
    two = plan_of(agent_step("s1", "first", role="First: firsts"), agent_step("s2", "then", role="Second: seconds"))
    await house.run(Players(two), "Do both")
    players = Players(ONE)
    await house.run(players, "Do both", context=Context(policy="autonomous", limits=Limits(steps=1)))
    assert players.calls("PlanDraft") == 1
    house = House()
    await house.run(Players(ONE), "Sum up")
    kept = await house.registry.agent("summariser")
    assert kept is not None
    await house.registry.save_agent(kept.model_copy(update={"status": "inactive"}))
    players = Players(ONE)
    out = await house.run(players, "Sum up")
    assert players.calls("PlanDraft") == 1
    assert set(origins(out)) == {"summariser_2"}


async def test_an_edited_agent_of_a_cohort_becomes_the_next_version() -> None:
    """The old version stays readable; the cohort of the next equal task is the edited one's."""
    house = House()
    await house.run(Players(ONE), "Sum up")
    edit = {"verdict": "edit", "edit": {"agents": [{"name": "summariser", "prompt": "Be brief."}]}}
    await house.run(Players(ONE), "Sum up", answers=[edit])
    agent = await house.registry.agent("summariser")
    assert agent is not None
    assert (agent.version, agent.prompt, agent.track.uses) == (2, "Be brief.", 2)
    old = await house.registry.agent("summariser", version=1)
    assert old is not None
    assert old.prompt != "Be brief."
    assert len(await house.registry.cohorts()) == 2


async def test_an_agent_that_was_added_without_a_prompt_gets_one_and_is_shown_again() -> None:
    """Nothing is performed by an agent that has no instructions."""
    house = House()
    edit = {
        "verdict": "edit",
        "edit": {
            "steps": [{"id": "s1", "agent": "fresh"}],
            "agents": [{"name": "fresh", "role": "Fresh", "description": "is fresh"}],
        },
    }
    players = Players(ONE)
    out = await house.run(players, "Sum up", answers=[edit, True])
    assert (out["status"], origins(out)) == ("completed", {"fresh": "new"})
    assert players.told("summarise it")[0].text.startswith("You are fresh.")


async def test_names_that_collide_when_they_are_kept_stay_apart() -> None:
    """Two runs at once create a `reader` each: neither replaces the other, and each cohort has its own."""
    house = House()
    graphs: list[Any] = []
    for n, what in enumerate(("spreadsheets", "poems")):
        players = Players(plan_of(agent_step("s1", f"read {what}", role=f"Reader: interprets {what}")))
        config: Any = {"configurable": {"thread_id": f"c{n}"}}
        graph = house.graph(players)
        out = await graph.ainvoke({"task": f"Interpret {what}"}, config)
        graphs.append((graph, config, out["__interrupt__"][0].id))
    outs = [await graph.ainvoke(Command(resume={id_: True}), config) for graph, config, id_ in graphs]
    assert [set(origins(out)) for out in outs] == [{"reader"}, {"reader_2"}]
    kept = {agent.name: (agent.description, agent.version, agent.track.uses) for agent in await house.registry.agents()}
    assert kept == {"reader": ("interprets spreadsheets", 1, 1), "reader_2": ("interprets poems", 1, 1)}
    for cohort in await house.registry.cohorts():
        assert cohort.company.plan.steps[0].agent == cohort.company.cast[0].agent.name


@pytest.mark.parametrize("answers", [[False], [{"type": "reject", "message": "no"}]])
async def test_a_rejected_run_keeps_nothing(answers: Any) -> None:
    """No agent, no cohort, no count."""
    house = House()
    out = await house.run(Players(ONE), "Sum up", answers=answers)
    assert out["status"] == "rejected"
    assert (await house.registry.agents(), await house.registry.cohorts()) == ([], [])


async def test_a_failed_run_keeps_nothing_but_the_failure_of_who_failed() -> None:
    """The reused agent that failed is counted once, whether its step was replaced or not; the other one is not."""
    for replans in (0, 1):
        house = House()
        for name in ("alpha", "beta"):
            await house.registry.save_agent(
                Agent(name=name, role=name.title(), description=f"does {name} things well", prompt=f"You are {name}.")
            )
        plan = plan_of(
            agent_step("s1", "good", role="Alpha: does alpha things well"),
            agent_step("s2", "bad", role="Beta: does beta things well"),
        )
        players = Players(
            plan, plan_of(agent_step("s3", "bad too", role="Gamma: g")), acts={"bad": FAILS, "bad too": FAILS}
        )
        context = Context(policy="autonomous", limits=Limits(replans=replans))
        out = await house.run(players, "Do it all", context=context)
        assert out["status"] == "failed"
        assert {c.agent.name for c in out["company"].cast} >= {"alpha"}
        tracks = {agent.name: (agent.track.uses, agent.track.successes) for agent in await house.registry.agents()}
        assert tracks == {"alpha": (0, 0), "beta": (1, 0)}
        assert await house.registry.cohorts() == []


async def test_a_plan_that_replaced_a_cohorts_is_not_counted_against_it() -> None:
    """Words lead to a new plan; its failure is its own."""
    house = House()
    await house.run(Players(ONE), "Sum up")
    players = Players(plan_of(agent_step("s1", "bad", role="Other: o")), acts={"bad": FAILS})
    context = Context(limits=Limits(replans=0))
    out = await house.run(players, "Sum up", answers=["do it otherwise", True], context=context)
    assert out["status"] == "failed"
    [cohort] = await house.registry.cohorts()
    assert (cohort.track.uses, cohort.track.successes) == (1, 1)


async def test_owners_do_not_share(tmp_path: Path) -> None:
    """Another owner's equal task is planned, and the first one's agents are not seen."""
    house = House()
    await house.run(Players(ONE), "Sum up")
    players = Players(ONE)
    out = await house.run(players, "Sum up", context=Context(policy="autonomous", owner="other"))
    assert (players.calls("PlanDraft"), origins(out)) == (1, {"summariser": "new"})


class CountingStore(InMemoryStore):
    """A store that counts the batches for the registry; steps have the journal's namespaces."""

    batches = 0

    async def abatch(self, ops: Any) -> Any:
        todo = list(ops)
        places = [op.namespace_prefix if isinstance(op, SearchOp) else op.namespace for op in todo]
        self.batches += any(place[0] == ROOT for place in places)
        return await super().abatch(todo)


async def test_a_run_with_many_agents_asks_the_store_no_oftener() -> None:
    """Casting and keeping five new agents take as many batches as one; names, versions and steps are theirs."""
    batches = []
    for n in (1, 5):
        house = House()
        house.store = store = CountingStore()
        house.registry = Registry(store, house.index)
        roles = [agent_step(f"s{m}", f"do {m}", role=f"Clerk{m}: keeps ledger {m}") for m in range(n)]
        players = Players(plan_of(*roles))
        out = await house.run(players, "Keep the ledgers")
        assert {(agent.name, agent.version) for agent in await house.registry.agents()} == {
            (f"clerk{m}", 1) for m in range(n)
        }
        assert [step.agent for step in out["company"].plan.steps] == [f"clerk{m}" for m in range(n)]
        batches.append(store.batches)
    assert batches[0] == batches[1] > 5


LIKE = "Summariser: sums up reports"


async def test_a_draft_becomes_active_when_a_person_approves_the_plan() -> None:
    """Also where the answer displeases: the prompt was approved, not the answer."""
    house = House()
    await house.registry.save_agent(drafted("summariser"))
    for answer in ("approve", "reject"):
        await house.run(Players(ONE), f"Sum it up to {answer}", answers=["approve"], context=Context())
    kept = await house.registry.agent("summariser")
    assert kept is not None
    assert (kept.status, kept.version) == ("active", 1)
    events = await house.registry.history("summariser")
    assert [event.by.startswith("run ") for event in events if event.event == "moved"] == [True]


async def test_an_agent_of_a_library_that_did_well_becomes_ones_own() -> None:
    """A copy with a record of its own; in the library nothing changes, also after a second run."""
    house = House()
    team = Registry(house.store, house.index, "team")
    await team.save_agent(drafted("summariser", status="active"))
    context = Context(policy="autonomous", libraries=("team",))
    for task in ("Sum up May", "Sum up the rest of it all"):
        await house.run(Players(ONE), task, context=context)
    mine = await house.registry.agent("summariser")
    assert mine is not None
    assert (mine.owner, mine.created_by, mine.track.uses) == ("local", "library team", 2)
    theirs = await team.agent("summariser")
    assert theirs is not None
    assert (theirs.owner, theirs.track.uses, theirs.version) == ("team", 0, 1)


@pytest.mark.parametrize(("created_by", "versions"), [("run earlier", 2), ("file mine.yaml", 1)])
async def test_a_near_duplicate_is_merged_or_refused_with_the_reason(created_by: str, versions: int) -> None:
    """What a run brought gets a next version, with the tools of both; what a person wrote stays alone and unchanged."""
    house = House()
    await house.registry.save_agent(drafted("summer", status="active", created_by=created_by))
    plan = plan_of(agent_step("s1", "summarise it", role=LIKE, tools=["look"]))
    out = await house.run(Players(plan), "Sum up the report", look)
    [kept] = await house.registry.agents()
    assert (kept.name, kept.version, kept.created_by) == (
        "summer",
        versions,
        f"run {out['run_id']}" if versions == 2 else created_by,
    )
    assert kept.tools == (("look",) if versions == 2 else ())
    [casting] = out["company"].cast
    assert "1.00 like 'summer'" in casting.reason
    [cohort] = await house.registry.cohorts()
    assert cohort.company.cast[0].agent.prompt
    assert [event.event for event in await house.registry.history("summer")][:versions] == ["created", "changed"][
        :versions
    ]


async def test_what_failed_is_the_agents_failure_and_none_of_the_cohorts() -> None:
    """A cohort whose step fails keeps its record; the agent's shows the failure."""
    house = House()
    await house.run(Players(ONE), "Sum up the report")
    players = Players(ONE, acts={"summarise it": FAILS})
    await house.run(players, "Sum up the report", context=Context(policy="autonomous", limits=Limits(replans=0)))
    [cohort] = await house.registry.cohorts()
    assert (cohort.track.uses, cohort.track.successes) == (1, 1)
    agent = await house.registry.agent("summariser")
    assert agent is not None
    assert (agent.track.uses, agent.track.successes) == (2, 1)


def drafted(name: str, **fields: Any) -> Agent:
    role, _, description = LIKE.partition(": ")
    known = {"name": name, "role": role, "description": description, "prompt": "Sum up.", "status": "draft"}
    return Agent.model_validate({**known, **fields})
