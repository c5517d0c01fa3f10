"""A person beside any layer of a hierarchy: which layer asks, what an answer does there, and policies that change."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.store.memory import InMemoryStore
from langgraph.store.sqlite import SqliteStore
from langgraph.types import Command

from repertory.graphs import build_persona, build_planner, restore, transcript_of
from repertory.memory.errors import InputError, ResourceError
from repertory.memory.journal import Journal
from repertory.memory.proposals import Decision, Message
from repertory.memory.records import Agent
from repertory.memory.transcripts.checks import check_transcript
from repertory.memory.transcripts.cutting import cut
from repertory.memory.transcripts.records import Tweak
from repertory.nodes.context import Context
from repertory.nodes.decisions.policy import Policy, Rule
from tests.graphs.conftest import Keeping
from tests.graphs.test_persona import AUTONOMOUS, CONFIG, INTERACTIVE, LOW, TOP, Cast, agent, chain, drive, paths, to
from tests.graphs.test_persona import write as writes
from tests.playing import Players, agent_step, deps_for, plan_of
from tests.scripted import Ask

LAYERS = ["top", "top/high", "top/high/mid", "top/high/mid/low"]


def only(path: str) -> Context:
    """A person beside this persona, and nobody else."""
    return Context(policy=Policy.preset("autonomous").preceded_by([Rule(then="ask", path=path)]))


def conversation(cast: Cast, keeping: Keeping, root: Agent = TOP) -> Any:
    return build_persona(root, cast.deps, checkpointer=keeping.checkpointer, store=keeping.store)


def ids(out: Any) -> dict[str, str]:
    """Ids of questions, by the proposal that is asked about, without the run."""
    return {_short(q.value["repertory"]["proposal"]["id"]): q.id for q in out.get("__interrupt__", ())}


def _short(proposal_id: str) -> str:
    return proposal_id.partition("/")[2]


def edited(layer: str) -> Any:
    """The first proposal of that layer, as a person changes it."""
    if layer.endswith("low"):
        return {"verdict": "edit", "edit": {"text": "edited"}}
    return {"verdict": "edit", "edit": {"message": "edited"}}


class Talk(Cast):
    """The chain of four; whoever is answered in words says so and ends."""

    def __call__(self, ask: Ask) -> Any:
        return "gave in" if "not like that" in ask.text else super().__call__(ask)


@pytest.mark.parametrize("verdict", ["approve", "edit", "respond", "reject"])
@pytest.mark.parametrize("layer", LAYERS)
async def test_each_verdict_at_each_single_layer(keeping: Keeping, layer: str, verdict: str) -> None:
    """The layer asks about both of its proposals, the rest never; what was decided is done there and nowhere else."""
    cast = Talk(**chain().plays)
    name = layer.rpartition("/")[2]
    graph, context = conversation(cast, keeping), only(layer)
    out = await graph.ainvoke({"message": "go"}, CONFIG, context=context)
    answers: dict[str, Any] = {
        "approve": True,
        "edit": edited(layer),
        "respond": "not like that",
        "reject": {"verdict": "reject", "text": "not like that"},
    }
    assert paths(out) == [layer]
    [question] = out["__interrupt__"]
    out = await graph.ainvoke(Command(resume={question.id: answers[verdict]}), CONFIG, context=context)
    while questions := out.get("__interrupt__"):
        assert paths(out) == [layer]
        out = await graph.ainvoke(Command(resume={questions[0].id: True}), CONFIG, context=context)
    went = verdict in ("approve", "edit")
    assert cast.done == ([("edited" if layer.endswith("low") else "deep") if verdict == "edit" else "deep"] * went)
    assert out["reply"] == ("gave in" if layer == "top" and not went else "top done")
    below = LAYERS[LAYERS.index(layer) + 1 :]
    for path in LAYERS:
        asks = cast.asked(path.rpartition("/")[2])
        assert len(asks) == (0 if path in below and not went else 2)
        assert any("not like that" in ask.text for ask in asks) == (path == layer and not went)
    if verdict == "edit" and below:
        assert str(cast.asked(below[0].rpartition("/")[2])[0].messages[1].text) == "edited"
    document = await transcript_of(graph, CONFIG)
    check_transcript(document)
    turns = document.exchanges[0].turns
    for _ in range(LAYERS.index(layer)):
        turns = turns[0].results[0].turns
    decision = turns[0].decision
    assert decision is not None
    assert (turns[0].proposal.path[-1], decision.verdict, decision.by) == (name, verdict, "user")


async def test_words_five_times_to_a_nested_persona_then_a_yes(keeping: Keeping) -> None:
    """All six proposals and all words are in the transcript; the model saw all of it; nobody else was disturbed."""
    cast = chain()
    cast.plays["low"] = lambda ask: f"version {sum(m.type == 'ai' for m in ask.messages)}"
    graph, context = conversation(cast, keeping), only("*/low")
    out = await graph.ainvoke({"message": "go"}, CONFIG, context=context)
    for n in range(5):
        [question] = out["__interrupt__"]
        assert question.value["repertory"]["proposal"]["text"] == f"version {n}"
        out = await graph.ainvoke(Command(resume={question.id: f"words {n}"}), CONFIG, context=context)
    out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: True}), CONFIG, context=context)
    assert out["reply"] == "top done"
    assert len(cast.model.asks) == 6 + 6
    assert "version 5" in cast.asked("mid")[1].text
    assert "version 4" not in cast.asked("mid")[1].text
    turns = (await transcript_of(graph, CONFIG)).exchanges[0].turns
    for _ in range(3):
        turns = turns[0].results[0].turns
    assert [turn.proposal.text for turn in turns] == [f"version {n}" for n in range(6)]
    decisions = [turn.decision for turn in turns if turn.decision]
    assert [decision.text for decision in decisions] == [*(f"words {n}" for n in range(5)), ""]
    assert [turn.proposal.supersedes for turn in turns] == [None, *(turn.proposal.id for turn in turns[:5])]


# --- policies that change


async def test_a_question_that_the_new_policy_does_not_ask_resolves_itself(keeping: Keeping) -> None:
    """Going on without an answer, under another policy: nobody is asked any more, nothing is proposed anew."""
    cast = chain()
    graph = conversation(cast, keeping)
    out = await graph.ainvoke({"message": "go"}, CONFIG, context=only("*/mid"))
    assert (paths(out), len(cast.model.asks)) == (["top/high/mid"], 3)
    out = await graph.ainvoke(None, CONFIG, context=AUTONOMOUS)
    assert (out["reply"], out.get("__interrupt__"), len(cast.model.asks)) == ("top done", None, 8)
    assert not (await graph.aget_state(CONFIG)).interrupts


async def test_a_question_that_the_new_policy_asks_too_stays(keeping: Keeping) -> None:
    """And one that only the new policy asks comes; each proposal is made once."""
    cast = chain()
    graph = conversation(cast, keeping)
    out = await graph.ainvoke({"message": "go"}, CONFIG, context=INTERACTIVE)
    first = ids(out)
    out = await graph.ainvoke(None, CONFIG, context=only("top"))
    assert list(ids(out)) == list(first) == ["m0#0"]
    out = await graph.ainvoke(None, CONFIG, context=only("*/low"))
    assert list(ids(out)) == ["m0/0.0/0.0/0.0#0"]
    out = await graph.ainvoke(None, CONFIG, context=only("top/high"))
    assert list(ids(out)) == ["m0/0.0#1"]
    out = await graph.ainvoke(Command(resume={ids(out)["m0/0.0#1"]: True}), CONFIG, context=INTERACTIVE)
    assert list(ids(out)) == ["m0#1"]
    out = await graph.ainvoke(Command(resume=dict.fromkeys(ids(out).values(), True)), CONFIG, context=AUTONOMOUS)
    assert (out["reply"], len(cast.model.asks), cast.done) == ("top done", 8, ["deep"])


class Breaking(Cast):
    """A hierarchy in which one call of one persona's model breaks down, once."""

    breaks: tuple[str, int] | None = None

    def __call__(self, ask: Ask) -> Any:
        name = str(ask.messages[0].text).split()[2].rstrip(".")
        if self.breaks == (name, sum(message.type == "ai" for message in ask.messages)):
            self.breaks = None
            raise RuntimeError("broke down")
        return super().__call__(ask)


