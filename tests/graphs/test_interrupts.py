"""Interrupts of a whole run: by id, in any order, some at a time; limits; second tasks; what a killed process left."""

import asyncio
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.store.memory import InMemoryStore
from langgraph.store.sqlite import SqliteStore
from langgraph.store.sqlite.aio import AsyncSqliteStore
from langgraph.types import Command

from repertory.graphs import build_planner
from repertory.memory.errors import InputError, RepertoryError, ResourceError
from repertory.memory.journal import Journal
from repertory.nodes.context import Context, Limits
from repertory.nodes.decisions.policy import Policy, Rule
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.tools.toolbox import Toolbox
from tests.graphs.conftest import Keeping
from tests.playing import Players, agent_step, deps_for, journal_of, plan_of, tool_step
from tests.scripted import Ask

CONFIG: Any = {"configurable": {"thread_id": "t"}}
AUTONOMOUS = Context(policy="autonomous")
SILENT = Policy.preset("supervised").preceded_by([Rule(then="auto", kind="plan")])
"""The plan does not ask; writes do."""


def writing(*names: str) -> Any:
    """An agent that writes files, one a turn."""
    return [*([("write_file", {"path": name, "content": name})] for name in names), f"wrote {' '.join(names)}"]


def two_writers() -> Players:
    plan = plan_of(agent_step("a", "write a", tools=["write_file"]), agent_step("b", "write b", tools=["write_file"]))
    return Players(plan, acts={"write a": writing("a1", "a2"), "write b": writing("b1")})


def planner(players: Players, keeping: Keeping, workspace: Path) -> Any:
    return build_planner(deps_for(players, workspace), checkpointer=keeping.checkpointer, store=keeping.store)


def waiting(out: Any) -> dict[str, str]:
    """Ids of questions, by the path that is to be written."""
    return {q.value["action_request"]["args"]["path"]: q.id for q in out.get("__interrupt__", ())}


async def test_an_unknown_id_answers_nothing(keeping: Keeping, workspace: Path) -> None:
    """What is asked stays asked, and no agent is asked anew."""
    players = two_writers()
    graph = planner(players, keeping, workspace)
    context = Context(policy=SILENT)
    out = await graph.ainvoke({"task": "write"}, CONFIG, context=context)
    before, calls = waiting(out), players.calls()
    out = await graph.ainvoke(Command(resume={"0" * 32: True}), CONFIG, context=context)
    assert waiting(out) == before
    assert (players.calls(), (workspace / "a1").exists(), (workspace / "b1").exists()) == (calls, False, False)


async def test_an_answer_given_twice_counts_once(keeping: Keeping, workspace: Path) -> None:
    """The second time it is no answer to what the same agent asks next."""
    players = two_writers()
    graph, context = planner(players, keeping, workspace), Context(policy=SILENT)
    out = await graph.ainvoke({"task": "write"}, CONFIG, context=context)
    first = waiting(out)
    out = await graph.ainvoke(Command(resume={first["a1"]: True}), CONFIG, context=context)
    assert set(waiting(out)) == {"a2", "b1"}
    assert waiting(out)["b1"] == first["b1"]
    out = await graph.ainvoke(Command(resume={first["a1"]: True}), CONFIG, context=context)
    assert set(waiting(out)) == {"a2", "b1"}
    assert not (workspace / "a2").exists()
    out = await graph.ainvoke(Command(resume=dict.fromkeys(waiting(out).values(), True)), CONFIG, context=context)
    assert out["status"] == "completed"
    out = await graph.ainvoke(Command(resume={first["a1"]: True}), CONFIG, context=context)
    assert (out["status"], players.calls("step")) == ("completed", 5)


