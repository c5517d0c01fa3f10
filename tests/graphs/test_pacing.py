"""A run that its caller drives step by step: only the steps that may begin do, the others rest until they may."""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

from langgraph.types import Command, StateSnapshot

from repertory.graphs import build_planner
from repertory.memory.home import open_home
from repertory.nodes.context import Context, Limits
from repertory.nodes.decisions.policy import PolicyLike
from repertory.nodes.tools.toolbox import Toolbox
from tests.graphs.conftest import Keeping
from tests.playing import Players, agent_step, deps_for, plan_of, tool_step
from tests.processes import run_until

CONFIG: Any = {"configurable": {"thread_id": "t"}}
BREAKPOINTS = ["report", "replan"]
WRITE = [("write_file", {"path": "x.txt", "content": "mine"})]


class Driver:
    """Drives a run; every invocation is made on a graph of its own, as after a restart.

    Args:
        players: the company.
        keeping: checkpointer and store.
        workspace: the folder that the tools work in.
    """

    def __init__(self, players: Players, keeping: Keeping, workspace: Path) -> None:
        self._players, self._keeping, self._workspace = players, keeping, workspace
        self.steps: list[tuple[str, str]] = []
        """The events of steps of the latest invocation, as `(step_id, status)`."""

    async def go(
        self, given: Any, begin: tuple[str, ...] | None = (), policy: PolicyLike = "supervised", **limits: int
    ) -> StateSnapshot:
        """One invocation, until the run rests; and where it rests."""
        graph = build_planner(
            deps_for(self._players, self._workspace), checkpointer=self._keeping.checkpointer, store=self._keeping.store
        )
        context = Context(policy=policy, begin=begin, limits=Limits(**limits))
        stream = graph.astream(given, CONFIG, context=context, stream_mode="custom", interrupt_before=BREAKPOINTS)
        self.steps = [(told["step_id"], told["status"]) async for told in stream if told["event"] == "step"]
        return await graph.aget_state(CONFIG)

    async def approved(self) -> StateSnapshot:
        """A run whose plan was approved, and of which nothing has begun."""
        state = await self.go({"task": "do it"})
        return await self.go(answered(state))


def answered(state: StateSnapshot, answer: Any = True) -> Command[Any]:
    """The answer to the one question that is open."""
    [question] = state.interrupts
    return Command(resume={question.id: answer})


def results(state: StateSnapshot) -> dict[str, str]:
    """How the steps ended that did."""
    return {step_id: result.status for step_id, result in state.values.get("results", {}).items()}


async def test_without_leave_a_run_is_planned_and_approved_and_rests_before_its_first_step(
    keeping: Keeping, workspace: Path
) -> None:
    """Every lane is parked, nobody is asked, and no step was announced or cost a call."""
    players = Players(plan_of(agent_step("s1", "one"), tool_step("s2", "read_file", path="a.txt")))
    driver = Driver(players, keeping, workspace)
    state = await driver.approved()
    assert state.next == ("step", "step")
    assert (state.interrupts, driver.steps, results(state)) == ((), [], {})
    state = await driver.go(None)
    assert (state.next, driver.steps, players.calls("step")) == (("step", "step"), [], 0)


async def test_each_invocation_performs_the_step_that_may_begin_and_no_other(keeping: Keeping, workspace: Path) -> None:
    """One after the other, in any order that the needs allow, none twice; then it rests before the report, and ends."""
    plan = plan_of(agent_step("s1", "one"), agent_step("s2", "two", ["s1"]), agent_step("s3", "three"))
    players = Players(plan)
    driver = Driver(players, keeping, workspace)
    await driver.approved()
    for done, step_id in enumerate(("s3", "s1", "s2"), start=1):
        state = await driver.go(None, (step_id,))
        assert driver.steps == [(step_id, "running"), (step_id, "done")]
        assert results(state)[step_id] == "done"
        assert (len(results(state)), players.calls("step")) == (done, done)
    assert (state.next, players.calls("report")) == (("report",), 0)
    state = await driver.go(None)
    assert (state.next, state.values["status"], players.calls("report")) == ((), "completed", 1)
    assert [len(players.told(instruction)) for instruction in ("one", "two", "three")] == [1, 1, 1]


async def test_a_step_rests_while_one_that_it_needs_may_not_begin(keeping: Keeping, workspace: Path) -> None:
    """However far away that one is; when all may begin, all go on."""
    plan = plan_of(agent_step("s1", "one"), agent_step("s2", "two", ["s1"]), agent_step("s3", "three", ["s2"]))
    driver = Driver(Players(plan), keeping, workspace)
    await driver.approved()
    state = await driver.go(None, ("s2", "s3"))
    assert (state.next, driver.steps) == (("step",) * 3, [])
    state = await driver.go(None, None)
    assert results(state) == {"s1": "done", "s2": "done", "s3": "done"}