@pytest.mark.parametrize("broken", [(name, n) for name in ("top", "high", "mid", "low") for n in (0, 1)])
async def test_broken_down_by_itself_it_goes_on_with_a_person(keeping: Keeping, broken: tuple[str, int]) -> None:
    """From autonomous to interactive: what is done is neither asked about any more nor done again."""
    cast = Breaking(**chain().plays)
    cast.breaks = broken
    graph = conversation(cast, keeping)
    with pytest.raises(RuntimeError, match="broke down"):
        await graph.ainvoke({"message": "go"}, CONFIG, context=AUTONOMOUS)
    spent = len(cast.model.asks)
    out = await graph.ainvoke(None, CONFIG, context=INTERACTIVE)
    check_transcript(await transcript_of(graph, CONFIG))
    asked = []
    while questions := out.get("__interrupt__"):
        asked += list(ids(out))
        out = await graph.ainvoke(Command(resume={q.id: True for q in questions}), CONFIG, context=INTERACTIVE)
    assert (out["reply"], cast.done) == ("top done", ["deep"])
    assert len(cast.model.asks) == 8 + 1
    frames = ["m0", "m0/0.0", "m0/0.0/0.0", "m0/0.0/0.0/0.0"]
    order = [f"{frame}#0" for frame in frames] + [f"{frame}#1" for frame in frames[::-1]]
    proposed = order[: spent - 1]
    begun = {  # whose call had begun: what was called has proposed something, or written
        name for name in proposed if name.endswith("#0") and order.index(name) + 1 < len(proposed)
    }
    assert not begun & set(asked), "asked about what had been done"
    assert set(order[len(proposed) :]) <= set(asked)