async def test_a_policy_that_changes_on_resume_keeps_what_a_person_decided(keeping: Keeping, workspace: Path) -> None:
    """A rejected look stays rejected and an unsatisfying reply stays refused when the rest is left to run by itself."""
    plan = plan_of(agent_step("a", "think", tools=["read_file"]))

    def think(ask: Ask) -> Any:
        turn = sum(message.type == "ai" for message in ask.messages)
        return [[("read_file", {"path": "a.txt"})], "first reply", "second reply"][turn]

    players = Players(plan, acts={"think": think})
    graph = planner(players, keeping, workspace)
    interactive = Context(policy="interactive")
    out = await graph.ainvoke({"task": "think"}, CONFIG, context=interactive)
    for answer in (True, {"type": "reject", "message": "not that file"}):
        out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: answer}), CONFIG, context=interactive)
    assert out["__interrupt__"][0].value["repertory"]["proposal"]["text"] == "first reply"
    out = await graph.ainvoke(
        Command(resume={out["__interrupt__"][0].id: "say it better"}), CONFIG, context=interactive
    )
    assert out["__interrupt__"][0].value["repertory"]["proposal"]["text"] == "second reply"
    out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: "ignored"}), CONFIG, context=AUTONOMOUS)
    assert out["status"] == "completed"
    assert out["answer"] == "second reply"
    turns = await Journal(keeping.store, out["run_id"], out["results"]["a"].branch).transcript("a")
    assert [turn.decision.verdict for turn in turns if turn.decision] == ["reject", "respond", "approve"]
    assert turns[0].results == ()


async def test_a_thread_takes_a_second_task(keeping: Keeping, workspace: Path) -> None:
    """After a run, and in the middle of one: nothing of the first is left in the second."""
    plan = plan_of(agent_step("a", "write a", tools=["write_file"]))
    players = Players(plan, plan, acts={"write a": lambda ask: "done"})
    graph = planner(players, keeping, workspace)
    first = await graph.ainvoke({"task": "one"}, CONFIG, context=Context(policy=SILENT))
    second = await graph.ainvoke({"task": "something else entirely"}, CONFIG)
    assert "results" not in second or second["results"] == {}
    third = await graph.ainvoke({"task": "a third matter"}, CONFIG, context=AUTONOMOUS)
    assert len({first["run_id"], second["run_id"], third["run_id"]}) == 3
    assert (third["status"], set(third["results"]), third["error"]) == ("completed", {"a"}, None)
    assert not (await graph.aget_state(CONFIG)).interrupts


async def test_two_threads_at_once_do_not_mix(keeping: Keeping, workspace: Path) -> None:
    """Two runs of one graph in one process, each waiting and answered for itself."""
    players = two_writers()
    players = Players(
        plan_of(agent_step("a", "write a", tools=["write_file"]), agent_step("b", "say b", ["a"])),
        acts={
            "write a": lambda ask: (
                "written" if len(ask.messages) > 2 else [("write_file", {"path": "x", "content": "y"})]
            )
        },
    )
    graph, context = planner(players, keeping, workspace), Context(policy=SILENT)
    configs: list[Any] = [{"configurable": {"thread_id": str(n)}} for n in range(4)]
    outs = await asyncio.gather(
        *(graph.ainvoke({"task": f"task {n}"}, c, context=context) for n, c in enumerate(configs))
    )
    ids = [out["__interrupt__"][0].id for out in outs]
    assert len(set(ids)) == 4
    ends = await asyncio.gather(
        *(
            graph.ainvoke(Command(resume={id_: n % 2 == 0}), c, context=context)
            for n, (c, id_) in enumerate(zip(configs, ids, strict=True))
        )
    )
    assert [end["status"] for end in ends] == ["completed"] * 4
    journals = [Journal(keeping.store, end["run_id"], end["results"]["a"].branch) for end in ends]
    decided = [(await journal.transcript("a"))[0].decision for journal in journals]
    assert [decision.verdict for decision in decided if decision] == ["approve", "reject", "approve", "reject"]


async def test_the_same_thread_twice_at_once_is_refused_clearly(keeping: Keeping, workspace: Path) -> None:
    """One of them ends with a ResourceError that says so; the other is not disturbed."""
    entered, go = asyncio.Event(), asyncio.Event()

    async def wait() -> str:
        """Wait."""
        entered.set()
        await go.wait()
        return "waited"

    box = Toolbox()
    box.add(wait, risk="read")
    players = Players(plan_of(tool_step("a", "wait"), agent_step("b", "say b", ["a"])))
    deps = Deps(models=given_model(players.model), toolbox=box)
    graph = build_planner(deps, checkpointer=keeping.checkpointer, store=keeping.store)
    running = asyncio.create_task(graph.ainvoke({"task": "wait"}, CONFIG, context=AUTONOMOUS))
    await entered.wait()
    with pytest.raises(ResourceError, match="another invocation"):
        await graph.ainvoke(None, CONFIG, context=AUTONOMOUS)
    go.set()
    out = await running
    assert (out["status"], out["results"]["a"].output) == ("completed", "waited")


