"""Planner runs taken up again: from any step and proposal within one, from the plan itself, and in forked threads."""

from collections.abc import Sequence
from typing import Any

import pytest
from langgraph.types import Command, Overwrite

from repertory.graphs import build_planner, restore, transcript_of
from repertory.memory.errors import InputError
from repertory.memory.proposals import Decision
from repertory.memory.transcripts.checks import check_transcript
from repertory.memory.transcripts.cutting import cut, proposal_ids
from repertory.memory.transcripts.difference import compare
from repertory.memory.transcripts.records import PersonaTweak, Transcript, Tweak
from repertory.nodes.context import Context, Limits
from repertory.nodes.decisions.policy import Policy, Rule
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.tools.toolbox import Toolbox
from tests.graphs.conftest import Keeping
from tests.graphs.test_hierarchies import member
from tests.graphs.test_persona import AUTONOMOUS, CONFIG, INTERACTIVE
from tests.playing import Players, agent_step, plan_of, tool_step
from tests.scripted import Ask

THERE: Any = {"configurable": {"thread_id": "there"}}
SILENT = Context(policy=Policy.preset("autonomous").preceded_by([Rule(then="ask", kind="plan")]))
"""The plan asks, nothing else."""
PLAN = plan_of(
    agent_step("a", "write a", role="Alpha: writes", tools=["note"]),
    agent_step("b", "lead b", role="Beta: leads"),
    tool_step("c", "note", name="c", text="from the plan"),
    agent_step("d", "join", ["a", "b"], role="Delta: joins"),
    tool_step("e", "look", ["c"], name="c"),
)
LOW = member("low", tools=("note",))
EDIT = {"verdict": "edit", "edit": {"agents": [{"name": "beta", "delegates": [member("mid", LOW)]}]}}


class Troupe(Players):
    """Plays the plan; keeps whom it played, turn by turn, and what was really written and looked at."""

    def __init__(self, *plans: Any, **acts: Any) -> None:
        super().__init__(*(plans or (PLAN,)))
        self.parts: dict[str, Any] = {
            "alpha": [[("note", {"name": "a", "text": "a"})], "alpha done"],
            "beta": [[("delegate", {"to": "mid", "message": "b"})], "beta done"],
            "mid": [[("delegate", {"to": "low", "message": "b"})], "mid done"],
            "low": [[("note", {"name": "b", "text": "b"})], "low done"],
            "delta": ["delta done"],
            **acts,
        }
        self.played: list[str] = []
        self.done: list[str] = []
        self.kept: dict[str, str] = {}
        self.toolbox = Toolbox()
        self.toolbox.add(self.note, risk="write")
        self.toolbox.add(self.look, risk="read")

    def __call__(self, ask: Ask) -> Any:
        name = "stand_in" if "Stand-in" in ask.messages[0].text else str(ask.messages[0].text).split()[2].rstrip(".")
        if ask.schema or name not in self.parts:
            return super().__call__(ask)
        turn = sum(message.type == "ai" for message in ask.messages)
        self.played.append(f"{name}#{turn}")
        part = self.parts[name]
        return part(ask) if callable(part) else part[turn]

    def note(self, name: str, text: str) -> str:
        """Write a note."""
        self.done.append(f"note {name} {text}")
        self.kept[name] = text
        return f"noted {name}"

    def look(self, name: str) -> str:
        """Read a note."""
        self.done.append(f"look {name}")
        return self.kept.get(name, "nothing")

    @property
    def deps(self) -> Deps:
        return Deps(models=given_model(self.model), toolbox=self.toolbox)

    def on(self, keeping: Keeping) -> Any:
        return build_planner(self.deps, checkpointer=keeping.checkpointer, store=keeping.store)


async def recorded(keeping: Keeping, troupe: Troupe | None = None) -> tuple[Any, Transcript]:
    """A run of twelve proposals over two levels below a step, and its transcript."""
    troupe = troupe or Troupe()
    graph = troupe.on(keeping)
    out = await graph.ainvoke({"task": "do it"}, CONFIG, context=SILENT)
    out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: EDIT}), CONFIG, context=SILENT)
    assert out["status"] == "completed"
    return graph, await transcript_of(graph, CONFIG)