async def test_interactive_then_broken_down_by_itself_then_interactive(keeping: Keeping) -> None:
    """The nested checkpoint of the first question is old by then: it is not asked again, and nothing is done again."""
    cast = Breaking(**chain().plays)
    graph = conversation(cast, keeping)
    out = await graph.ainvoke({"message": "go"}, CONFIG, context=INTERACTIVE)
    assert list(ids(out)) == ["m0#0"]
    cast.breaks = ("mid", 1)
    with pytest.raises(RuntimeError, match="broke down"):
        await graph.ainvoke(None, CONFIG, context=AUTONOMOUS)
    assert cast.done == ["deep"]
    out = await graph.ainvoke(None, CONFIG, context=INTERACTIVE)
    asked = []
    while questions := out.get("__interrupt__"):
        asked += list(ids(out))
        out = await graph.ainvoke(Command(resume={q.id: True for q in questions}), CONFIG, context=INTERACTIVE)
    assert asked == ["m0/0.0/0.0#1", "m0/0.0#1", "m0#1"]
    assert (out["reply"], cast.done, len(cast.model.asks)) == ("top done", ["deep"], 9)
    check_transcript(await transcript_of(graph, CONFIG))


async def test_what_has_begun_cannot_be_rejected_any_more(keeping: Keeping) -> None:
    """A no would come too late: what was done would have no decision that allowed it. The transcript stays whole."""
    cast = Breaking(**chain().plays)
    cast.breaks = ("low", 1)
    graph = conversation(cast, keeping)
    with pytest.raises(RuntimeError, match="broke down"):
        await graph.ainvoke({"message": "go"}, CONFIG, context=AUTONOMOUS)
    assert cast.done == ["deep"]
    out = await graph.ainvoke(None, CONFIG, context=INTERACTIVE)
    while questions := out.get("__interrupt__"):
        assert not set(ids(out)) & {"m0#0", "m0/0.0#0", "m0/0.0/0.0#0", "m0/0.0/0.0/0.0#0"}
        out = await graph.ainvoke(Command(resume={q.id: False for q in questions}), CONFIG, context=INTERACTIVE)
        check_transcript(await transcript_of(graph, CONFIG))
    assert out["error"] == "the reply was rejected."