# --- limits


def counting(players: Players, expected: int) -> Any:
    """The players' model. Calls of steps wait, however slow the machine is, until as many are at work as may be."""
    reached = asyncio.Event()

    class Counting(type(players.model)):  # type: ignore[misc]
        now: int = 0
        most: int = 0

        async def _agenerate(self, messages: Any, *args: Any, **kwargs: Any) -> Any:
            self.now += 1
            self.most = max(self.most, self.now)
            if self.most >= expected:
                reached.set()
            if "<instruction>" in str(messages[-1].content):
                with suppress(TimeoutError):
                    await asyncio.wait_for(reached.wait(), 20)
            await asyncio.sleep(0.1)  # one too many would come now
            try:
                return await super()._agenerate(messages, *args, **kwargs)
            finally:
                self.now -= 1

    return Counting(responder=players)


async def test_parallel_model_calls_are_bounded(keeping: Keeping, workspace: Path) -> None:
    """Twenty independent steps, three calls at a time; and all twenty where nothing bounds them."""
    plan = plan_of(*(agent_step(f"s{n}", f"do {n}") for n in range(20)))
    for limit in (3, 32):
        players, expected = Players(plan), min(limit, 20)
        players.model = counting(players, expected)
        deps = Deps(models=given_model(players.model))
        graph = build_planner(deps, checkpointer=keeping.checkpointer, store=keeping.store)
        context = Context(policy="autonomous", limits=Limits(parallel_model_calls=limit))
        config: Any = {"configurable": {"thread_id": str(limit)}}
        out = await graph.ainvoke({"task": f"much {limit} {'x' * limit}"}, config, context=context)
        assert out["status"] == "completed"
        assert players.model.most == expected


@pytest.mark.parametrize("limits", [Limits(model_calls=0), Limits(tokens=0)])
async def test_a_run_that_may_do_nothing_ends_in_an_orderly_way(
    keeping: Keeping, workspace: Path, limits: Limits
) -> None:
    """Before there is a plan."""
    players = two_writers()
    context = Context(policy="autonomous", limits=limits)
    out = await planner(players, keeping, workspace).ainvoke({"task": "x"}, CONFIG, context=context)
    assert (out["status"], out["answer"], players.calls()) == ("stopped", "Nothing was finished.", 0)
    assert "limits." in out["error"]


@pytest.mark.parametrize("calls", range(1, 9))
async def test_every_number_of_calls_ends_a_run_in_an_orderly_way(
    keeping: Keeping, workspace: Path, calls: int
) -> None:
    """Wherever the limit strikes: never a call too many, never an error, and what is done is in the answer."""
    plan = plan_of(agent_step("a", "do a"), agent_step("b", "bad"), agent_step("c", "do c", ["b"]))
    players = Players(plan, plan_of(agent_step("d", "do d", ["a"])), acts={"bad": ["", "", ""]})
    context = Context(policy="autonomous", limits=Limits(model_calls=calls))
    out = await planner(players, keeping, workspace).ainvoke({"task": "x"}, CONFIG, context=context)
    assert out["status"] == "stopped"
    assert "model_calls" in out["error"]
    assert players.calls() == calls
    if out.get("results", {}).get("a") and out["results"]["a"].status == "done":
        assert "did: do a" in out["answer"]


async def test_usage_after_a_replan_is_counted_once(keeping: Keeping, workspace: Path) -> None:
    """A limit that the run just keeps does not stop it."""
    plan = plan_of(agent_step("a", "do a"), agent_step("b", "bad"))
    acts = {"bad": ["", "", ""]}
    players = Players(plan, plan_of(agent_step("d", "do d", ["a"]), agent_step("e", "do e", ["d"])), acts=acts)
    out = await planner(players, keeping, workspace).ainvoke({"task": "x"}, CONFIG, context=AUTONOMOUS)
    needed = players.calls()
    assert out["status"] == "completed"
    total = sum(usage.model_calls for usage in out["usage"].values())
    total += sum(result.usage.model_calls for result in out["results"].values())
    assert total == needed
    players = Players(plan, plan_of(agent_step("d", "do d", ["a"]), agent_step("e", "do e", ["d"])), acts=acts)
    context = Context(policy="autonomous", limits=Limits(model_calls=needed))
    fresh = build_planner(deps_for(players, workspace), checkpointer=keeping.checkpointer, store=InMemoryStore())
    out = await fresh.ainvoke({"task": "x"}, {"configurable": {"thread_id": "u"}}, context=context)
    assert (out["status"], players.calls()) == ("completed", needed)


