"""Personas: hierarchies of any depth, with a person beside any layer, over every checkpointer."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from langchain_core.messages import convert_to_openai_messages
from langgraph.types import Command

from repertory.graphs import build_persona
from repertory.memory.errors import InputError
from repertory.memory.proposals import Turn
from repertory.memory.records import Agent
from repertory.nodes.context import Context, Limits
from repertory.nodes.decisions.policy import Policy, Rule
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.tools.toolbox import Toolbox
from tests.graphs.conftest import Keeping
from tests.openai_rules import check_request
from tests.scripted import Answer, Ask, ScriptedModel

CONFIG: Any = {"configurable": {"thread_id": "t"}}
AUTONOMOUS, INTERACTIVE = Context(policy="autonomous"), Context(policy="interactive")


def agent(name: str, *delegates: Agent, tools: Sequence[str] = ()) -> Agent:
    return Agent(
        name=name,
        role=name,
        description=f"is {name}",
        prompt=f"You are {name}.",
        tools=tuple(tools),
        delegates=delegates,
    )


LOW = agent("low", tools=["write", "look"])
MID = agent("mid", LOW)
HIGH = agent("high", MID)
TOP = agent("top", HIGH, tools=["look"])


class Cast:
    """Plays each persona by its name, turn by turn, from what it sees."""

    def __init__(self, **plays: Sequence[Answer] | Callable[[Ask], Answer]) -> None:
        self.plays = plays
        self.done: list[str] = []
        self.model = ScriptedModel(responder=self)
        self.toolbox = Toolbox()
        self.toolbox.add(self.write, risk="write")
        self.toolbox.add(self.look, risk="read", trusted=True)

    def __call__(self, ask: Ask) -> Answer:
        name = str(ask.messages[0].text).split()[2].rstrip(".")
        wire: Any = convert_to_openai_messages(list(ask.messages))
        check_request({"model": "gpt-4o", "messages": wire})  # as strict as the real server
        play = self.plays[name]
        if callable(play):
            return play(ask)
        return play[sum(message.type == "ai" for message in ask.messages)]

    def write(self, text: str) -> str:
        """Write."""
        self.done.append(text)
        return f"wrote {text}"

    def look(self, text: str = "") -> str:
        """Look."""
        return f"saw {text}"

    @property
    def deps(self) -> Deps:
        return Deps(models=given_model(self.model), toolbox=self.toolbox)

    def asked(self, name: str) -> list[Ask]:
        """What that persona was asked."""
        return [ask for ask in self.model.asks if str(ask.messages[0].text).startswith(f"You are {name}.")]


def to(name: str, message: str) -> tuple[str, dict[str, Any]]:
    return ("delegate", {"to": name, "message": message})


def write(text: str) -> tuple[str, dict[str, Any]]:
    return ("write", {"text": text})


def chain() -> Cast:
    return Cast(
        top=[[to("high", "to high")], "top done"],
        high=[[to("mid", "to mid")], "high done"],
        mid=[[to("low", "to low")], "mid done"],
        low=[[write("deep")], "low done"],
    )


def paths(out: Any) -> list[str]:
    """Who asks, by the whole path."""
    return ["/".join(i.value["repertory"]["proposal"]["path"]) for i in out.get("__interrupt__", ())]


async def drive(
    graph: Any, message: str, context: Context, answer: Any = True, most: int = 40
) -> tuple[Any, list[str]]:
    """Run to the end, giving the same answer to every question; the result, and who asked."""
    out, asked = await graph.ainvoke({"message": message}, CONFIG, context=context), []
    while questions := out.get("__interrupt__"):
        asked += paths(out)
        assert len(asked) < most
        out = await graph.ainvoke(Command(resume={q.id: answer for q in questions}), CONFIG, context=context)
    return out, asked


async def test_coordinators_of_coordinators_pass_work_down_and_results_up(keeping: Keeping) -> None:
    """Four levels, all of it asked: each persona asks under its whole path, and sees its own conversation only."""
    cast = chain()
    graph = build_persona(TOP, cast.deps, checkpointer=keeping.checkpointer)
    out, asked = await drive(graph, "go", INTERACTIVE)
    assert out["reply"] == "top done"
    assert cast.done == ["deep"]
    down = ["top", "top/high", "top/high/mid", "top/high/mid/low"]
    assert asked == [*down, *down[::-1]]
    assert len(cast.model.asks) == 8
    for name, told in (("top", "go"), ("high", "to high"), ("mid", "to mid"), ("low", "to low")):
        for ask in cast.asked(name):
            assert str(ask.messages[1].text) == told
    assert "low done" not in cast.asked("high")[1].text
    assert "wrote deep" not in cast.asked("mid")[1].text


async def test_the_transcript_is_complete_and_nested(keeping: Keeping) -> None:
    """Every proposal, decision and result of every persona, in JSON, with what it cost."""
    cast = chain()
    out, _ = await drive(build_persona(TOP, cast.deps, checkpointer=keeping.checkpointer), "go", INTERACTIVE)
    turns: Sequence[Turn] = out["turns"]
    path, calls = [], 0
    while True:
        assert [turn.decision.verdict for turn in turns if turn.decision] == ["approve", "approve"]
        assert [turn.decision.by for turn in turns if turn.decision] == ["user", "user"]
        path.append(turns[0].proposal.path[-1])
        calls += sum(turn.usage.model_calls for turn in turns)
        [result] = turns[0].results
        if not result.turns:
            break
        turns = result.turns
    assert path == ["top", "high", "mid", "low"]
    assert calls == 8
    assert [Turn.model_validate_json(turn.model_dump_json()) for turn in out["turns"]] == out["turns"]


async def test_a_person_sits_beside_one_layer_and_the_rest_runs(keeping: Keeping) -> None:
    """A rule names the third layer: it asks, the layers above and below do not."""
    cast = chain()
    context = Context(policy=Policy.preset("autonomous").preceded_by([Rule(then="ask", path="*/mid")]))
    graph = build_persona(TOP, cast.deps, checkpointer=keeping.checkpointer)
    out, asked = await drive(graph, "go", context)
    assert asked == ["top/high/mid", "top/high/mid"]
    assert out["reply"] == "top done"


async def test_autonomous_asks_nobody_and_needs_no_checkpointer() -> None:
    """Without checkpointer and store; also where nothing inside is to be checkpointed."""
    for checkpointer in (None, False):
        cast = chain()
        out = await build_persona(TOP, cast.deps, checkpointer=checkpointer).ainvoke(
            {"message": "go"}, context=AUTONOMOUS
        )
        assert (out["reply"], cast.done) == ("top done", ["deep"])


async def test_a_denied_tool_is_refused_and_the_persona_told(keeping: Keeping) -> None:
    """Nobody is asked, nothing is written, and the model sees why."""
    cast = chain()
    context = Context(policy=Policy.preset("autonomous").preceded_by([Rule(then="deny", tool="write")]))
    out, asked = await drive(build_persona(TOP, cast.deps, checkpointer=keeping.checkpointer), "go", context)
    assert (asked, cast.done, out["reply"]) == ([], [], "top done")
    assert "the policy does not allow 'write'" in cast.asked("low")[1].text


async def test_a_denied_reply_fails_its_persona_and_asks_nobody(keeping: Keeping) -> None:
    """The coordinator is told."""
    cast = chain()
    context = Context(policy=Policy.preset("autonomous").preceded_by([Rule(then="deny", path="*/low", kind="reply")]))
    out, asked = await drive(build_persona(TOP, cast.deps, checkpointer=keeping.checkpointer), "go", context)
    assert (asked, out["reply"]) == ([], "top done")
    assert "Failed" in cast.asked("mid")[1].text


async def test_an_edit_cannot_reach_a_denied_tool(keeping: Keeping) -> None:
    """Deny rules hold for what a person puts in, too."""
    cast = Cast(low=[[("look", {"text": "a"})], "done"])
    rules = [Rule(then="deny", tool="write"), Rule(then="ask", kind="tool"), Rule(then="auto")]
    graph = build_persona(LOW, cast.deps, checkpointer=keeping.checkpointer)
    edit = {"verdict": "edit", "edit": {"calls": [{"name": "write", "arguments": {"text": "x"}}]}}
    out, _ = await drive(graph, "go", Context(policy=Policy(rules=tuple(rules))), edit)
    assert (out["reply"], cast.done) == ("done", [])


@pytest.mark.parametrize("crossed", [False, True])
async def test_two_delegates_of_a_kind_wait_at_once_and_get_their_own_answers(keeping: Keeping, crossed: bool) -> None:
    """The same persona called twice in one response: answers by id, in either order, one at a time."""

    def low(ask: Ask) -> Answer:
        own = str(ask.messages[1].text)
        last = str(ask.messages[-1].text)
        return [write(own)] if len(ask.messages) == 2 else f"{own}: {last}"

    cast = Cast(boss=[[to("low", "first"), to("low", "second")], lambda ask: ask.text], low=low)
    graph = build_persona(agent("boss", LOW), cast.deps, checkpointer=keeping.checkpointer)
    out = await graph.ainvoke({"message": "go"}, CONFIG)
    ids = {q.value["action_request"]["args"]["text"]: q.id for q in out["__interrupt__"]}
    assert set(ids) == {"first", "second"}
    assert len(set(ids.values())) == 2
    answers = {"first": True, "second": {"type": "reject", "message": "not the second"}}
    order = ["second", "first"] if crossed else ["first", "second"]
    out = await graph.ainvoke(Command(resume={ids[order[0]]: answers[order[0]]}), CONFIG)
    assert [q.id for q in out["__interrupt__"]] == [ids[order[1]]]
    out = await graph.ainvoke(Command(resume={ids[order[1]]: answers[order[1]]}), CONFIG)
    assert cast.done == ["first"]
    assert "first: wrote first" in out["reply"] or "first: &lt;data>\nwrote first" in out["reply"]
    assert "second: Not done. The user answered: not the second" in out["reply"]
    assert len(cast.asked("low")) == 4


async def test_two_delegates_of_a_kind_below_two_coordinators_of_a_kind(keeping: Keeping) -> None:
    """Four wait at once, two levels down; every answer reaches its own, one at a time, last first."""

    def low(ask: Ask) -> Answer:
        return [write(str(ask.messages[1].text))] if len(ask.messages) == 2 else f"low {ask.messages[1].text}"

    def mid(ask: Ask) -> Answer:
        own = str(ask.messages[1].text)
        return [to("low", f"{own}1"), to("low", f"{own}2")] if len(ask.messages) == 2 else f"mid {own}"

    cast = Cast(boss=[[to("mid", "a"), to("mid", "b")], "all done"], mid=mid, low=low)
    graph = build_persona(agent("boss", MID), cast.deps, checkpointer=keeping.checkpointer)
    out = await graph.ainvoke({"message": "go"}, CONFIG)
    for left in (4, 3, 2, 1):
        questions = {q.value["action_request"]["args"]["text"]: q.id for q in out["__interrupt__"]}
        assert len(questions) == left
        text = max(questions)
        out = await graph.ainvoke(Command(resume={questions[text]: text != "a2"}), CONFIG)
    assert (out["reply"], sorted(cast.done)) == ("all done", ["a1", "b1", "b2"])
    assert len(cast.model.asks) == 2 + 4 + 8


async def test_delegates_and_tools_in_one_response(keeping: Keeping) -> None:
    """All are done, and each result answers its own call."""
    cast = Cast(
        boss=[[("look", {"text": "x"}), to("low", "a"), write("w"), to("low", "b")], "done"],
        low=lambda ask: f"low {ask.messages[1].text}",
    )
    boss = agent("boss", LOW, tools=["look", "write"])
    out, asked = await drive(build_persona(boss, cast.deps, checkpointer=keeping.checkpointer), "go", Context())
    assert (out["reply"], asked, cast.done) == ("done", ["boss"], ["w"])
    answers = [str(message.text) for message in cast.asked("boss")[1].messages[-4:]]
    for answer, part in zip(answers, ("saw x", "low a", "wrote w", "low b"), strict=True):
        assert part in answer


@pytest.mark.parametrize(
    "mixed",
    [
        lambda c: {"decisions": c},
        lambda c: c,
        lambda c: [d if d["type"] != "approve" else True for d in c],
        lambda c: ["yes", {"verdict": "reject", "text": "not b"}, {"verdict": "edit", "edit": {"text": "C"}}, "no"],
    ],
)
async def test_one_call_approved_one_rejected_one_edited(keeping: Keeping, mixed: Any) -> None:
    """In one answer, in every form; the fourth, a delegate, is rejected too and never starts."""
    cast = Cast(boss=[[write("a"), write("b"), write("c"), to("low", "d")], "done"])
    boss = agent("boss", LOW, tools=["write"])
    graph = build_persona(boss, cast.deps, checkpointer=keeping.checkpointer)
    decisions = [
        {"type": "approve"},
        {"type": "reject", "message": "not b"},
        {"type": "edit", "edited_action": {"name": "write", "args": {"text": "C"}}},
        {"type": "reject"},
    ]
    out, asked = await drive(graph, "go", Context(), mixed(decisions))
    assert (out["reply"], sorted(cast.done), asked) == ("done", ["C", "a"], ["boss"])
    assert "Not done: not b" in cast.asked("boss")[1].text


async def test_agent_inbox_and_words_and_bools(keeping: Keeping) -> None:
    """One question each time: words, then an edit, then a bare yes."""
    cast = Cast(low=lambda ask: [write(f"v{len(ask.messages)}")] if len(ask.messages) < 6 else "done")
    graph = build_persona(LOW, cast.deps, checkpointer=keeping.checkpointer)
    out = await graph.ainvoke({"message": "go"}, CONFIG)
    for answer in (
        [{"type": "response", "args": "another"}],
        [{"type": "edit", "args": {"action": "write", "args": {"text": "mine"}}}],
    ):
        out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: answer}), CONFIG)
    assert (out["reply"], cast.done) == ("done", ["mine"])
    assert "The user answered: another" in cast.model.asks[1].text


async def test_words_five_times_then_an_edit_of_the_reply(keeping: Keeping) -> None:
    """Each round supersedes the last; the model sees all of it; the edited text is the reply."""
    cast = Cast(low=lambda ask: f"version {sum(m.type == 'ai' for m in ask.messages)}")
    graph = build_persona(LOW, cast.deps, checkpointer=keeping.checkpointer)
    out = await graph.ainvoke({"message": "go"}, CONFIG, context=INTERACTIVE)
    seen = []
    for n in range(5):
        shown = out["__interrupt__"][0].value["repertory"]["proposal"]
        assert shown["text"] == f"version {n}"
        assert shown["supersedes"] == (seen[-1] if seen else None)
        seen.append(shown["id"])
        resume = Command(resume={out["__interrupt__"][0].id: f"words {n}"})
        out = await graph.ainvoke(resume, CONFIG, context=INTERACTIVE)
    assert len(set(seen)) == 5
    assert all(f"words {n}" in cast.model.asks[-1].text for n in range(5))
    edit = {"verdict": "edit", "edit": {"text": "mine"}}
    out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: edit}), CONFIG, context=INTERACTIVE)
    assert out["reply"] == "mine"
    assert [turn.decision.verdict for turn in out["turns"]] == ["respond"] * 5 + ["edit"]


async def test_a_rejected_reply_fails_the_persona_and_its_coordinator_goes_on(keeping: Keeping) -> None:
    """The coordinator sees the reason."""
    cast = chain()
    context = Context(policy=Policy.preset("autonomous").preceded_by([Rule(then="ask", path="*/mid", kind="reply")]))
    graph = build_persona(TOP, cast.deps, checkpointer=keeping.checkpointer)
    out, _ = await drive(graph, "go", context, {"verdict": "reject", "text": "useless"})
    assert out["reply"] == "top done"
    assert "useless" in cast.asked("high")[1].text


async def test_a_rejected_reply_of_the_root_is_no_reply(keeping: Keeping) -> None:
    """And the reason is its error."""
    graph = build_persona(LOW, Cast(low=["x"]).deps, checkpointer=keeping.checkpointer)
    out, _ = await drive(graph, "go", INTERACTIVE, "no")
    assert out["reply"] is None
    assert "rejected" in out["error"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"verdict": "edit", "edit": {"txt": "x"}}, "txt"),
        ({"verdict": "edit", "edit": {"text": ["a"]}}, "'a'"),
        ({"verdict": "edit", "edit": {"calls": [{"name": "fly", "arguments": {}}]}}, "'fly'"),
        ({"verdict": "edit", "edit": {"calls": [{"name": "tell", "arguments": {}}]}}, "'tell'"),
        ({"verdict": "edit", "edit": {"calls": []}}, "reject"),
        ({"verdict": "edit", "edit": {"calls": [{"name": "top"}]}}, "'top'"),
        ({"type": "edit", "edited_action": {"name": "write", "args": "x"}}, "args"),
        ({"what": 1}, "what"),
        ({}, "cannot understand"),
    ],
)
async def test_a_wrong_answer_is_asked_again_with_the_reason(keeping: Keeping, answer: Any, reason: str) -> None:
    """Nothing is done meanwhile, and a right answer then counts."""
    cast = Cast(low=[[write("a")], "done"])
    graph = build_persona(LOW, cast.deps, checkpointer=keeping.checkpointer)
    out = await graph.ainvoke({"message": "go"}, CONFIG)
    for _ in range(2):
        out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: answer}), CONFIG)
        shown = out["__interrupt__"][0].value
        assert reason in shown["repertory"]["objection"]
        assert reason in shown["description"]
    assert cast.done == []
    out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: True}), CONFIG)
    assert (out["reply"], cast.done, len(cast.model.asks)) == ("done", ["a"], 2)


async def test_an_edited_delegation_goes_to_the_other_delegate(keeping: Keeping) -> None:
    """A person sends the work elsewhere, in other words."""
    other = agent("other")
    cast = Cast(boss=[[to("low", "a")], "done"], other=lambda ask: str(ask.messages[1].text))
    graph = build_persona(agent("boss", LOW, other), cast.deps, checkpointer=keeping.checkpointer)
    context = Context(policy=Policy.preset("autonomous").preceded_by([Rule(then="ask", kind="delegate")]))
    edit = {"verdict": "edit", "edit": {"calls": [{"name": "other", "arguments": {"message": "b"}}]}}
    out, _ = await drive(graph, "go", context, edit)
    assert out["reply"] == "done"
    assert str(cast.asked("other")[0].messages[1].text) == "b"


async def test_too_many_turns_end_a_persona_not_its_coordinator(keeping: Keeping) -> None:
    """The limit is per persona and message; LangGraph's own limit on steps does not come first."""
    cast = Cast(mid=[[to("low", "go on")], "mid done"], low=lambda ask: [("look", {"text": str(ask.n)})])
    context = Context(policy="autonomous", limits=Limits(turns=25))
    graph = build_persona(MID, cast.deps, checkpointer=keeping.checkpointer)
    out, _ = await drive(graph, "go", context)
    assert out["reply"] == "mid done"
    assert len(cast.asked("low")) == 25
    assert "limits.turns" in cast.asked("mid")[1].text