async def replayed(
    keeping: Keeping, document: Transcript, tweak: Tweak, troupe: Troupe, context: Context = AUTONOMOUS
) -> Any:
    """Cut, put on a thread of its own in the same home, and go on."""
    fork = cut(document, tweak, "f" * 32)
    check_transcript(fork)
    graph = troupe.on(keeping)
    await restore(graph, THERE, fork)
    return await graph.ainvoke(None, THERE, context=context)


UP = ["low#1", "mid#1", "beta#1", "delta#0"]
NOTE_A, NOTE_B, NOTE_C, LOOK = "note a a", "note b b", "note c from the plan", "look c"
POINTS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "a": (["alpha#0", "alpha#1", "delta#0"], [NOTE_A]),
    "a#0": (["alpha#0", "alpha#1", "delta#0"], [NOTE_A]),
    "a#1": (["alpha#1", "delta#0"], []),
    "b": (["beta#0", "mid#0", "low#0", *UP], [NOTE_B]),
    "b#0": (["beta#0", "mid#0", "low#0", *UP], [NOTE_B]),
    "b/0.0#0": (["mid#0", "low#0", *UP], [NOTE_B]),
    "b/0.0/0.0#0": (["low#0", *UP], [NOTE_B]),
    "b/0.0/0.0#1": (UP, []),
    "b/0.0#1": (UP[1:], []),
    "b#1": (UP[2:], []),
    "c": ([], [NOTE_C, LOOK]),
    "c/call#0": ([], [NOTE_C, LOOK]),
    "d": (["delta#0"], []),
    "d#0": (["delta#0"], []),
    "e": ([], [LOOK]),
    "e/call#0": ([], [LOOK]),
}
"""What runs again from each point: who is asked, and which calls are made."""


@pytest.mark.parametrize("at", POINTS)
async def test_from_any_step_and_any_proposal_within_one(keeping: Keeping, at: str) -> None:
    """It and what depends on it run again, and nothing else; it ends the same; the original stays as it was."""
    graph, document = await recorded(keeping)
    check_transcript(document)
    assert {*proposal_ids(document), *"abcde"} == {*POINTS, "planner#0"}
    troupe = Troupe()
    out = await replayed(keeping, document, Tweak(at=at), troupe)
    assert out["status"] == "completed"
    asks, calls = POINTS[at]
    assert (sorted(troupe.played), sorted(troupe.done)) == (sorted(asks), sorted(calls))
    assert troupe.calls("PlanDraft") == troupe.calls("PromptDrafts") == 0
    after = await transcript_of(troupe.on(keeping), THERE)
    check_transcript(after)
    if at not in ("e", "e/call#0", "c", "c/call#0"):  # the other troupe had not written what is looked at
        assert compare(document, after).same
    assert await transcript_of(graph, CONFIG) == document
    assert after.forked_from is not None
    assert (after.forked_from.run_id, after.forked_from.tweak.at) == (document.run_id, at)


async def test_the_whole_run_is_in_the_transcript(keeping: Keeping) -> None:
    """Each step with its direct call or its turns, nested, and the plan that a person edited."""
    _, document = await recorded(keeping)
    assert document.exchanges[0].key == "planner"
    by_key = {one.key: one for one in document.exchanges}
    assert set(by_key) == {"planner", *"abcde"}
    assert all(one.result is not None for key, one in by_key.items() if key != "planner")
    [proposed] = by_key["planner"].turns
    assert proposed.decision is not None
    assert (proposed.decision.verdict, proposed.decision.edit) == ("edit", EDIT["edit"])
    assert by_key["c"].call is not None
    assert by_key["c"].call.decision is not None
    assert Transcript.model_validate_json(document.model_dump_json()) == document


async def test_a_step_edited_within_reaches_its_dependants_only(keeping: Keeping) -> None:
    """Another text for a nested write: that file, that chain, the step that needs it."""
    _, document = await recorded(keeping)
    edit = Decision(verdict="edit", edit={"text": "other"})
    troupe = Troupe(low=["", "low saw other"])
    out = await replayed(keeping, document, Tweak(at="b/0.0/0.0#0", decision=edit), troupe)
    assert (troupe.done, troupe.played) == (["note b other"], UP)
    assert out["status"] == "completed"