@pytest.mark.parametrize("seconds", [0.24, 0.5])
async def test_seconds_end_a_run_whatever_hangs(keeping: Keeping, workspace: Path, seconds: float) -> None:
    """A model that hangs, and a tool that hangs: stopped, with what is done."""

    async def hang() -> str:
        """Hang."""
        await asyncio.sleep(60)
        return "never"

    box = Toolbox()
    box.add(hang, risk="read")

    class Hanging(type(two_writers().model)):  # type: ignore[misc]
        async def _agenerate(self, messages: Any, *args: Any, **kwargs: Any) -> Any:
            if "model hangs" in str(messages[-1].text) and "<instruction>" in str(messages[-1].text):
                await asyncio.sleep(60)
            return await super()._agenerate(messages, *args, **kwargs)

    players = Players(plan_of(agent_step("q", "quick"), agent_step("m", "model hangs"), tool_step("h", "hang")))
    players.model = Hanging(responder=players)
    deps = Deps(models=given_model(players.model), toolbox=box)
    graph = build_planner(deps, checkpointer=keeping.checkpointer, store=keeping.store)
    context = Context(policy="autonomous", limits=Limits(seconds=seconds))
    out = await asyncio.wait_for(graph.ainvoke({"task": "hang"}, CONFIG, context=context), 10)
    assert out["status"] == "stopped"
    assert "limits.seconds" in out["error"]
    assert "did: quick" in out["answer"]
    assert {out["results"][s].status for s in ("m", "h")} == {"stopped"}


async def test_waiting_for_a_person_takes_no_time(keeping: Keeping, workspace: Path) -> None:
    """A run of half a second waits longer than that for its answers, and completes."""
    graph = planner(two_writers(), keeping, workspace)
    context = Context(policy="supervised", limits=Limits(seconds=0.8))
    out = await graph.ainvoke({"task": "write"}, CONFIG, context=context)
    while questions := out.get("__interrupt__"):
        await asyncio.sleep(0.4)
        out = await graph.ainvoke(Command(resume={questions[0].id: True}), CONFIG, context=context)
    assert out["status"] == "completed", out["error"]


@pytest.mark.parametrize("most", [1, 2])
async def test_langgraphs_own_limit_of_concurrency_cannot_starve_a_run(
    keeping: Keeping, workspace: Path, most: int
) -> None:
    """Lanes that wait hold slots; their needs come before them, so one slot is enough."""
    plan = plan_of(*(agent_step(f"s{n}", f"do {n}", [f"s{n - 1}"] if n else []) for n in range(6)))
    graph = planner(Players(plan), keeping, workspace)
    run = graph.ainvoke({"task": "x"}, {**CONFIG, "max_concurrency": most}, context=AUTONOMOUS)
    assert (await asyncio.wait_for(run, 20))["status"] == "completed"


# --- what a killed process left


async def interrupted_write(keeping: Keeping, workspace: Path, context: Context) -> tuple[Any, Players, Any]:
    """A run that stands at its first write, with the journal as a process leaves it that dies while it writes."""
    plan = plan_of(agent_step("a", "write a", tools=["write_file"]))
    players = Players(
        plan, acts={"write a": lambda ask: str(ask.messages[-1].text) if len(ask.messages) > 2 else writing("x")[0]}
    )
    graph = planner(players, keeping, workspace)
    out = await graph.ainvoke({"task": "write"}, CONFIG, context=Context(policy=SILENT))
    await (await journal_of(graph, CONFIG, keeping.store)).begin_call("a", "0.0", 1)
    return (
        graph,
        players,
        await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: True}), CONFIG, context=context),
    )


async def test_an_unknown_outcome_asks_and_yes_runs_it_once(keeping: Keeping, workspace: Path) -> None:
    """Under supervised: nothing is written before the answer."""
    context = Context(policy=SILENT)
    graph, _, out = await interrupted_write(keeping, workspace, context)
    [question] = out["__interrupt__"]
    assert question.value["repertory"]["proposal"]["kind"] == "retry"
    assert "was running when the process died" in question.value["description"]
    assert not (workspace / "x").exists()
    for wrong in ({"verdict": "edit", "edit": {"content": "y"}}, {}):
        out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: wrong}), CONFIG, context=context)
        assert out["__interrupt__"][0].value["repertory"]["objection"]
        assert not (workspace / "x").exists()
    out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: True}), CONFIG, context=context)
    assert (out["status"], (workspace / "x").read_text()) == ("completed", "x")