async def test_a_thread_takes_a_second_message(keeping: Keeping) -> None:
    """It starts a conversation of its own: nothing of the first is seen, and its own reply comes back."""
    cast = Cast(
        low=lambda ask: [write(f"w {ask.messages[1].text}")] if len(ask.messages) == 2 else f"re {ask.messages[1].text}"
    )
    graph = build_persona(LOW, cast.deps, checkpointer=keeping.checkpointer)
    out, asked = await drive(graph, "one", Context())
    assert (out["reply"], len(out["turns"])) == ("re one", 2)
    out, asked = await drive(graph, "two", Context())
    assert (out["reply"], len(out["turns"]), asked) == ("re two", 2, ["low"])
    assert "one" not in cast.model.asks[-1].text
    assert cast.done == ["w one", "w two"]
    await graph.ainvoke({"message": "abandoned"}, CONFIG)
    out, _ = await drive(graph, "three", Context())
    assert (out["reply"], cast.done[-1], len(out["turns"])) == ("re three", "w three", 2)


def test_every_persona_is_in_the_picture() -> None:
    """`get_graph(xray=True)` names all levels."""
    nodes = build_persona(TOP, chain().deps).get_graph(xray=True).nodes
    for path in ("top:propose", "top:high:propose", "top:high:mid:propose", "top:high:mid:low:act"):
        assert path in nodes, list(nodes)