@pytest.mark.parametrize("at", ["a#0", "b/0.0#1", "b#0", "d#0"])
async def test_other_words_within_a_step(keeping: Keeping, at: str) -> None:
    """They reach that persona, which proposes anew."""
    _, document = await recorded(keeping)
    words = Decision(verdict="respond", text="other words")
    name = {"a#0": "alpha", "b/0.0#1": "mid", "b#0": "beta", "d#0": "delta"}[at]
    troupe = Troupe(**{name: lambda ask: f"{name} anew" if "other words" in ask.text else "?"})
    out = await replayed(keeping, document, Tweak(at=at, decision=words), troupe)
    assert out["status"] == "completed"
    assert [ask for ask in troupe.model.asks if "other words" in ask.text]
    assert troupe.played[0].startswith(name)


async def test_a_rejection_within_a_step(keeping: Keeping) -> None:
    """The reply of a step's agent is rejected: the step fails as refused, what depends on it is skipped."""
    _, document = await recorded(keeping)
    no = Decision(verdict="reject", text="useless")
    troupe = Troupe()
    out = await replayed(keeping, document, Tweak(at="a#1", decision=no), troupe)
    assert {key: result.status for key, result in out["results"].items()} == {
        "a": "failed", "b": "done", "c": "done", "d": "skipped", "e": "done"
    }  # fmt: skip
    assert (out["status"], troupe.played, troupe.done) == ("failed", [], [])


# --- a direct call


async def test_an_edit_of_a_direct_call(keeping: Keeping) -> None:
    """The other arguments run, once, and what needs it sees it."""
    _, document = await recorded(keeping)
    troupe = Troupe()
    edit = Decision(verdict="edit", edit={"text": "edited"})
    out = await replayed(keeping, document, Tweak(at="c/call#0", decision=edit), troupe)
    assert (troupe.done, out["results"]["e"].output) == (["note c edited", "look c"], "edited")
    check_transcript(await transcript_of(troupe.on(keeping), THERE))


async def test_words_about_a_direct_call_give_the_step_to_an_agent(keeping: Keeping) -> None:
    """With the words; the transcript has the call and the agent's turns, here and after another export and import."""
    _, document = await recorded(keeping)
    troupe = Troupe(stand_in=[[("note", {"name": "c", "text": "by hand"})], "stood in"])
    words = Decision(verdict="respond", text="do it by hand")
    out = await replayed(keeping, document, Tweak(at="c/call#0", decision=words), troupe)
    assert (troupe.done, out["results"]["c"].output) == (["note c by hand", "look c"], "stood in")
    assert any("do it by hand" in ask.text for ask in troupe.model.asks)
    after = await transcript_of(troupe.on(keeping), THERE)
    check_transcript(after)
    step = next(one for one in after.exchanges if one.key == "c")
    assert step.call is not None
    assert [turn.proposal.id.partition("/")[2] for turn in step.turns] == ["c#0", "c#1"]
    again = Troupe(stand_in=["", "stood in anew"])
    third: Any = {"configurable": {"thread_id": "third"}}
    graph = again.on(keeping)
    await restore(graph, third, cut(after, Tweak(at="e"), "e" * 32))
    await graph.ainvoke(None, third, context=AUTONOMOUS)
    kept = next(one for one in (await transcript_of(graph, third)).exchanges if one.key == "c")
    assert kept.call is not None
    assert len(kept.turns) == 2
    fourth: Any = {"configurable": {"thread_id": "fourth"}}
    await restore(graph, fourth, cut(await transcript_of(graph, third), Tweak(at="c#1"), "d" * 32))
    await graph.ainvoke(None, fourth, context=AUTONOMOUS)
    assert (again.played, again.done) == (["stand_in#1"], ["look c", "look c"])


async def test_a_no_to_a_direct_call(keeping: Keeping) -> None:
    """It is not made; its step fails as refused."""
    _, document = await recorded(keeping)
    troupe = Troupe()
    no = Decision(verdict="reject", text="not that")
    out = await replayed(keeping, document, Tweak(at="c/call#0", decision=no), troupe)
    assert (troupe.done, out["results"]["c"].refused, out["results"]["e"].status) == ([], True, "skipped")


# --- the plan itself


