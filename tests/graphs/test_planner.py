"""The planner graph, end to end, with a scripted model and real tools, stores and checkpointers."""

from pathlib import Path
from typing import Any

import pytest
from langgraph.types import Command

from repertory.graphs import build_planner
from repertory.memory.errors import InputError, ModelError
from repertory.nodes.context import Context, Limits
from repertory.nodes.planner.drafts import PlanDraft
from tests.graphs.conftest import Keeping
from tests.playing import Players, agent_step, deps_for, plan_of, tool_step

CONFIG: Any = {"configurable": {"thread_id": "t"}}
TWO = plan_of(
    tool_step("s1", "text_statistics", path="a.txt"),
    agent_step("s2", "say something of b", role="Reader: reads"),
    agent_step("s3", "combine", ["s1", "s2"], role="Writer: writes"),
)


async def run(players: Players, keeping: Keeping, workspace: Path, context: Context | None = None) -> Any:
    graph = build_planner(deps_for(players, workspace), checkpointer=keeping.checkpointer, store=keeping.store)
    return graph, await graph.ainvoke({"task": "do it"}, CONFIG, context=context)


async def answer(graph: Any, value: Any, context: Context | None = None) -> Any:
    """Give the same answer to everything that waits."""
    state = await graph.aget_state(CONFIG)
    return await graph.ainvoke(Command(resume={i.id: value for i in state.interrupts}), CONFIG, context=context)


async def test_a_task_is_planned_approved_performed_reported_and_kept(keeping: Keeping, workspace: Path) -> None:
    """Four calls outside the steps; the second run of the equal task costs the steps' own and the report only."""
    players = Players(TWO)
    graph, out = await run(players, keeping, workspace)
    shown = out["__interrupt__"][0].value["repertory"]["proposal"]["content"]
    assert [step["id"] for step in shown["steps"]] == ["s1", "s2", "s3"]
    assert {agent["name"]: agent["origin"] for agent in shown["agents"]} == {"reader": "new", "writer": "new"}
    out = await answer(graph, "approve")
    assert out["status"] == "completed"
    assert out["rating"] == "satisfied"
    assert out["answer"].startswith("report: ")
    assert "did: say something of b" in out["answer"]
    assert players.calls() == 4 + 2

    out = await graph.ainvoke({"task": "Do it."}, {"configurable": {"thread_id": "u"}})
    agents = out["__interrupt__"][0].value["repertory"]["proposal"]["content"]["agents"]
    assert {agent["origin"] for agent in agents} == {"cohort"}
    state = await graph.aget_state({"configurable": {"thread_id": "u"}})
    out = await graph.ainvoke(Command(resume={state.interrupts[0].id: True}), {"configurable": {"thread_id": "u"}})
    assert out["status"] == "completed"
    assert players.calls() == 4 + 2 + 3


async def test_direct_steps_need_no_model(keeping: Keeping, workspace: Path) -> None:
    """A plan of tool calls costs two calls in all: the plan and the report."""
    plan = plan_of(
        tool_step("s1", "text_statistics", path="a.txt"),
        tool_step("s2", "calculate", ["s1"], expression="{{s1.words}} * 2"),
    )
    players = Players(plan)
    _, out = await run(players, keeping, workspace, Context(policy="autonomous"))
    assert out["status"] == "completed"
    assert out["results"]["s2"].data["value"] == 6
    assert players.calls() == 2


async def test_rejecting_the_plan_ends_cleanly(keeping: Keeping, workspace: Path) -> None:
    """Nothing is performed and nothing is kept."""
    players = Players(TWO)
    graph, _ = await run(players, keeping, workspace)
    out = await answer(graph, {"type": "reject", "message": "no"})
    assert out["status"] == "rejected"
    assert players.calls("step") == 0
    assert await keeping.store.asearch(("repertory", "local"), limit=100) == []
    assert not (await graph.aget_state(CONFIG)).next


async def test_words_go_back_to_the_planner(keeping: Keeping, workspace: Path) -> None:
    """The planner sees the feedback and its previous plan, and the new plan is shown."""
    players = Players(TWO, plan_of(agent_step("only", "one step")))
    graph, _ = await run(players, keeping, workspace)
    out = await answer(graph, "make it one step, please")
    planned = [ask for ask in players.model.asks if ask.schema == "PlanDraft"]
    assert "make it one step, please" in planned[1].text
    assert "<previous_plan>" in planned[1].text
    assert [s["id"] for s in out["__interrupt__"][0].value["repertory"]["proposal"]["content"]["steps"]] == ["only"]