def test_unknown_tools_are_refused_when_it_is_built() -> None:
    """At any depth."""
    with pytest.raises(InputError, match="'fly'"):
        build_persona(agent("a", agent("b", agent("c", tools=["fly"]))), chain().deps)


def test_it_has_a_sync_face() -> None:
    """`invoke` answers as `ainvoke` does."""
    out = build_persona(TOP, chain().deps).invoke({"message": "go"}, context=AUTONOMOUS)
    assert out["reply"] == "top done"


async def test_many_threads_of_one_graph_do_not_mix(keeping: Keeping) -> None:
    """Ten at once, each with two delegates at once."""
    cast = Cast(
        boss=lambda ask: (
            [to("low", f"{ask.messages[1].text}{i}") for i in (1, 2)] if len(ask.messages) == 2 else ask.text
        ),
        low=lambda ask: f"<{ask.messages[1].text}>",
    )
    graph = build_persona(agent("boss", LOW), cast.deps, checkpointer=keeping.checkpointer)

    async def one(n: int) -> Any:
        return await graph.ainvoke({"message": f"m{n}x"}, {"configurable": {"thread_id": str(n)}}, context=AUTONOMOUS)

    for n, out in enumerate(await asyncio.gather(*map(one, range(10)))):
        assert {f"m{i}x" for i in range(10) if f"m{i}x" in out["reply"]} == {f"m{n}x"}
        assert f"<m{n}x1>" in out["reply"]