async def test_other_words_about_the_plan(keeping: Keeping) -> None:
    """It is planned anew, knowing the words and the plan; everything runs."""
    _, document = await recorded(keeping)
    troupe = Troupe(plan_of(agent_step("only", "write a", role="Alpha: writes", tools=["note"])))
    words = Decision(verdict="respond", text="one step will do")
    out = await replayed(keeping, document, Tweak(at="planner#0", decision=words), troupe, SILENT)
    [question] = out["__interrupt__"]
    shown = question.value["repertory"]["proposal"]
    assert ([step["id"] for step in shown["content"]["steps"]], shown["id"][33:]) == (["only"], "planner#1")
    [planned] = [ask for ask in troupe.model.asks if ask.schema == "PlanDraft"]
    assert "one step will do" in planned.text
    assert "lead b" in planned.text
    out = await troupe.on(keeping).ainvoke(Command(resume={question.id: True}), THERE, context=SILENT)
    assert (out["status"], troupe.done) == ("completed", [NOTE_A])
    after = await transcript_of(troupe.on(keeping), THERE)
    check_transcript(after)
    decisions = [turn.decision for turn in after.exchanges[0].turns if turn.decision]
    assert [(decision.verdict, decision.by) for decision in decisions] == [("respond", "user"), ("approve", "user")]


async def test_another_edit_of_the_plan(keeping: Keeping) -> None:
    """The steps that the person leaves in are performed, with no planning call."""
    _, document = await recorded(keeping)
    troupe = Troupe()
    edit = Decision(verdict="edit", edit={"steps": [{"id": "a"}, {"id": "c", "arguments": {"name": "c", "text": "x"}}]})
    out = await replayed(keeping, document, Tweak(at="planner#0", decision=edit), troupe)
    assert out["status"] == "completed"
    assert sorted(troupe.done) == [NOTE_A, "note c x"]
    assert troupe.calls("PlanDraft") == 0


async def test_an_edit_of_the_plan_that_does_not_fit_asks(keeping: Keeping) -> None:
    """With the reason, and nothing runs."""
    _, document = await recorded(keeping)
    troupe = Troupe()
    edit = Decision(verdict="edit", edit={"steps": [{"id": "a", "needs": ["a"]}]})
    out = await replayed(keeping, document, Tweak(at="planner#0", decision=edit), troupe, SILENT)
    [question] = out["__interrupt__"]
    assert "circle" in question.value["repertory"]["objection"]
    assert troupe.done == []


async def test_the_plan_asked_anew(keeping: Keeping) -> None:
    """As it was proposed, before the person edited it; approved, everything runs."""
    _, document = await recorded(keeping)
    troupe = Troupe(beta=["beta alone"])
    out = await replayed(keeping, document, Tweak(at="planner#0"), troupe, SILENT)
    [question] = out["__interrupt__"]
    content = question.value["repertory"]["proposal"]["content"]
    assert [agent["delegates"] for agent in content["agents"] if agent["name"] == "beta"] == [[]]
    out = await troupe.on(keeping).ainvoke(Command(resume={question.id: True}), THERE, context=SILENT)
    assert (out["status"], sorted(troupe.done)) == ("completed", [LOOK, NOTE_A, NOTE_C])


async def test_a_no_to_the_plan(keeping: Keeping) -> None:
    """It ends there."""
    _, document = await recorded(keeping)
    troupe = Troupe()
    out = await replayed(keeping, document, Tweak(at="planner#0", decision=Decision(verdict="reject")), troupe)
    assert (out["status"], troupe.done, troupe.model.asks) == ("rejected", [], [])


# --- after a replan

FIRST = plan_of(agent_step("a", "write a", role="Alpha: writes", tools=["note"]), agent_step("x", "fail", role="Xi: x"))
SECOND = plan_of(agent_step("y", "do y", ["a"], role="Delta: joins"))


async def replanned(keeping: Keeping) -> tuple[Any, Transcript]:
    """Step x fails, and y is planned in its place."""
    troupe = Troupe(FIRST, SECOND, xi=lambda ask: "")
    graph = troupe.on(keeping)
    out = await graph.ainvoke({"task": "do it"}, CONFIG, context=AUTONOMOUS)
    assert (out["status"], set(out["results"])) == ("completed", {"a", "x", "y"})
    return graph, await transcript_of(graph, CONFIG)


async def test_after_a_replan_from_a_step_of_the_new_plan(keeping: Keeping) -> None:
    """What was done before the replan is kept."""
    graph, document = await replanned(keeping)
    check_transcript(document)
    troupe = Troupe()
    out = await replayed(keeping, document, Tweak(at="y#0"), troupe)
    assert (out["status"], troupe.played, troupe.done) == ("completed", ["delta#0"], [])
    assert compare(document, await transcript_of(troupe.on(keeping), THERE)).same
    assert await transcript_of(graph, CONFIG) == document