@pytest.mark.parametrize("answer", [False, {"verdict": "respond", "text": "look first"}])
async def test_an_unknown_outcome_that_is_not_repeated_is_told(keeping: Keeping, workspace: Path, answer: Any) -> None:
    """The agent sees that the outcome is unknown, and the person's words."""
    context = Context(policy=SILENT)
    graph, _, out = await interrupted_write(keeping, workspace, context)
    out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: answer}), CONFIG, context=context)
    assert (out["status"], (workspace / "x").exists()) == ("completed", False)
    assert "unknown" in out["answer"]
    assert ("look first" in out["answer"]) == isinstance(answer, dict)


@pytest.mark.parametrize(
    ("policy", "written"),
    [
        (Policy.preset("autonomous"), False),
        (Policy.preset("autonomous").preceded_by([Rule(then="auto", kind="retry")]), True),
        (SILENT.preceded_by([Rule(then="deny", kind="retry")]), False),
    ],
)
async def test_a_policy_decides_about_an_unknown_outcome(
    keeping: Keeping, workspace: Path, policy: Policy, written: bool
) -> None:
    """Autonomous never repeats; a rule may say otherwise."""
    _, _, out = await interrupted_write(keeping, workspace, Context(policy=policy))
    assert (out["status"], (workspace / "x").exists()) == ("completed", written)
    assert ("unknown" in out["answer"]) != written


async def test_killed_during_the_approved_retry_it_asks_again(keeping: Keeping, workspace: Path) -> None:
    """A yes is good for one more attempt."""
    context = Context(policy=SILENT)
    graph, _, out = await interrupted_write(keeping, workspace, context)
    [question] = out["__interrupt__"]
    await (await journal_of(graph, CONFIG, keeping.store)).begin_call("a", "0.0", 2)
    out = await graph.ainvoke(Command(resume={question.id: True}), CONFIG, context=context)
    [again] = out["__interrupt__"]
    assert again.value["repertory"]["proposal"]["kind"] == "retry"
    assert again.value["repertory"]["proposal"]["id"] != question.value["repertory"]["proposal"]["id"]
    assert not (workspace / "x").exists()
    out = await graph.ainvoke(Command(resume={again.id: True}), CONFIG, context=context)
    assert (out["status"], (workspace / "x").exists()) == ("completed", True)


async def test_an_unknown_direct_call_that_is_rejected_fails_its_step(keeping: Keeping, workspace: Path) -> None:
    """And is not planned around."""
    plan = plan_of(tool_step("s", "write_file", path="x", content="y"))
    players = Players(plan)
    graph, context = planner(players, keeping, workspace), Context()
    out = await graph.ainvoke({"task": "write"}, CONFIG, context=context)
    await (await journal_of(graph, CONFIG, keeping.store)).begin_call("s/call", "0.0", 1)
    out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: True}), CONFIG, context=context)
    assert out["__interrupt__"][0].value["repertory"]["proposal"]["kind"] == "retry"
    out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: False}), CONFIG, context=context)
    assert (out["status"], (workspace / "x").exists(), players.calls("PlanDraft")) == ("failed", False, 1)
    assert "unknown" in out["results"]["s"].error