async def test_an_edit_that_is_wrong_is_refused_with_the_reason_and_asked_again(
    keeping: Keeping, workspace: Path
) -> None:
    """A cycle, an unknown tool, an unknown field: each is named; a right edit is then performed."""
    players = Players(TWO)
    graph, out = await run(players, keeping, workspace)
    for edit, reason in (
        ({"steps": [{"id": "s2", "needs": ["s2"]}]}, "circle"),
        ({"agents": [{"name": "reader", "tools": ["fly"]}]}, "'fly'"),
        ({"steps": []}, "no steps"),
        ({"steps": [{"id": "s2", "colour": "red"}]}, "colour"),
        ({"nonsense": 1}, "nonsense"),
    ):
        out = await answer(graph, {"verdict": "edit", "edit": edit})
        assert reason in out["__interrupt__"][0].value["repertory"]["objection"]
    edit = {"steps": [{"id": "s2", "instruction": "say more"}], "agents": [{"name": "reader", "prompt": "Be brief."}]}
    out = await answer(graph, {"verdict": "edit", "edit": edit})
    assert out["status"] == "completed"
    assert out["answer"] == "did: say more"
    assert "Be brief." in players.told("say more")[0].text


async def test_a_step_that_is_added_without_an_agent_is_cast_and_shown_again(keeping: Keeping, workspace: Path) -> None:
    """The new step gets an agent and a prompt before anything is performed."""
    players = Players(TWO)
    graph, _ = await run(players, keeping, workspace)
    steps = [{"id": "s1"}, {"id": "s2"}, {"id": "s3"}, {"id": "s4", "instruction": "check", "role": "Checker: checks"}]
    out = await answer(graph, {"verdict": "edit", "edit": {"steps": steps}})
    agents = out["__interrupt__"][0].value["repertory"]["proposal"]["content"]["agents"]
    assert "You are checker." in [agent["prompt"] for agent in agents]
    out = await answer(graph, True)
    assert out["results"]["s4"].output == "did: check"


async def test_bad_plans_go_back_with_the_reason_and_then_end_in_a_clear_error(
    keeping: Keeping, workspace: Path
) -> None:
    """A cycle is fed back; after three bad plans the run fails and says why."""
    bad = plan_of(agent_step("a", "x", ["b"]), agent_step("b", "y", ["a"]))
    players = Players(bad, plan_of(agent_step("a", "x")))
    _, out = await run(players, keeping, workspace)
    assert "circle" in [ask for ask in players.model.asks if ask.schema == "PlanDraft"][1].text
    assert "__interrupt__" in out
    with pytest.raises(ModelError, match="circle"):
        await run(Players(bad), keeping._replace(checkpointer=None), workspace)


async def test_an_empty_task_is_refused(keeping: Keeping, workspace: Path) -> None:
    """The message says how long a task may be."""
    graph = build_planner(deps_for(Players(TWO), workspace), checkpointer=keeping.checkpointer, store=keeping.store)
    with pytest.raises(InputError, match="0 characters"):
        await graph.ainvoke({"task": "  "}, CONFIG)


async def test_a_failed_step_fails_its_dependants_and_the_rest_is_planned_anew(
    keeping: Keeping, workspace: Path
) -> None:
    """The replanned steps use the finished ones; nothing that was done is done again."""
    plan = plan_of(agent_step("a", "good"), agent_step("b", "bad"), agent_step("c", "after", ["a", "b"]))
    repair = plan_of(agent_step("d", "other way", ["a"]))
    players = Players(plan, repair, acts={"bad": ["", "", ""]})
    _, out = await run(players, keeping, workspace, Context(policy="autonomous"))
    assert out["status"] == "completed"
    assert out["results"]["b"].status == "failed"
    assert out["results"]["c"].status == "skipped"
    assert "'b'" in out["results"]["c"].error
    assert len(players.told("good")) == 1
    assert out["results"]["d"].output == "did: other way"