def writer_of(step: str) -> Any:
    return [[("write_file", {"path": step, "content": step})], f"{step} done"]


async def test_what_was_denied_before_it_broke_down_is_denied_after(keeping: Keeping) -> None:
    """A write beside a delegation, denied by the policy: whoever takes the run up does not run it either."""
    cast = Breaking(boss=[[to("low", "x"), writes("w")], "done"], low=["low done"])
    cast.breaks = ("low", 0)
    graph = conversation(cast, keeping, agent("boss", LOW, tools=["write"]))
    context = Context(policy=Policy.preset("autonomous").preceded_by([Rule(then="deny", tool="write")]))
    with pytest.raises(RuntimeError, match="broke down"):
        await graph.ainvoke({"message": "go"}, CONFIG, context=context)
    out = await graph.ainvoke(None, CONFIG, context=context)
    assert (out["reply"], cast.done) == ("done", [])
    assert "the policy does not allow 'write'" in cast.asked("boss")[1].text


async def test_a_policy_that_denies_holds_for_what_was_approved_and_has_not_begun(keeping: Keeping) -> None:
    """Approved by a person, then forbidden before it ran: it does not run, and the persona is told."""
    cast = Breaking(boss=[[to("low", "x"), writes("w")], "done"], low=["low done"])
    root = agent("boss", LOW, tools=["write"])
    graph = conversation(cast, keeping, root)
    out = await graph.ainvoke({"message": "go"}, CONFIG, context=only("boss"))
    document = await transcript_of(graph, CONFIG)
    words = Decision(verdict="approve")
    fork = cut(document, Tweak(at="m0#0", decision=words), "f" * 32)
    there: Any = {"configurable": {"thread_id": "fork"}}
    await restore(graph, there, fork)
    context = Context(policy=Policy.preset("autonomous").preceded_by([Rule(then="deny", tool="write")]))
    out = await graph.ainvoke(None, there, context=context)
    assert (out["reply"], cast.done) == ("done", [])
    assert "the policy does not allow 'write'" in cast.asked("boss")[1].text


async def test_the_policy_of_a_planners_run_changes_while_it_waits(keeping: Keeping, workspace: Path) -> None:
    """From interactive to one step's agent only, to autonomous: each proposal is made once, each file written once."""
    plan = plan_of(
        agent_step("a", "write a", tools=["write_file"], role="Alpha: a"),
        agent_step("b", "write b", tools=["write_file"], role="Beta: b"),
    )
    players = Players(plan, acts={"write a": writer_of("a"), "write b": writer_of("b")})
    graph = build_planner(deps_for(players, workspace), checkpointer=keeping.checkpointer, store=keeping.store)
    out = await graph.ainvoke({"task": "x"}, CONFIG, context=INTERACTIVE)
    assert paths(out) == ["planner"]
    out = await graph.ainvoke(None, CONFIG, context=only("perform/*"))
    assert sorted(paths(out)) == ["perform/alpha", "perform/beta"]
    out = await graph.ainvoke(None, CONFIG, context=only("perform/beta"))
    assert list(ids(out)) == ["b#0"]
    assert ((workspace / "a").exists(), (workspace / "b").exists()) == (True, False)
    out = await graph.ainvoke(None, CONFIG, context=INTERACTIVE)
    assert list(ids(out)) == ["b#0"]
    out = await graph.ainvoke(None, CONFIG, context=AUTONOMOUS)
    assert (out["status"], players.calls("step"), players.calls("PlanDraft")) == ("completed", 4, 1)
    assert (workspace / "b").exists()


# --- answers that go astray