async def test_after_a_replan_from_a_step_that_stayed(keeping: Keeping) -> None:
    """It and what needs it in the new plan run again."""
    _, document = await replanned(keeping)
    troupe = Troupe()
    out = await replayed(keeping, document, Tweak(at="a#0"), troupe)
    assert (out["status"], troupe.played) == ("completed", ["alpha#0", "alpha#1", "delta#0"])


async def test_after_a_replan_from_a_step_that_is_gone(keeping: Keeping) -> None:
    """Refused with the reason."""
    _, document = await replanned(keeping)
    with pytest.raises(InputError, match="'x' is no more in the plan"):
        cut(document, Tweak(at="x"), "f" * 32)


async def test_after_a_replan_from_the_second_plan(keeping: Keeping) -> None:
    """Other words: the rest is planned anew, what was done is not done again."""
    _, document = await replanned(keeping)
    troupe = Troupe(plan_of(agent_step("z", "do z", ["a"], role="Delta: joins")))
    words = Decision(verdict="respond", text="call it z")
    out = await replayed(keeping, document, Tweak(at="planner#1", decision=words), troupe)
    assert (out["status"], troupe.played, troupe.done) == ("completed", ["delta#0"], [])
    assert set(out["results"]) == {"a", "x", "z"}
    check_transcript(await transcript_of(troupe.on(keeping), THERE))


async def test_after_a_replan_from_the_first_plan(keeping: Keeping) -> None:
    """Everything runs again, and what fails again can be planned anew again: no replan has been made yet."""
    _, document = await replanned(keeping)
    troupe = Troupe(SECOND, xi=lambda ask: "")
    out = await replayed(keeping, document, Tweak(at="planner#0"), troupe)
    assert (out["status"], set(out["results"])) == ("completed", {"a", "x", "y"})
    assert (troupe.calls("PlanDraft"), troupe.done) == (1, [NOTE_A])


# --- tweaks


async def test_another_prompt_for_a_delegate_of_a_step(keeping: Keeping) -> None:
    """It alone is another, from there on."""
    _, document = await recorded(keeping)
    tweak = Tweak(at="b/0.0#1", personas={"perform/beta/mid": PersonaTweak(prompt="You are mid. Sing.")})
    troupe = Troupe()
    await replayed(keeping, document, tweak, troupe)
    prompts = [str(ask.messages[0].text).split("\n")[0] for ask in troupe.model.asks]
    assert prompts[:3] == ["You are mid. Sing.", "You are beta.", "You are delta."]


async def test_another_model_and_temperature_for_one_agent(keeping: Keeping) -> None:
    """Asked of that model with that temperature; the others of theirs."""
    _, document = await recorded(keeping)
    specs: list[Any] = []
    troupe = Troupe()

    def models(spec: Any) -> Any:
        specs.append(spec)
        return troupe.model

    deps = Deps(models=models, toolbox=troupe.toolbox)
    tweak = Tweak(at="b#1", personas={"perform/beta": PersonaTweak(model="openai:other", temperature=0.2)})
    graph = build_planner(deps, checkpointer=keeping.checkpointer, store=keeping.store)
    await restore(graph, THERE, cut(document, tweak, "f" * 32))
    await graph.ainvoke(None, THERE, context=AUTONOMOUS)
    assert [(spec.name, spec.temperature) for spec in specs] == [("openai:other", 0.2), (None, None), (None, None)]


async def test_a_persona_that_is_not_there_is_refused(keeping: Keeping) -> None:
    """With those that are."""
    _, document = await recorded(keeping)
    with pytest.raises(InputError, match=r"'perform/gamma'.*perform/beta/mid/low"):
        cut(document, Tweak(at="b#1", personas={"perform/gamma": PersonaTweak(prompt="x")}), "f" * 32)


# --- moved while something is open


@pytest.mark.parametrize("context", [INTERACTIVE, Context()])
async def test_moved_to_a_new_home_at_every_question(keeping: Keeping, context: Context) -> None:
    """The plan, every proposal, the rating: exported and imported at each; it ends as the run that stayed."""
    from tests.graphs.test_replay import home

    stayed, troupe = Troupe(), Troupe()
    await _answered(stayed, keeping, context, moves=False)
    expected = await transcript_of(stayed.on(keeping), CONFIG)
    there = await _answered(troupe, home(), context, moves=True)
    after = await transcript_of(troupe.on(there), CONFIG)
    assert compare(expected, after).same
    assert sorted(troupe.played) == sorted(stayed.played)
    assert sorted(troupe.done) == sorted(stayed.done)
    for one in (await stayed.on(keeping).aget_state(CONFIG), await troupe.on(there).aget_state(CONFIG)):
        assert (one.values["rating"], one.values["status"], one.next) == ("satisfied", "completed", ())
    assert await there.store.asearch(("repertory",), limit=100)