async def test_without_replans_a_failure_is_reported(keeping: Keeping, workspace: Path) -> None:
    """The run says what failed, and keeps nothing but the failure."""
    players = Players(plan_of(agent_step("a", "good"), agent_step("b", "bad")), acts={"bad": ["", "", ""]})
    context = Context(policy="autonomous", limits=Limits(replans=0))
    _, out = await run(players, keeping, workspace, context)
    assert out["status"] == "failed"
    assert out["rating"] == "unsatisfied"
    assert "'b'" in out["error"]


@pytest.mark.parametrize(
    ("limits", "reason"),
    [(Limits(model_calls=4), "model_calls"), (Limits(tokens=70), "tokens"), (Limits(model_calls=1), "model_calls")],
)
async def test_a_limit_ends_the_run_in_an_orderly_way(
    keeping: Keeping, workspace: Path, limits: Limits, reason: str
) -> None:
    """Status `stopped`, the limit named, and what is done so far in the answer."""
    plan = plan_of(agent_step("a", "one"), agent_step("b", "two", ["a"]), agent_step("c", "three", ["b"]))
    players = Players(plan)
    _, out = await run(players, keeping, workspace, Context(policy="autonomous", limits=limits))
    assert out["status"] == "stopped"
    assert reason in out["error"]
    assert players.calls() <= limits.model_calls


async def test_too_many_steps_go_back_to_the_planner(keeping: Keeping, workspace: Path) -> None:
    """The limit on steps is a reason for a better plan."""
    players = Players(TWO, plan_of(agent_step("only", "one step")))
    await run(players, keeping, workspace, Context(policy="autonomous", limits=Limits(steps=1)))
    assert "limit of this run is 1" in [a for a in players.model.asks if a.schema == "PlanDraft"][1].text


async def test_writes_ask_unless_exactly_approved(keeping: Keeping, workspace: Path) -> None:
    """Literal arguments that were shown run; a value that comes from another step is shown before it is written."""
    plan = plan_of(
        tool_step("s1", "write_file", path="x.txt", content="seen"),
        tool_step("s2", "text_statistics", path="a.txt"),
        tool_step("s3", "write_file", ["s2"], path="y.txt", content="{{s2.text}}"),
    )
    graph, _ = await run(Players(plan), keeping, workspace)
    out = await answer(graph, True)
    assert (workspace / "x.txt").read_text() == "seen"
    [question] = out["__interrupt__"]
    assert question.value["action_requests"][0]["name"] == "write_file"
    assert "words" in question.value["action_requests"][0]["args"]["content"]
    assert not (workspace / "y.txt").exists()
    out = await answer(
        graph,
        {
            "decisions": [
                {"type": "edit", "edited_action": {"name": "write_file", "args": {"path": "z.txt", "content": "mine"}}}
            ]
        },
    )
    assert out["status"] == "completed"
    assert (workspace / "z.txt").read_text() == "mine"


async def test_two_steps_wait_and_are_answered_some_at_a_time_in_any_order(keeping: Keeping, workspace: Path) -> None:
    """The second is answered first; what depends on it goes on while the first still waits."""
    write = lambda name: [[("write_file", {"path": name, "content": name})], f"wrote {name}"]  # noqa: E731
    plan = plan_of(
        agent_step("a", "write a", tools=["write_file"]),
        agent_step("b", "write b", tools=["write_file"]),
        agent_step("c", "after b", ["b"]),
        agent_step("d", "after all", ["a", "c"]),
    )
    players = Players(plan, acts={"write a": write("one"), "write b": write("two")})
    graph, _ = await run(players, keeping, workspace)
    out = await answer(graph, True)
    waiting = {i.value["repertory"]["proposal"]["step_id"]: i.id for i in out["__interrupt__"]}
    assert set(waiting) == {"a", "b"}
    out = await graph.ainvoke(Command(resume={waiting["b"]: True}), CONFIG)
    assert [i.id for i in out["__interrupt__"]] == [waiting["a"]]
    assert len(players.told("after b")) == 1
    assert not (workspace / "one").exists()
    out = await graph.ainvoke(Command(resume={waiting["a"]: "call it differently"}), CONFIG)
    assert out["status"] == "completed"
    assert "call it differently" in players.told("write a")[1].text
    assert out["results"]["a"].output == "wrote one"
    assert not (workspace / "one").exists()
    assert [len(players.told(t)) for t in ("write a", "write b", "after b", "after all")] == [2, 2, 1, 1]