async def test_siblings_of_a_kind_with_crossed_answers(keeping: Keeping) -> None:
    """The second first, an id that is gone, an id of nobody: each answer changes its own or nothing."""
    cast = Cast(
        boss=[[to("low", "first"), to("low", "second")], "done"],
        low=lambda ask: (
            [writes(f"{ask.messages[1].text} {len(ask.messages)}")]
            if len(ask.messages) < 5
            else str(ask.messages[1].text)
        ),
    )
    graph = conversation(cast, keeping, agent("boss", LOW))
    context = only("boss/low")
    out = await graph.ainvoke({"message": "go"}, CONFIG, context=context)
    before = ids(out)
    assert set(before) == {"m0/0.0#0", "m0/0.1#0"}
    out = await graph.ainvoke(Command(resume={before["m0/0.1#0"]: True}), CONFIG, context=context)
    assert set(ids(out)) == {"m0/0.0#0", "m0/0.1#1"}
    assert cast.done == ["second 2"]
    for gone in (before["m0/0.1#0"], "0" * 32):
        asks, shown = len(cast.model.asks), ids(out)
        document = await transcript_of(graph, CONFIG)
        out = await graph.ainvoke(Command(resume={gone: "other words"}), CONFIG, context=context)
        assert ids(out) == shown
        assert (len(cast.model.asks), cast.done) == (asks, ["second 2"])
        assert await transcript_of(graph, CONFIG) == document
    both = {ids(out)["m0/0.1#1"]: False, ids(out)["m0/0.0#0"]: True, before["m0/0.1#0"]: False}
    out = await graph.ainvoke(Command(resume=both), CONFIG, context=context)
    assert set(ids(out)) == {"m0/0.0#1", "m0/0.1#2"}
    assert cast.done == ["second 2", "first 2"]
    while questions := out.get("__interrupt__"):
        out = await graph.ainvoke(Command(resume={q.id: True for q in questions}), CONFIG, context=context)
    assert (out["reply"], sorted(cast.done)) == ("done", ["first 2", "first 4", "second 2"])


@pytest.mark.parametrize("answer", [None, 7, 1.5, "", "  ", [], {}, [None], {"verdict": 3}, {"verdict": "edit"}, [[]]])
async def test_an_answer_of_a_wrong_type_changes_nothing_and_is_asked_again(keeping: Keeping, answer: Any) -> None:
    """Deep down, beside a sibling that waits: with the reason, and nobody is asked for a new proposal."""
    cast = Cast(boss=[[to("low", "1"), to("low", "2")], "done"], low=[[writes("x")], "low done"])
    graph = conversation(cast, keeping, agent("boss", LOW))
    context = only("boss/low")
    out = await graph.ainvoke({"message": "go"}, CONFIG, context=context)
    wrong = ids(out)["m0/0.0#0"]
    out = await graph.ainvoke(Command(resume={wrong: answer}), CONFIG, context=context)
    assert set(ids(out)) == {"m0/0.0#0", "m0/0.1#0"}
    objections = [q.value["repertory"]["objection"] for q in out["__interrupt__"]]
    assert sum(bool(objection) for objection in objections) == 1
    assert (len(cast.model.asks), cast.done) == (3, [])


# --- who else there is


async def test_a_delegate_named_like_the_root(keeping: Keeping) -> None:
    """Paths tell them apart: a person sits beside the inner one only."""
    inner = agent("boss", tools=["write"])
    cast = Cast(
        boss=lambda ask: (
            ([to("boss", "inner")] if "You may delegate" in ask.text else [writes("w")])
            if len(ask.messages) == 2
            else f"re {ask.messages[1].text}"
        )
    )
    graph = conversation(cast, keeping, agent("boss", inner))
    out, asked = await drive(graph, "go", only("boss/boss"))
    assert (asked, out["reply"], cast.done) == (["boss/boss", "boss/boss"], "re go", ["w"])
    check_transcript(await transcript_of(graph, CONFIG))