async def _answered(troupe: Troupe, keeping: Keeping, context: Context, *, moves: bool) -> Keeping:
    from tests.graphs.test_replay import home

    graph = troupe.on(keeping)
    out = await graph.ainvoke({"task": "do it"}, CONFIG, context=context)
    while questions := out.get("__interrupt__"):
        if moves:
            document = Transcript.model_validate_json((await transcript_of(graph, CONFIG)).model_dump_json())
            keeping = home()
            graph = troupe.on(keeping)
            await restore(graph, CONFIG, document)
            out = await graph.ainvoke(None, CONFIG, context=context)
            assert _asked(out["__interrupt__"]) == _asked(questions)
        first = min(out["__interrupt__"], key=lambda q: q.value["repertory"]["proposal"]["id"])
        kind = first.value["repertory"]["proposal"]["kind"]
        answer = EDIT if kind == "plan" else True
        out = await graph.ainvoke(Command(resume={first.id: answer}), CONFIG, context=context)
    return keeping


def _asked(questions: Any) -> set[str]:
    return {question.value["repertory"]["proposal"]["id"] for question in questions}


# --- LangGraph's own time travel


async def before(graph: Any, node: str) -> Any:
    """The first checkpoint at which that node was next."""
    return [state.config async for state in graph.aget_state_history(CONFIG) if node in state.next][-1]


def with_prompt(company: Any, name: str, prompt: str) -> Any:
    cast = tuple(
        c.model_copy(update={"agent": c.agent.model_copy(update={"prompt": prompt})}) if c.agent.name == name else c
        for c in company.cast
    )
    return company.model_copy(update={"cast": cast})


async def test_a_fork_before_perform_with_an_edited_company(keeping: Keeping) -> None:
    """The edited agent works by its new prompt; nothing of the original branch is taken for the fork's."""
    troupe = Troupe()
    graph, document = await recorded(keeping, troupe)
    troupe.played.clear()
    config = await before(graph, "perform")
    company = (await graph.aget_state(config)).values["company"]
    config = await graph.aupdate_state(config, {"company": with_prompt(company, "alpha", "You are alpha. Sing.")})
    out = await graph.ainvoke(None, config, context=AUTONOMOUS)
    assert out["status"] == "completed"
    assert [ask for ask in troupe.model.asks if str(ask.messages[0].text).startswith("You are alpha. Sing.")]
    assert {"alpha#0", "alpha#1", "delta#0"} <= set(troupe.played)
    forked = await transcript_of(graph, CONFIG)
    check_transcript(forked)
    assert {one.result.branch for one in forked.exchanges if one.result}.isdisjoint(
        {one.result.branch for one in document.exchanges if one.result}
    )


async def test_a_fork_before_perform_without_a_change(keeping: Keeping) -> None:
    """The same run: nothing is done again but the report."""
    troupe = Troupe()
    graph, document = await recorded(keeping, troupe)
    troupe.played.clear(), troupe.done.clear()
    out = await graph.ainvoke(None, await before(graph, "perform"), context=AUTONOMOUS)
    assert (out["status"], troupe.played, troupe.done) == ("completed", [], [])
    assert compare(document, await transcript_of(graph, CONFIG)).same


@pytest.mark.parametrize("again", [{"d"}, {"b", "d"}, {"c", "e"}, {"a", "b", "c", "d"}])
async def test_a_fork_with_results_removed(keeping: Keeping, again: set[str]) -> None:
    """Those steps are done anew, really; the others are neither asked nor called."""
    troupe = Troupe()
    graph, document = await recorded(keeping, troupe)
    troupe.played.clear(), troupe.done.clear()
    head = await graph.aget_state(CONFIG)
    kept = {key: result for key, result in head.values["results"].items() if key not in again}
    values = {"results": Overwrite(kept), "status": "performing"}
    config = await graph.aupdate_state(head.config, values, as_node="approve")
    out = await graph.ainvoke(None, config, context=AUTONOMOUS)
    assert out["status"] == "completed"
    asks = [ask for step in again for ask in POINTS[step][0] if ask != "delta#0"] + ["delta#0"] * ("d" in again)
    calls = {call for step in again for call in POINTS[step][1]} - ({LOOK} if "e" not in again else set())
    assert (sorted(troupe.played), sorted(troupe.done)) == (sorted(asks), sorted(calls))
    assert compare(document, await transcript_of(graph, CONFIG)).same
    check_transcript(await transcript_of(graph, CONFIG))


