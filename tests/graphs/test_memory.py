"""`memory: thread`: a persona sees what it was told, did and answered before in the conversation, and nothing else."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from repertory.graphs import build_persona, restore, transcript_of
from repertory.memory.errors import ResourceError
from repertory.memory.journal import Journal
from repertory.memory.proposals import Decision
from repertory.memory.records import Agent
from repertory.memory.transcripts.checks import check_transcript
from repertory.memory.transcripts.cutting import cut
from repertory.memory.transcripts.records import Transcript, Tweak
from repertory.nodes.context import Context, Limits
from repertory.nodes.decisions.policy import Policy, Rule
from tests.graphs.conftest import Keeping
from tests.graphs.test_persona import AUTONOMOUS, CONFIG, INTERACTIVE, Cast, agent, to, write
from tests.scripted import Ask


def remembering(name: str, *delegates: Agent, tools: Sequence[str] = ()) -> Agent:
    return agent(name, *delegates, tools=tools).model_copy(update={"memory": "thread"})


def conversation(cast: Cast, keeping: Keeping, root: Agent) -> Any:
    return build_persona(root, cast.deps, checkpointer=keeping.checkpointer, store=keeping.store)


def home() -> Keeping:
    return Keeping(InMemorySaver(), InMemoryStore())


def seen(ask: Ask) -> list[str]:
    """What a persona is shown after its instructions: who said what."""
    return [f"{message.type}: {message.text}" for message in ask.messages[1:]]


def told(ask: Ask) -> str:
    """The message that a persona is at work on, where it has just been told."""
    return str(ask.messages[-1].text)


async def test_the_root_remembers_the_conversation(keeping: Keeping) -> None:
    """Message, reply, message, reply."""
    cast = Cast(low=lambda ask: f"re {told(ask)}")
    graph = conversation(cast, keeping, remembering("low"))
    for words in ("one", "two", "three"):
        assert (await graph.ainvoke({"message": words}, CONFIG, context=AUTONOMOUS))["reply"] == f"re {words}"
    before = ["human: one", "ai: re one", "human: two", "ai: re two"]
    assert seen(cast.model.asks[-1]) == [*before, "human: three"]


async def test_without_memory_nothing_is_seen(keeping: Keeping) -> None:
    """Neither earlier messages nor earlier calls."""
    cast = Cast(
        boss=lambda ask: [to("keeper", told(ask))] if ask.messages[-1].type == "human" else "done",
        keeper=lambda ask: f"re {told(ask)}",
    )
    graph = conversation(cast, keeping, agent("boss", agent("keeper")))
    for words in ("one", "two"):
        await graph.ainvoke({"message": words}, CONFIG, context=AUTONOMOUS)
    assert [seen(ask) for ask in cast.asked("keeper")] == [["human: one"], ["human: two"]]


async def test_a_delegate_called_twice_and_again_for_the_next_message(keeping: Keeping) -> None:
    """It sees what it was told and said before, in order, over messages; its forgetful sibling and boss do not."""
    cast = Cast(
        boss=[[to("keeper", "a"), to("other", "x")], [to("keeper", "b"), to("other", "y")], "done"],
        keeper=lambda ask: f"re {told(ask)}",
        other=lambda ask: f"other {told(ask)}",
    )
    graph = conversation(cast, keeping, agent("boss", remembering("keeper"), agent("other")))
    for words in ("one", "two"):
        assert (await graph.ainvoke({"message": words}, CONFIG, context=AUTONOMOUS))["reply"] == "done"
    pair_a, pair_b = ["human: a", "ai: re a"], ["human: b", "ai: re b"]
    assert [seen(ask) for ask in cast.asked("keeper")] == [
        ["human: a"],
        [*pair_a, "human: b"],
        [*pair_a, *pair_b, "human: a"],
        [*pair_a, *pair_b, *pair_a, "human: b"],
    ]
    assert [seen(ask) for ask in cast.asked("other")] == [["human: x"], ["human: y"]] * 2
    assert [seen(ask)[0] for ask in cast.asked("boss")] == ["human: one"] * 3 + ["human: two"] * 3


async def test_siblings_of_one_turn_do_not_see_each_other(keeping: Keeping) -> None:
    """Who was faster does not matter; the next message sees both, in the order in which they were called."""
    order: list[str] = []

    class Slow(Cast):
        """The first of two is slower."""

        def __init__(self) -> None:
            super().__init__(
                boss=lambda ask: [to("keeper", "1"), to("keeper", "2")] if ask.messages[-1].type == "human" else "done",
                keeper=lambda ask: f"re {told(ask)}",
            )
            outer = type(self.model)

            class Late(outer):  # type: ignore[misc,valid-type]
                async def _agenerate(self, messages: Any, *args: Any, **kwargs: Any) -> Any:
                    if str(messages[-1].text) == "1":
                        await asyncio.sleep(0.05)
                    order.append(str(messages[-1].text))
                    return await super()._agenerate(messages, *args, **kwargs)

            self.model = Late(responder=self)

    cast = Slow()
    graph = conversation(cast, keeping, agent("boss", remembering("keeper")))
    await graph.ainvoke({"message": "one"}, CONFIG, context=AUTONOMOUS)
    assert order.index("2") < order.index("1")
    assert sorted(map(str, (seen(ask) for ask in cast.asked("keeper")))) == ["['human: 1']", "['human: 2']"]
    await graph.ainvoke({"message": "two"}, CONFIG, context=AUTONOMOUS)
    before = ["human: 1", "ai: re 1", "human: 2", "ai: re 2"]
    assert sorted(seen(ask) for ask in cast.asked("keeper")[2:]) == [[*before, "human: 1"], [*before, "human: 2"]]


async def test_the_same_name_elsewhere_in_the_hierarchy_is_another_persona(keeping: Keeping) -> None:
    """Memory goes by the whole path."""
    cast = Cast(
        boss=lambda ask: [to("left", "l"), to("right", "r")] if ask.messages[-1].type == "human" else "done",
        left=lambda ask: [to("keeper", "from left")] if ask.messages[-1].type == "human" else "left done",
        right=lambda ask: [to("keeper", "from right")] if ask.messages[-1].type == "human" else "right done",
        keeper=lambda ask: f"re {told(ask)}",
    )
    keeper = remembering("keeper")
    graph = conversation(cast, keeping, agent("boss", agent("left", keeper), agent("right", keeper)))
    for words in ("one", "two"):
        await graph.ainvoke({"message": words}, CONFIG, context=AUTONOMOUS)
    for side in ("left", "right"):
        own = [seen(ask) for ask in cast.asked("keeper") if told(ask) == f"from {side}"]
        assert own == [[f"human: from {side}"], [f"human: from {side}", f"ai: re from {side}", f"human: from {side}"]]


@pytest.mark.parametrize("most", [0, 1, 2])
async def test_only_the_latest_are_remembered(keeping: Keeping, most: int) -> None:
    """`limits.remembered` bounds what is shown, not what is kept."""
    cast = Cast(low=lambda ask: f"re {told(ask)}")
    graph = conversation(cast, keeping, remembering("low"))
    context = Context(policy="autonomous", limits=Limits(remembered=most))
    for words in ("one", "two", "three", "four"):
        await graph.ainvoke({"message": words}, CONFIG, context=context)
    latest = [f"{who}: {re}{words}" for words in ("one", "two", "three") for who, re in (("human", ""), ("ai", "re "))]
    assert seen(cast.model.asks[-1]) == [*(latest[-2 * most :] if most else []), "human: four"]
    assert len((await transcript_of(graph, CONFIG)).exchanges) == 4


async def test_calls_words_and_rejections_of_earlier_messages_are_remembered_as_they_were(keeping: Keeping) -> None:
    """The wire format stays valid (the cast checks every request), and each result answers its own call."""
    cast = Cast(
        boss=lambda ask: (
            [write(told(ask)), to("keeper", told(ask)), ("look", {"text": "x"})]
            if ask.messages[-1].type == "human" and "feedback" not in told(ask)
            else f"boss {len(ask.messages)}"
        ),
        keeper=lambda ask: f"re {told(ask)}",
    )
    root = remembering("boss", remembering("keeper"), tools=["write", "look"])
    graph = conversation(cast, keeping, root)
    context = Context(policy=Policy.preset("autonomous").preceded_by([Rule(then="ask", path="boss")]))
    for words, answers in (
        ("one", [True, "say it better", True]),
        ("two", [{"decisions": [{"type": "reject", "message": "no"}, {"type": "approve"}, {"type": "approve"}]}, True]),
        ("three", [False, True]),
        (
            "four",
            [{"verdict": "edit", "edit": {"calls": [{"id": "0.2"}]}}, {"verdict": "edit", "edit": {"text": "me"}}],
        ),
        ("five", [True, True]),
    ):
        out = await graph.ainvoke({"message": words}, CONFIG, context=context)
        for answer in answers:
            [question] = out["__interrupt__"]
            out = await graph.ainvoke(Command(resume={question.id: answer}), CONFIG, context=context)
        assert not out.get("__interrupt__")
    assert cast.done == ["one", "five"]
    last = [f"{message.type}: {message.text}" for message in cast.asked("boss")[-1].messages]
    assert "human: <feedback>\nsay it better\n</feedback>" in last
    assert "tool: Not done: no" in last
    assert "tool: Not done: the user rejected it." in last
    assert "ai: me" in last
    wrote = [f"tool: <data>\nwrote {words}\n</data>" for words in ("one", "five")]
    assert [line for line in last if "wrote" in line] == wrote
    ids = [call["id"] for message in cast.asked("boss")[-1].messages for call in getattr(message, "tool_calls", ())]
    assert len(set(ids)) == len(ids) == 3 + 3 + 3 + 1 + 3
    keeper = [seen(ask) for ask in cast.asked("keeper")]
    assert keeper[-1] == ["human: one", "ai: re one", "human: two", "ai: re two", "human: five"]


async def test_a_message_that_was_broken_off_is_remembered_truly(keeping: Keeping) -> None:
    """What was done was done: it is not said to have been rejected; what was not decided was not said."""
    cast = Cast(
        boss=lambda ask: (
            [write(told(ask)), to("keeper", told(ask))] if ask.messages[-1].type == "human" else "boss done"
        ),
        keeper=lambda ask: f"re {told(ask)}",
    )
    graph = conversation(cast, keeping, remembering("boss", remembering("keeper"), tools=["write"]))
    context = Context(policy=Policy.preset("autonomous").preceded_by([Rule(then="ask", path="*/keeper")]))
    out = await graph.ainvoke({"message": "one"}, CONFIG, context=context)
    assert cast.done == ["one"]
    out = await graph.ainvoke({"message": "two"}, CONFIG, context=AUTONOMOUS)
    assert out["reply"] == "boss done"
    first = seen(cast.asked("boss")[-1])
    assert "tool: <data>\nwrote one\n</data>" in first
    assert "rejected" not in "".join(first)
    words = "human: <feedback>\nThis was not taken as the reply.\n</feedback>"
    assert seen(cast.asked("keeper")[-1]) == ["human: one", "ai: re one", words, "human: two"]


async def test_what_was_done_before_it_broke_down_is_remembered(keeping: Keeping) -> None:
    """A write that was made is no write that the user rejected."""
    plays = iter([[write("one")], RuntimeError("broke down"), "low done"])
    cast = Cast(low=lambda ask: next(plays))
    graph = conversation(cast, keeping, remembering("low", tools=["write"]))
    with pytest.raises(RuntimeError, match="broke down"):
        await graph.ainvoke({"message": "one"}, CONFIG, context=AUTONOMOUS)
    assert cast.done == ["one"]
    await graph.ainvoke({"message": "two"}, CONFIG, context=AUTONOMOUS)
    assert "tool: <data>\nwrote one\n</data>" in seen(cast.model.asks[-1])
    assert not any("rejected" in line for line in seen(cast.model.asks[-1]))


async def test_a_write_in_flight_when_it_died_is_remembered_as_unknown(keeping: Keeping) -> None:
    """Neither done nor rejected: the persona is told that nobody knows."""
    plays = iter([[write("one")], "low done"])
    cast = Cast(low=lambda ask: next(plays))
    graph = conversation(cast, keeping, remembering("low", tools=["write"]))
    out = await graph.ainvoke({"message": "one"}, CONFIG)
    branch = (await graph.aget_state(CONFIG)).values["exchanges"]["m0"].branch
    await Journal(keeping.store, out["run_id"], branch).begin_call("m0", "0.0", 1)
    await graph.ainvoke({"message": "two"}, CONFIG, context=AUTONOMOUS)
    assert "unknown" in seen(cast.model.asks[-1])[2]
    assert cast.done == []


async def test_memory_goes_with_the_transcript_to_another_home(keeping: Keeping) -> None:
    """After export and import the next message sees what it would have seen."""
    root = agent("boss", remembering("keeper"))
    cast = Cast(
        boss=lambda ask: [to("keeper", told(ask))] if ask.messages[-1].type == "human" else "done",
        keeper=lambda ask: f"re {told(ask)}",
    )
    graph = conversation(cast, keeping, root)
    for words in ("one", "two"):
        await graph.ainvoke({"message": words}, CONFIG, context=AUTONOMOUS)
    document = Transcript.model_validate_json((await transcript_of(graph, CONFIG)).model_dump_json())
    graph = conversation(cast, home(), root)
    await restore(graph, CONFIG, document, agent=root)
    out = await graph.ainvoke({"message": "three"}, CONFIG, context=AUTONOMOUS)
    assert out["run_id"] == document.run_id
    assert seen(cast.model.asks[-2]) == ["human: one", "ai: re one", "human: two", "ai: re two", "human: three"]


async def test_a_replay_remembers_what_was_kept_and_nothing_after(keeping: Keeping) -> None:
    """The fork of the second of three messages: the first is remembered, the third and the old second are not."""
    root = agent("boss", remembering("keeper"))
    cast = Cast(
        boss=lambda ask: [to("keeper", told(ask))] if ask.messages[-1].type == "human" else "done",
        keeper=lambda ask: f"re {told(ask)}" if "feedback" not in told(ask) else "better",
    )
    graph = conversation(cast, keeping, root)
    for words in ("one", "two", "three"):
        await graph.ainvoke({"message": words}, CONFIG, context=AUTONOMOUS)
    tweak = Tweak(at="m1/0.0#0", decision=Decision(verdict="respond", text="do better"))
    fork = cut(await transcript_of(graph, CONFIG), tweak, "f" * 32)
    there: Any = {"configurable": {"thread_id": "fork"}}
    await restore(graph, there, fork)
    assert (await graph.ainvoke(None, there, context=AUTONOMOUS))["reply"] == "done"
    await graph.ainvoke({"message": "other"}, there, context=AUTONOMOUS)
    assert seen(cast.asked("keeper")[-1]) == [
        *("human: one", "ai: re one", "human: two", "ai: re two", "human: <feedback>\ndo better\n</feedback>"),
        *("ai: better", "human: other"),
    ]


async def test_a_fork_of_the_thread_remembers_what_came_before_it_only(keeping: Keeping) -> None:
    """LangGraph's own time travel: another second message; the branches know nothing of each other."""
    cast = Cast(low=lambda ask: f"re {told(ask)}")
    graph = conversation(cast, keeping, remembering("low"))
    for words in ("one", "two", "three"):
        await graph.ainvoke({"message": words}, CONFIG, context=AUTONOMOUS)
    [after_one] = [
        state.config
        async for state in graph.aget_state_history(CONFIG)
        if state.next == () and list(state.values["exchanges"]) == ["m0"]
    ]
    out = await graph.ainvoke({"message": "deux"}, after_one, context=AUTONOMOUS)
    assert out["reply"] == "re deux"
    assert seen(cast.model.asks[-1]) == ["human: one", "ai: re one", "human: deux"]
    await graph.ainvoke({"message": "trois"}, CONFIG, context=AUTONOMOUS)
    before = ["human: one", "ai: re one", "human: deux", "ai: re deux"]
    assert seen(cast.model.asks[-1]) == [*before, "human: trois"]
    assert [one.message for one in (await transcript_of(graph, CONFIG)).exchanges] == ["one", "deux", "trois"]