@pytest.mark.parametrize("name", ["begin", "message", "reply", "key", "run_id", "exchanges", "turns", "usage", "error"])
async def test_a_root_may_have_any_name(keeping: Keeping, name: str) -> None:
    """Or is refused with the reason; never an error of LangGraph's."""
    cast = Cast(**{name: ["hello"]})
    try:
        graph = conversation(cast, keeping, agent(name))
    except InputError as error:
        assert repr(name) in str(error)  # noqa: PT017
        return
    assert (await graph.ainvoke({"message": "go"}, CONFIG, context=AUTONOMOUS))["reply"] == "hello"


async def test_a_new_message_while_a_question_waits(keeping: Keeping) -> None:
    """The old question is gone and its answer changes nothing; the transcript has both messages and is whole."""
    cast = chain()
    graph = conversation(cast, keeping)
    out = await graph.ainvoke({"message": "one"}, CONFIG, context=only("*/low"))
    old = ids(out)["m0/0.0/0.0/0.0#0"]
    out = await graph.ainvoke({"message": "two"}, CONFIG, context=only("*/low"))
    assert list(ids(out)) == ["m1/0.0/0.0/0.0#0"]
    out = await graph.ainvoke(Command(resume={old: True}), CONFIG, context=only("*/low"))
    assert (list(ids(out)), cast.done) == (["m1/0.0/0.0/0.0#0"], [])
    out = await graph.ainvoke(Command(resume=dict.fromkeys(ids(out).values(), True)), CONFIG, context=AUTONOMOUS)
    assert (out["reply"], cast.done) == ("top done", ["deep"])
    document = await transcript_of(graph, CONFIG)
    check_transcript(document)
    assert [(one.message, one.result is not None) for one in document.exchanges] == [("one", False), ("two", True)]


@pytest.mark.parametrize("message", ["", "   ", "x" * 100_001])
async def test_an_empty_or_huge_message_is_refused_and_the_next_is_answered(keeping: Keeping, message: str) -> None:
    """The conversation before is kept."""
    cast = Cast(low=lambda ask: f"re {ask.messages[1].text}")
    graph = conversation(cast, keeping, LOW)
    await graph.ainvoke({"message": "one"}, CONFIG, context=AUTONOMOUS)
    with pytest.raises(InputError, match="characters"):
        await graph.ainvoke({"message": message}, CONFIG, context=AUTONOMOUS)
    out = await graph.ainvoke({"message": "two"}, CONFIG, context=AUTONOMOUS)
    assert out["reply"] == "re two"
    assert [one.message for one in (await transcript_of(graph, CONFIG)).exchanges] == ["one", "two"]


@pytest.mark.parametrize("text", ["🎭 ünïcödé ‮mirrored‬", "a\x00b"])
async def test_odd_text_is_kept_as_it_is(keeping: Keeping, text: str) -> None:
    """Emoji and controls: told, passed on, journaled, exported."""
    cast = Cast(boss=[[to("low", text)], "done"], low=lambda ask: f"re {ask.messages[1].text}")
    graph = conversation(cast, keeping, agent("boss", LOW))
    out = await graph.ainvoke({"message": text}, CONFIG, context=AUTONOMOUS)
    assert out["reply"] == "done"
    document = await transcript_of(graph, CONFIG)
    check_transcript(document)
    assert document.exchanges[0].message == text
    assert document.exchanges[0].turns[0].results[0].text == f"re {text}"


async def test_half_characters_and_huge_numbers_stop_nothing(keeping: Keeping) -> None:
    """From a person, a model, a tool, in an answer and in a message left: the whole run is kept, without them."""
    half = "half \ud83c"
    cast = Cast(
        boss=[[to("low", half), writes(half)], half, "done"],
        low=lambda ask: [("look", {"text": half})] if len(ask.messages) == 2 else half,
    )
    graph = conversation(cast, keeping, agent("boss", LOW, tools=["write"]))
    out = await graph.ainvoke({"message": half}, CONFIG, context=only("boss"))
    run_id = (await graph.aget_state(CONFIG)).values["run_id"]
    await Journal(keeping.store, run_id).keep_message("boss/low", Message(sender="u", text=half, id="u", by="user"))
    for answer in (True, half, True):
        out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: answer}), CONFIG, context=only("boss"))
    assert (out["reply"], cast.done) == ("done", ["half �"])
    document = await transcript_of(graph, CONFIG)
    check_transcript(document)
    assert "ud83c" not in document.model_dump_json()
    assert document.exchanges[0].turns[1].decision.text == "half �"  # type: ignore[union-attr]