async def test_an_agent_takes_over_when_a_direct_call_fails(keeping: Keeping, workspace: Path) -> None:
    """The stand-in sees what failed, looks around and finishes the step."""
    plan = plan_of(tool_step("s1", "read_file", path="missing.txt"))
    acts = {"call read_file": [[("read_file", {"path": "a.txt"})], "it is alpha"]}
    players = Players(plan, acts=acts)
    _, out = await run(players, keeping, workspace, Context(policy="autonomous"))
    assert out["answer"] == "it is alpha"
    assert "missing.txt" in players.told("call read_file")[0].text


async def test_rejecting_a_write_fails_its_step_and_is_not_planned_around(keeping: Keeping, workspace: Path) -> None:
    """A person's no is final for a direct call."""
    plan = plan_of(
        tool_step("s1", "text_statistics", path="a.txt"),
        tool_step("s2", "write_file", ["s1"], path="y.txt", content="{{s1.text}}"),
    )
    players = Players(plan)
    graph, _ = await run(players, keeping, workspace)
    await answer(graph, True)
    out = await answer(graph, {"type": "reject", "message": "not that file"})
    assert out["status"] == "failed"
    assert "not that file" in out["results"]["s2"].error
    assert players.calls("PlanDraft") == 1
    assert not (workspace / "y.txt").exists()


async def test_tell_and_ask(keeping: Keeping, workspace: Path) -> None:
    """A message is read before the other's next proposal; a question is answered from the other's result."""
    plan = plan_of(
        agent_step("a", "first", tools=["tell"]),
        agent_step("b", "second", ["a"], tools=["ask"]),
    )

    def second(ask: Any) -> Any:
        if "<question>" in ask.text:
            raise AssertionError("b is not asked")
        return [("ask", {"to": "a", "question": "why?"})] if "because" not in ask.text else "b done"

    def first(ask: Any) -> Any:
        if "<question>" in ask.text:
            assert "a done" in ask.text
            return "because"
        return "a done" if "left for 'b'" in ask.text else [("tell", {"to": "b", "message": "mind the gap"})]

    players = Players(plan, acts={"first": first, "second": second})
    _, out = await run(players, keeping, workspace, Context(policy="autonomous"))
    assert out["results"]["b"].output == "b done"
    assert "mind the gap" in players.told("second")[0].text
    assert out["results"]["b"].usage.model_calls == 3


async def test_the_drafted_plan_has_only_what_strict_servers_take() -> None:
    """Every property is required and nothing else is allowed."""
    schema = PlanDraft.model_json_schema()
    for definition in [schema, *schema["$defs"].values()]:
        assert definition["additionalProperties"] is False
        assert sorted(definition["required"]) == sorted(definition["properties"])


async def test_a_single_step_that_fails_answers_with_the_reason(keeping: Keeping, workspace: Path) -> None:
    """There is no result to answer with, and nothing to report beyond why."""
    players = Players(plan_of(agent_step("a", "fly")), acts={"fly": ["Could not be done: there are no wings."]})
    _, out = await run(players, keeping, workspace, Context(policy="autonomous", limits=Limits(replans=0)))
    assert (out["status"], out["answer"]) == ("failed", "Could not be done: there are no wings.")


async def test_studio_can_make_a_form_of_the_input(workspace: Path) -> None:
    """The schemas of input, output and context are to be had, on every Python that is supported."""
    graph = build_planner(deps_for(Players(TWO), workspace))
    assert graph.get_input_jsonschema()["properties"]["task"]["type"] == "string"
    assert "answer" in graph.get_output_jsonschema()["properties"]
    assert "policy" in graph.get_context_jsonschema()["properties"]


async def test_a_step_whose_agent_says_that_it_could_not_be_done_has_failed(keeping: Keeping, workspace: Path) -> None:
    """Its dependants are skipped, and the company is not kept as one that did well."""
    plan = plan_of(agent_step("a", "fly"), agent_step("b", "after", ["a"]))
    players = Players(plan, acts={"fly": ["Could not be done: there are no wings."]})
    context = Context(policy="autonomous", limits=Limits(replans=0))
    _, out = await run(players, keeping, workspace, context)
    assert out["status"] == "failed"
    assert "no wings" in out["error"]
    assert out["results"]["b"].status == "skipped"
    assert players.told("after") == []