# --- any graph of steps


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_step_ends_once_whatever_fails(data: st.DataObject, tmp_path: Path) -> None:
    """Any plan, any failures: what depends on a failure is skipped with the reason, all else is done, all once."""
    n = data.draw(st.integers(1, 9))
    needs = {i: data.draw(st.lists(st.integers(0, i - 1), unique=True, max_size=3)) if i else [] for i in range(n)}
    bad = data.draw(st.sets(st.integers(0, n - 1), max_size=3))
    plan = plan_of(*(agent_step(f"s{i}", f"do {i}", [f"s{j}" for j in needs[i]], role="R: d") for i in range(n)))
    players = Players(plan, acts={f"do {i}": (lambda ask: "") for i in bad})
    graph = planner(players, Keeping(InMemorySaver(), InMemoryStore()), tmp_path)
    context = Context(policy="autonomous", limits=Limits(replans=0))
    out = asyncio.run(graph.ainvoke({"task": "x"}, CONFIG, context=context))
    expected: dict[int, str] = {}
    for i in range(n):
        blocked = any(expected[j] != "done" for j in needs[i])
        expected[i] = "skipped" if blocked else "failed" if i in bad else "done"
    assert {k: r.status for k, r in out["results"].items()} == {f"s{i}": s for i, s in expected.items()}
    for i, status in expected.items():
        assert len(players.told(f"do {i}")) == {"done": 1, "failed": 3, "skipped": 0}[status]
        if status == "skipped":
            assert any(f"'s{j}'" in out["results"][f"s{i}"].error for j in needs[i] if expected[j] != "done")


# --- the sync face


def test_a_run_with_interrupts_through_invoke(tmp_path: Path) -> None:
    """SqliteSaver and SqliteStore, whose async methods refuse: invoke, get_state, answer by id, stream."""
    with (
        SqliteSaver.from_conn_string(str(tmp_path / "c.sqlite")) as saver,
        SqliteStore.from_conn_string(str(tmp_path / "s.sqlite")) as store,
    ):
        store.setup()
        graph = build_planner(deps_for(two_writers(), tmp_path), checkpointer=saver, store=store)
        out = graph.invoke({"task": "write"}, CONFIG)
        assert graph.get_state(CONFIG).interrupts[0].value["repertory"]["proposal"]["kind"] == "plan"
        while pending := graph.get_state(CONFIG).interrupts:
            answers = Command(resume={interrupt.id: True for interrupt in pending})
            out = list(graph.stream(answers, CONFIG, stream_mode="values"))[-1]
        assert out["status"] == "completed"
        assert (tmp_path / "a2").exists()
        assert graph.get_state(CONFIG).values["status"] == "completed"


async def test_invoke_works_where_a_loop_is_running(workspace: Path) -> None:
    """As in a notebook."""
    keeping = Keeping(InMemorySaver(), InMemoryStore())
    out = planner(two_writers(), keeping, workspace).invoke({"task": "write"}, CONFIG, context=AUTONOMOUS)
    assert out["status"] == "completed"


def test_errors_keep_their_type_through_invoke_and_stream(workspace: Path) -> None:
    """Nothing is wrapped, and what streamed before is seen."""
    graph = planner(two_writers(), Keeping(InMemorySaver(), InMemoryStore()), workspace)
    with pytest.raises(InputError, match="0 characters"):
        graph.invoke({"task": ""}, CONFIG)
    with pytest.raises(InputError, match="0 characters"):
        list(graph.stream({"task": ""}, CONFIG))
    stream = graph.stream({"task": "write"}, CONFIG, context=AUTONOMOUS, stream_mode="updates")
    assert "recall" in next(stream)
    stream.close()


def test_invoke_from_many_threads(workspace: Path) -> None:
    """One graph, four threads of the process."""
    graph = planner(Players(plan_of(agent_step("a", "do a"))), Keeping(InMemorySaver(), InMemoryStore()), workspace)
    outs: list[Any] = []

    def one(n: int) -> None:
        outs.append(graph.invoke({"task": f"task {n}"}, {"configurable": {"thread_id": str(n)}}, context=AUTONOMOUS))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [out["status"] for out in outs] == ["completed"] * 4


async def test_a_store_of_another_loop_is_refused_clearly(tmp_path: Path) -> None:
    """Instead of waiting forever for the loop that `invoke` blocks."""
    async with AsyncSqliteStore.from_conn_string(str(tmp_path / "s.sqlite")) as store:
        await store.setup()
        graph = build_planner(deps_for(two_writers(), tmp_path), checkpointer=InMemorySaver(), store=store)
        with pytest.raises(InputError, match="ainvoke"):
            graph.invoke({"task": "x"}, CONFIG)
        with pytest.raises(InputError, match="ainvoke"):
            next(graph.stream({"task": "x"}, CONFIG))


async def test_without_a_store_it_says_so(workspace: Path) -> None:
    """A clear error, of ours."""
    graph = build_planner(deps_for(two_writers(), workspace))
    with pytest.raises(RepertoryError, match="store"):
        await graph.ainvoke({"task": "x"}, context=AUTONOMOUS)