class Slow(Cast):
    """Its model's first call waits until it is let go."""

    def __init__(self, **plays: Any) -> None:
        super().__init__(**plays)
        self.entered, self.go = asyncio.Event(), asyncio.Event()
        inner, outer = self.model, self

        class Waiting(type(inner)):  # type: ignore[misc]
            async def _agenerate(self, *args: Any, **kwargs: Any) -> Any:
                if not outer.entered.is_set():
                    outer.entered.set()
                    await outer.go.wait()
                return await super()._agenerate(*args, **kwargs)

        self.model = Waiting(responder=self)


@pytest.mark.parametrize("second", [None, {"message": "two"}])
async def test_two_invocations_at_once_on_one_thread(keeping: Keeping, second: Any) -> None:
    """Going on and a new message are refused while one is at work, and disturb nothing."""
    cast = Slow(low=lambda ask: f"re {ask.messages[1].text}")
    graph = conversation(cast, keeping, LOW)
    first = asyncio.create_task(graph.ainvoke({"message": "one"}, CONFIG, context=AUTONOMOUS))
    await cast.entered.wait()
    with pytest.raises(ResourceError, match="another invocation"):
        await graph.ainvoke(second, CONFIG, context=AUTONOMOUS)
    cast.go.set()
    assert (await first)["reply"] == "re one"
    out = await graph.ainvoke({"message": "three"}, CONFIG, context=AUTONOMOUS)
    assert out["reply"] == "re three"
    document = await transcript_of(graph, CONFIG)
    check_transcript(document)
    assert document.exchanges[0].message == "one"
    assert document.exchanges[0].result is not None


async def test_without_a_store_a_person_is_asked_all_the_same() -> None:
    """A checkpointer is enough; and no transcript is promised."""
    cast = chain()
    graph = build_persona(TOP, cast.deps, checkpointer=InMemorySaver())
    out, asked = await drive(graph, "go", only("*/low"))
    assert (out["reply"], asked, cast.done, len(cast.model.asks)) == ("top done", ["top/high/mid/low"] * 2, ["deep"], 8)
    with pytest.raises(ResourceError, match="no store"):
        await transcript_of(graph, CONFIG)


async def test_with_a_store_and_no_checkpointer_it_runs_by_itself() -> None:
    """Each invocation is a conversation of its own."""
    cast = chain()
    graph = build_persona(TOP, cast.deps, store=InMemoryStore())
    runs = {(await graph.ainvoke({"message": "go"}, context=AUTONOMOUS))["run_id"] for _ in range(2)}
    assert (len(runs), cast.done) == (2, ["deep", "deep"])


def test_a_conversation_through_invoke(tmp_path: Path) -> None:
    """The sync face, over SqliteSaver and SqliteStore, whose async methods refuse: questions, memory, two messages."""
    with (
        SqliteSaver.from_conn_string(str(tmp_path / "c.sqlite")) as saver,
        SqliteStore.from_conn_string(str(tmp_path / "s.sqlite")) as store,
    ):
        store.setup()
        cast = Cast(low=lambda ask: f"re {ask.messages[-1].text}, after {len(ask.messages) // 2 - 1}")
        root = agent("low").model_copy(update={"memory": "thread"})
        graph = build_persona(root, cast.deps, checkpointer=saver, store=store)
        for n, words in enumerate(("one", "two")):
            out = graph.invoke({"message": words}, CONFIG, context=INTERACTIVE)
            out = graph.invoke(Command(resume={out["__interrupt__"][0].id: True}), CONFIG, context=INTERACTIVE)
            assert out["reply"] == f"re {words}, after {n}"