async def test_a_question_stays_open_while_other_steps_begin_and_is_answered_by_its_id(
    keeping: Keeping, workspace: Path
) -> None:
    """The call is made once. An answer is not taken where its step may not go on; it can be given again."""
    plan = plan_of(agent_step("s1", "write", tools=["write_file"]), agent_step("s2", "two"))
    players = Players(plan, acts={"write": [WRITE, "written"]})
    driver = Driver(players, keeping, workspace)
    await driver.approved()
    asked = await driver.go(None, ("s1",))
    [question] = asked.interrupts
    assert question.value["repertory"]["proposal"]["step_id"] == "s1"
    state = await driver.go(None, ("s2",))
    assert ([i.id for i in state.interrupts], results(state)) == ([question.id], {"s2": "done"})
    state = await driver.go(answered(asked), ())
    assert ([i.id for i in state.interrupts], driver.steps) == ([question.id], [])
    assert not (workspace / "x.txt").exists()
    state = await driver.go(answered(asked), ("s1",))
    assert (state.next, results(state)) == (("report",), {"s1": "done", "s2": "done"})
    assert (workspace / "x.txt").read_text() == "mine"
    assert [len(players.told(instruction)) for instruction in ("write", "two")] == [2, 1]


async def test_what_failed_is_planned_anew_and_driven_on(keeping: Keeping, workspace: Path) -> None:
    """A dependant is skipped in its turn; the run rests before it replans, asks about the new plan, and rests again."""
    plan = plan_of(agent_step("a", "fly"), agent_step("b", "after", ["a"]), agent_step("c", "good"))
    players = Players(plan, plan_of(agent_step("d", "walk", ["c"])), acts={"fly": ["Could not be done: no wings."]})
    driver = Driver(players, keeping, workspace)
    await driver.approved()
    await driver.go(None, ("a",))
    assert driver.steps == [("a", "running"), ("a", "failed")]
    await driver.go(None, ("b",))
    assert driver.steps == [("b", "skipped")]
    state = await driver.go(None, ("c",))
    assert (state.next, players.calls("PlanDraft")) == (("replan",), 1)
    state = await driver.go(None)
    assert [question.value["repertory"]["proposal"]["kind"] for question in state.interrupts] == ["plan"]
    state = await driver.go(answered(state))
    assert (state.next, driver.steps) == (("step",), [])
    state = await driver.go(None, ("d",))
    assert (state.next, driver.steps) == (("report",), [("d", "running"), ("d", "done")])
    state = await driver.go(None)
    assert (state.next, state.values["status"]) == ((), "completed")
    assert [len(players.told(instruction)) for instruction in ("fly", "good", "walk")] == [1, 1, 1]


async def test_what_is_not_to_be_replanned_goes_to_the_report(keeping: Keeping, workspace: Path) -> None:
    """The last step failed and no replan is left: the run rests before its report, and says what failed."""
    players = Players(plan_of(agent_step("a", "fly")), acts={"fly": ["Could not be done: no wings."]})
    driver = Driver(players, keeping, workspace)
    await driver.go({"task": "do it"}, policy="autonomous", replans=0)
    state = await driver.go(None, ("a",), policy="autonomous", replans=0)
    assert state.next == ("report",)
    state = await driver.go(None, policy="autonomous", replans=0)
    assert (state.next, state.values["status"]) == ((), "failed")


KILLED = plan_of(agent_step("s1", "one", tools=["look"]), agent_step("s2", "two", ["s1"], tools=["look"]))


async def _drive(folder: Path, *begins: tuple[str, ...]) -> list[int]:
    """Drive the run in this folder; how often the model was called in each invocation.

    The tool `look` kills the process the second time that it runs in this folder.
    """

    def look() -> str:
        """Look around."""
        with (folder / "looked").open("a") as log:
            log.write("x")
        if (folder / "looked").stat().st_size == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return "seen"

    def acting(ask: Any) -> Any:
        return "done" if ask.messages[-1].type == "tool" else [("look", {})]

    toolbox = Toolbox()
    toolbox.add(look, risk="read")
    players = Players(KILLED, acts={"one": acting, "two": acting})
    calls = []
    async with open_home(folder / "home", environ={"REPERTORY_EMBEDDINGS": "lexical"}) as home:
        deps = replace(deps_for(players, folder), toolbox=toolbox)
        graph = build_planner(deps, checkpointer=home.checkpointer, store=home.store)
        for begin in begins:
            given = None if (await graph.aget_state(CONFIG)).values else {"task": "look twice"}
            before = players.calls("step")
            context = Context(policy="autonomous", begin=begin)
            await graph.ainvoke(given, CONFIG, context=context, interrupt_before=BREAKPOINTS)
            calls.append(players.calls("step") - before)
        state = await graph.aget_state(CONFIG)
        (folder / "rests").write_text(f"{state.next} {sorted(results(state))}")
    return calls


def _die(folder: Path) -> None:
    asyncio.run(_drive(folder, (), ("s1",), ("s2",)))


def _go_on(folder: Path) -> None:
    calls = asyncio.run(_drive(folder, (), ("s2",)))
    (folder / "calls").write_text(str(calls))


def test_a_run_that_dies_in_a_step_is_driven_on_by_another_process(tmp_path: Path) -> None:
    """Killed in its second step: the first does not run again, nor what the second had thought; it rests till then."""
    code, _ = run_until(_die, tmp_path)
    assert code == -signal.SIGKILL
    code, _ = run_until(_go_on, tmp_path)
    assert code == 0
    assert (tmp_path / "calls").read_text() == "[0, 1]"
    assert (tmp_path / "looked").read_text() == "xxx"
    assert (tmp_path / "rests").read_text() == "('report',) ['s1', 's2']"