async def test_an_answer_without_an_id_answers_one_question_only(keeping: Keeping) -> None:
    """It does not leak into the next one, at any depth; with several pending it is refused."""
    cast = chain()
    graph = build_persona(TOP, cast.deps, checkpointer=keeping.checkpointer)
    out, asked = await graph.ainvoke({"message": "go"}, CONFIG, context=INTERACTIVE), 0
    while out.get("__interrupt__"):
        asked += 1
        out = await graph.ainvoke(Command(resume=True), CONFIG, context=INTERACTIVE)
    assert (out["reply"], asked) == ("top done", 8)
    cast = Cast(boss=[[to("low", "a"), to("low", "b")], "done"], low=[[write("x")], "low done"])
    graph = build_persona(agent("boss", LOW), cast.deps, checkpointer=keeping.checkpointer)
    config: Any = {"configurable": {"thread_id": "two"}}
    await graph.ainvoke({"message": "go"}, config)
    with pytest.raises(RuntimeError, match="specify the interrupt id"):
        await graph.ainvoke(Command(resume=True), config)
    assert cast.done == []


async def test_an_input_without_a_message_says_what_to_give(keeping: Keeping) -> None:
    """As LangGraph users are used to give it: a clear error instead of a KeyError."""
    graph = build_persona(LOW, chain().deps, checkpointer=keeping.checkpointer)
    for given in ({"messages": [("user", "go")]}, {"message": None}):
        with pytest.raises(InputError, match="give"):
            await graph.ainvoke(given, CONFIG)
