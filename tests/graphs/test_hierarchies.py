"""Hierarchies inside a run: a step's agent with delegates of delegates, parked, answered, killed and taken up."""

from pathlib import Path
from typing import Any

import pytest
from langgraph.types import Command

from repertory.graphs import build_planner
from repertory.memory.journal import Journal
from repertory.memory.proposals import Turn
from repertory.nodes.context import Context
from repertory.nodes.decisions.policy import Policy, Rule
from tests.graphs.conftest import Keeping
from tests.playing import Players, agent_step, deps_for, journal_of, plan_of
from tests.scripted import Ask

CONFIG: Any = {"configurable": {"thread_id": "t"}}
SUPERVISED = Context()


def member(name: str, *delegates: Any, tools: tuple[str, ...] = ()) -> dict[str, Any]:
    agent = {"name": name, "role": name, "description": f"is {name}", "prompt": f"You are {name}."}
    return {**agent, "delegates": list(delegates), "tools": list(tools)}


def pass_on(to: str) -> Any:
    return lambda ask: [("delegate", {"to": to, "message": str(ask.messages[1].text)})]


class Company(Players):
    """Each persona by its name, turn by turn; the two steps' bosses share the kinds of their delegates."""

    def __init__(self) -> None:
        super().__init__(
            plan_of(agent_step("s1", "first"), agent_step("s2", "second"), agent_step("s3", "end", ["s1", "s2"]))
        )
        self.turns: dict[str, Any] = {
            "role_s1": [self._start, "boss done"],
            "role_s2": [self._start, "boss done"],
            "high": [pass_on("mid"), "high done"],
            "mid": [pass_on("low"), "mid done"],
            "low": [self._write, lambda ask: str(ask.messages[-1].text)],
        }
        self.asked: list[str] = []

    def __call__(self, ask: Ask) -> Any:
        name = str(ask.messages[0].text).split()[2].rstrip(".")
        if ask.schema or name not in self.turns:
            return super().__call__(ask)
        self.asked.append(name)
        return self.turns[name][sum(message.type == "ai" for message in ask.messages)]

    def _start(self, ask: Ask) -> Any:
        step = "s1" if "first" in ask.text else "s2"
        return [("delegate", {"to": "high", "message": step})]

    def _write(self, ask: Ask) -> Any:
        return [("write_file", {"path": str(ask.messages[1].text), "content": "x"})]


HIGH = member("high", member("mid", member("low", tools=("write_file",))))
EDIT = {
    "verdict": "edit",
    "edit": {"agents": [{"name": "role_s1", "delegates": [HIGH]}, {"name": "role_s2", "delegates": [HIGH]}]},
}


async def at_the_writes(keeping: Keeping, workspace: Path, context: Context) -> tuple[Any, Company, Any]:
    """A run whose two steps' lowest delegates both want to write."""
    players = Company()
    graph = build_planner(deps_for(players, workspace), checkpointer=keeping.checkpointer, store=keeping.store)
    out = await graph.ainvoke({"task": "x"}, CONFIG, context=context)
    out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: EDIT}), CONFIG, context=context)
    return graph, players, out


def waiting(out: Any) -> dict[str, str]:
    return {q.value["action_request"]["args"]["path"]: q.id for q in out["__interrupt__"]}


async def test_two_deep_questions_at_once_each_with_its_path(keeping: Keeping, workspace: Path) -> None:
    """Answered one at a time, the later first; finished personas are not asked again; the transcripts are nested."""
    graph, players, out = await at_the_writes(keeping, workspace, SUPERVISED)
    paths = ["/".join(q.value["repertory"]["proposal"]["path"]) for q in out["__interrupt__"]]
    assert sorted(paths) == [f"perform/role_s{n}/high/mid/low" for n in (1, 2)]
    ids = waiting(out)
    out = await graph.ainvoke(Command(resume={ids["s2"]: True}), CONFIG, context=SUPERVISED)
    assert waiting(out) == {"s1": ids["s1"]}
    out = await graph.ainvoke(Command(resume={ids["s1"]: "no"}), CONFIG, context=SUPERVISED)
    assert out["status"] == "completed"
    assert ((workspace / "s1").exists(), (workspace / "s2").exists()) == (False, True)
    assert len(players.asked) == 2 * 8
    for step, verdict in (("s1", "reject"), ("s2", "approve")):
        turns = await Journal(keeping.store, out["run_id"], out["results"][step].branch).transcript(step)
        for _ in range(3):
            turns = list(turns[0].results[0].turns)
        assert isinstance(turns[0], Turn)
        assert turns[0].decision is not None
        assert turns[0].decision.verdict == verdict
    assert out["results"]["s1"].usage.model_calls == out["results"]["s2"].usage.model_calls == 8
    assert [artifact.path for artifact in out["results"]["s2"].artifacts] == ["s2"]


async def test_a_policy_path_asks_one_layer_of_one_step(keeping: Keeping, workspace: Path) -> None:
    """A person beside `mid` of the first step only."""
    rules = [Rule(then="ask", kind="plan"), Rule(then="ask", path="perform/role_s1/high/mid")]
    context = Context(policy=Policy.preset("autonomous").preceded_by(rules))
    graph, _, out = await at_the_writes(keeping, workspace, context)
    asked = []
    while questions := out.get("__interrupt__"):
        asked += ["/".join(q.value["repertory"]["proposal"]["path"]) for q in questions]
        out = await graph.ainvoke(Command(resume={q.id: True for q in questions}), CONFIG, context=context)
    assert asked == ["perform/role_s1/high/mid"] * 2
    assert out["status"] == "completed"


@pytest.mark.parametrize("again", [True, False])
async def test_a_write_in_flight_deep_down_is_of_unknown_outcome(
    keeping: Keeping, workspace: Path, again: bool
) -> None:
    """The delegate of a delegate of a delegate asks before it repeats; nobody else is asked anything anew."""
    graph, players, out = await at_the_writes(keeping, workspace, SUPERVISED)
    await (await journal_of(graph, CONFIG, keeping.store)).begin_call("s1/0.0/0.0/0.0", "0.0", 1)
    answers = dict.fromkeys(waiting(out).values(), True)
    out = await graph.ainvoke(Command(resume=answers), CONFIG, context=SUPERVISED)
    [question] = out["__interrupt__"]
    assert question.value["repertory"]["proposal"]["kind"] == "retry"
    assert question.value["repertory"]["proposal"]["path"][-1] == "low"
    assert not (workspace / "s1").exists()
    out = await graph.ainvoke(Command(resume={question.id: again}), CONFIG, context=SUPERVISED)
    assert (out["status"], (workspace / "s1").exists()) == ("completed", again)
    assert len(players.asked) == 2 * 8


async def test_a_hierarchy_is_kept_and_comes_back_with_its_cohort(keeping: Keeping, workspace: Path) -> None:
    """The equal task uses the edited company, delegates included, without a planning call."""
    graph, players, out = await at_the_writes(keeping, workspace, SUPERVISED)
    await graph.ainvoke(Command(resume=dict.fromkeys(waiting(out).values(), True)), CONFIG, context=SUPERVISED)
    planned = players.calls("PlanDraft")
    config: Any = {"configurable": {"thread_id": "again"}}
    out = await graph.ainvoke({"task": "x"}, config, context=Context(policy="autonomous"))
    assert (out["status"], players.calls("PlanDraft")) == ("completed", planned)
    bosses = [casting.agent for casting in out["company"].cast if casting.agent.delegates]
    assert [boss.delegates[0].delegates[0].delegates[0].name for boss in bosses] == ["low", "low"]