async def test_a_fork_with_another_message_is_dealt_with_anew(keeping: Keeping) -> None:
    """Edited where it was taken up: the delegates are asked again, nothing of the original is taken for theirs."""
    cast = Cast(
        boss=lambda ask: (
            [to("keeper", told(ask))] if ask.messages[-1].type == "human" else f"done {ask.messages[1].text}"
        ),
        keeper=lambda ask: [write(told(ask))] if ask.messages[-1].type == "human" else "ok",
    )
    graph = conversation(cast, keeping, agent("boss", remembering("keeper", tools=["write"])))
    for words in ("one", "two"):
        await graph.ainvoke({"message": words}, CONFIG, context=AUTONOMOUS)
    head, document = (await graph.aget_state(CONFIG)).config, await transcript_of(graph, CONFIG)
    at_two = [
        state.config
        async for state in graph.aget_state_history(CONFIG)
        if state.next == ("boss",) and state.values["message"] == "two"
    ][-1]
    fork = await graph.aupdate_state(at_two, {"message": "deux"})
    context = Context(policy=Policy.preset("autonomous").preceded_by([Rule(then="ask", tool="write")]))
    out = await graph.ainvoke(None, fork, context=context)
    waiting = await transcript_of(graph, CONFIG)
    check_transcript(waiting)
    assert [(one.message, one.result is not None) for one in waiting.exchanges] == [("one", True), ("deux", False)]
    out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: True}), CONFIG, context=context)
    assert (out["reply"], cast.done) == ("done deux", ["one", "two", "deux"])
    assert [line for line in seen(cast.asked("keeper")[-1]) if line.startswith("human")] == [
        "human: one",
        "human: deux",
    ]
    forked = await transcript_of(graph, CONFIG)
    check_transcript(forked)
    assert [one.message for one in forked.exchanges] == ["one", "deux"]
    assert forked.exchanges[0] == document.exchanges[0]
    assert await transcript_of(graph, head) == document


async def test_words_of_a_person_are_remembered_with_the_reply_that_they_were_about(keeping: Keeping) -> None:
    """Draft, words, reply: in this order for the next message, too."""
    cast = Cast(low=["draft", "better", "next"])
    graph = conversation(cast, keeping, remembering("low"))
    out = await graph.ainvoke({"message": "one"}, CONFIG, context=INTERACTIVE)
    for answer in ("do better", True):
        out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: answer}), CONFIG, context=INTERACTIVE)
    await graph.ainvoke({"message": "two"}, CONFIG, context=AUTONOMOUS)
    words = "human: <feedback>\ndo better\n</feedback>"
    assert seen(cast.model.asks[-1]) == ["human: one", "ai: draft", words, "ai: better", "human: two"]


async def test_memory_without_a_store_is_refused_by_name() -> None:
    """It could not keep its promise."""
    cast = Cast(boss=["x"], low=["y"])
    graph = build_persona(agent("boss", remembering("low")), cast.deps, checkpointer=InMemorySaver())
    with pytest.raises(ResourceError, match=r"'low'.*store"):
        await graph.ainvoke({"message": "x"}, CONFIG, context=AUTONOMOUS)