async def test_two_forks_of_one_checkpoint_do_not_mix(keeping: Keeping) -> None:
    """Each has its own prompt, results and transcript; going back to the first finds it as it was."""
    troupe = Troupe(alpha=lambda ask: f"by {str(ask.messages[0].text).split(chr(10))[0]}")
    graph, _ = await recorded(keeping, troupe)
    root = await before(graph, "perform")
    company = (await graph.aget_state(root)).values["company"]
    ends = []
    for prompt in ("You are alpha. Sing.", "You are alpha. Dance."):
        config = await graph.aupdate_state(root, {"company": with_prompt(company, "alpha", prompt)})
        out = await graph.ainvoke(None, config, context=AUTONOMOUS)
        assert out["results"]["a"].output == f"by {prompt}"
        ends.append(((await graph.aget_state(CONFIG)).config, await transcript_of(graph, CONFIG)))
    for config, document in ends:
        assert await transcript_of(graph, config) == document


def telling() -> Troupe:
    """`a` tells `d` something, and `d` reads it."""
    plan = plan_of(
        agent_step("a", "write a", role="Alpha: writes", tools=["tell"]),
        agent_step("b", "wait", role="Beta: waits"),
        agent_step("d", "join", ["a", "b"], role="Delta: joins"),
    )

    def alpha(ask: Ask) -> Any:
        if "Silent" in ask.text or len(ask.messages) > 2:
            return "alpha done"
        return [("tell", {"to": "d", "message": "a secret"})]

    return Troupe(plan, alpha=alpha, beta=["beta done"], delta=lambda ask: "knows" if "secret" in ask.text else "dull")


async def test_what_agents_told_each_other_stays_in_its_branch(keeping: Keeping) -> None:
    """In a fork whose sender says nothing, the receiver hears nothing; where the sender is kept, it hears it still."""
    troupe = telling()
    graph = troupe.on(keeping)
    context = Context(policy="autonomous", limits=Limits(parallel_model_calls=1))
    out = await graph.ainvoke({"task": "tell"}, CONFIG, context=context)
    assert out["results"]["d"].output == "knows"
    head, document = await graph.aget_state(CONFIG), await transcript_of(graph, CONFIG)
    kept = {key: result for key, result in head.values["results"].items() if key != "d"}
    values = {"results": Overwrite(kept), "status": "performing"}
    config = await graph.aupdate_state(head.config, values, as_node="approve")
    assert (await graph.ainvoke(None, config, context=context))["results"]["d"].output == "knows"
    config = await before(graph, "perform")
    company = (await graph.aget_state(config)).values["company"]
    config = await graph.aupdate_state(config, {"company": with_prompt(company, "alpha", "You are alpha. Silent.")})
    assert (await graph.ainvoke(None, config, context=context))["results"]["d"].output == "dull"
    assert await transcript_of(graph, head.config) == document


async def test_a_fork_does_not_change_what_was_told_in_the_original(keeping: Keeping) -> None:
    """The same call says something else in the fork: the original's transcript keeps its own words."""
    troupe = telling()
    graph = troupe.on(keeping)
    await graph.ainvoke({"task": "tell"}, CONFIG, context=AUTONOMOUS)
    head, document = await graph.aget_state(CONFIG), await transcript_of(graph, CONFIG)
    secret = troupe.parts["alpha"]
    troupe.parts["alpha"] = lambda ask: (
        [("tell", {"to": "d", "message": "another secret"})] if len(ask.messages) == 2 else secret(ask)
    )
    config = await before(graph, "perform")
    company = (await graph.aget_state(config)).values["company"]
    config = await graph.aupdate_state(config, {"company": with_prompt(company, "alpha", "You are alpha. Other.")})
    await graph.ainvoke(None, config, context=AUTONOMOUS)
    assert await transcript_of(graph, head.config) == document
    told = (await transcript_of(graph, CONFIG)).messages["d"]
    assert [message.text for message in told] == ["another secret"]
