"""A person speaks first: a message left for a persona by its path is read once, before its next proposal."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.sqlite.aio import AsyncSqliteStore
from langgraph.types import Command

from repertory.graphs import build_persona, build_planner, restore, transcript_of
from repertory.memory.home import open_home
from repertory.memory.journal import Journal
from repertory.memory.proposals import Decision, Message
from repertory.memory.records import Agent
from repertory.memory.transcripts.checks import check_transcript
from repertory.memory.transcripts.cutting import cut
from repertory.memory.transcripts.records import Tweak
from repertory.nodes.context import Context
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.persona.orchestration import Delegate, Told
from tests.graphs.conftest import Keeping
from tests.graphs.test_beside import only
from tests.graphs.test_hierarchies import at_the_writes
from tests.graphs.test_persona import AUTONOMOUS, CONFIG, INTERACTIVE, LOW, TOP, Cast, agent, chain, to
from tests.playing import Players, agent_step, deps_for, plan_of

THERE: Any = {"configurable": {"thread_id": "there"}}


def left(text: str, id_: str = "") -> Message:
    return Message(sender="user", by="user", text=text, id=id_ or f"user {text}")


def conversation(cast: Cast, keeping: Keeping, root: Agent = TOP) -> Any:
    return build_persona(root, cast.deps, checkpointer=keeping.checkpointer, store=keeping.store)


async def journal(graph: Any, keeping: Keeping) -> Journal:
    return Journal(keeping.store, (await graph.aget_state(CONFIG)).values["run_id"])


def readers(cast: Cast, words: str) -> list[str]:
    """Who was shown those words as a person's, once for each proposal."""
    names = [str(ask.messages[0].text).split()[2].rstrip(".") for ask in cast.model.asks]
    asks = zip(names, cast.model.asks, strict=True)
    return [name for name, ask in asks if f"<feedback>\n{words}\n</feedback>" in ask.text]


async def to_the_end(graph: Any, out: Any, context: Context) -> Any:
    while questions := out.get("__interrupt__"):
        out = await graph.ainvoke(Command(resume={q.id: True for q in questions}), CONFIG, context=context)
    return out


@pytest.mark.parametrize("path", ["top", "top/high", "top/high/mid", "top/high/mid/low"])
async def test_a_waiting_hierarchy_reads_it_before_its_next_proposal(keeping: Keeping, path: str) -> None:
    """At every depth, by that persona alone: its next proposal is made knowing the words, the pending one is not."""
    cast = chain()
    graph = conversation(cast, keeping)
    out = await graph.ainvoke({"message": "go"}, CONFIG, context=only("*/low"))
    await (await journal(graph, keeping)).keep_message(path, left("be brief"))
    out = await graph.ainvoke(None, CONFIG, context=only("*/low"))
    assert readers(cast, "be brief") == []
    out = await to_the_end(graph, out, only("*/low"))
    assert (out["reply"], cast.done) == ("top done", ["deep"])
    assert readers(cast, "be brief") == [path.rpartition("/")[2]]
    document = await transcript_of(graph, CONFIG)
    check_transcript(document)
    turns = document.exchanges[0].turns
    for _ in range(path.count("/")):
        assert [turn.heard for turn in turns] == [(), ()]
        turns = turns[0].results[0].turns
    assert [[message.text for message in turn.heard] for turn in turns] == [[], ["be brief"]]
    assert document.messages == {path: (left("be brief"),)}


async def test_a_conversation_reads_what_was_left_between_two_messages(keeping: Keeping) -> None:
    """With the next message; and never again, though it remembers nothing."""
    cast = Cast(boss=lambda ask: [to("low", "x")] if ask.messages[-1].type == "human" else "done", low=lambda ask: "ok")
    graph = conversation(cast, keeping, agent("boss", LOW))
    await graph.ainvoke({"message": "one"}, CONFIG, context=AUTONOMOUS)
    await (await journal(graph, keeping)).keep_message("boss/low", left("mind the gap"))
    for words in ("two", "three"):
        await graph.ainvoke({"message": words}, CONFIG, context=AUTONOMOUS)
    assert readers(cast, "mind the gap") == ["low"]
    assert "mind the gap" in cast.asked("low")[1].text


async def test_called_twice_the_second_call_does_not_read_it_again(keeping: Keeping) -> None:
    """One persona, two calls one after the other: read is read. Two at once: each reads it."""
    cast = Cast(
        boss=[[to("low", "1")], [to("low", "2"), to("low", "3")], [to("low", "4")], "done"], low=lambda ask: "ok"
    )
    graph = conversation(cast, keeping, agent("boss", LOW))
    context = only("boss")
    out = await graph.ainvoke({"message": "go"}, CONFIG, context=context)
    at = await journal(graph, keeping)
    await at.keep_message("boss/low", left("first"))
    out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: True}), CONFIG, context=context)
    await at.keep_message("boss/low", left("second"))
    out = await to_the_end(graph, out, context)
    asks = {str(ask.messages[1].text): ask.text for ask in cast.asked("low")}
    assert [words for words, text in asks.items() if "first" in text] == ["1"]
    assert sorted(words for words, text in asks.items() if "second" in text) == ["2", "3"]


async def test_siblings_of_other_paths_do_not_read_it(keeping: Keeping) -> None:
    """The same name under another coordinator is another persona."""
    call_low = lambda ask: [to("low", "x")] if ask.messages[-1].type == "human" else "done"  # noqa: E731
    cast = Cast(
        boss=[[to("left", "l"), to("right", "r")], "done"],
        left=call_low,
        right=call_low,
        low=lambda ask: [("look", {"text": "x"})] if "Done" not in ask.text and len(ask.messages) == 2 else "ok",
    )
    graph = conversation(cast, keeping, agent("boss", agent("left", LOW), agent("right", LOW)))
    out = await graph.ainvoke({"message": "go"}, CONFIG, context=only("boss/*/low"))
    await (await journal(graph, keeping)).keep_message("boss/left/low", left("left one"))
    await to_the_end(graph, out, only("boss/*/low"))
    assert readers(cast, "left one") == ["low"]
    document = await transcript_of(graph, CONFIG)
    left_turns, right_turns = (result.turns[0].results[0].turns for result in document.exchanges[0].turns[0].results)
    assert [len(turn.heard) for turn in left_turns] == [0, 1]
    assert [len(turn.heard) for turn in right_turns] == [0, 0]


async def test_several_are_read_in_the_order_in_which_they_were_left(keeping: Keeping) -> None:
    """Twelve within a second, whatever their ids; also after export and import."""
    cast = chain()
    graph = conversation(cast, keeping)
    await graph.ainvoke({"message": "go"}, CONFIG, context=INTERACTIVE)
    at = await journal(graph, keeping)
    words = [f"words {n}" for n in (5, 3, 11, 0, 8, 1, 9, 2, 7, 4, 10, 6)]
    for text in words:
        await at.keep_message("top", left(text))
    document = await transcript_of(graph, CONFIG)
    assert [message.text for message in document.messages["top"]] == words
    there = Keeping(InMemorySaver(), keeping.store)
    fork = cut(document, Tweak(at="m0#0"), "f" * 32)
    again = conversation(cast, there)
    await restore(again, THERE, fork)
    await again.ainvoke(None, THERE, context=AUTONOMOUS)
    heard = (await transcript_of(again, THERE)).exchanges[0].turns[0].heard
    assert [message.text for message in heard] == words


async def test_left_twice_under_one_id_it_is_read_once(keeping: Keeping) -> None:
    """As where a client tries again; the later words count."""
    cast = chain()
    graph = conversation(cast, keeping)
    out = await graph.ainvoke({"message": "go"}, CONFIG, context=INTERACTIVE)
    at = await journal(graph, keeping)
    for text in ("first try", "second try"):
        await at.keep_message("top", left(text, "same"))
    await to_the_end(graph, out, INTERACTIVE)
    assert (readers(cast, "first try"), readers(cast, "second try")) == ([], ["top"])


async def test_words_about_the_pending_proposal_come_after_what_was_left(keeping: Keeping) -> None:
    """Both reach the persona, which proposes once."""
    cast = chain()
    cast.plays["top"] = lambda ask: f"version {sum(m.type == 'ai' for m in ask.messages)}"
    graph = conversation(cast, keeping)
    out = await graph.ainvoke({"message": "go"}, CONFIG, context=INTERACTIVE)
    await (await journal(graph, keeping)).keep_message("top", left("left words"))
    out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: "answer"}), CONFIG, context=INTERACTIVE)
    assert out["__interrupt__"][0].value["repertory"]["proposal"]["text"] == "version 1"
    texts = [str(message.text) for message in cast.model.asks[-1].messages[2:]]
    assert texts == ["version 0", "<feedback>\nanswer\n</feedback>", "<feedback>\nleft words\n</feedback>"]
    assert len(cast.model.asks) == 2


class Slow(Cast):
    """Its model's first answer for one persona waits until it is let go."""

    def __init__(self, waits: str, **plays: Any) -> None:
        super().__init__(**plays)
        self.entered, self.go = asyncio.Event(), asyncio.Event()
        outer = self

        class Waiting(type(self.model)):  # type: ignore[misc]
            async def _agenerate(self, messages: Any, *args: Any, **kwargs: Any) -> Any:
                if f"You are {waits}." in str(messages[0].text) and not outer.entered.is_set():
                    outer.entered.set()
                    await outer.go.wait()
                return await super()._agenerate(messages, *args, **kwargs)

        self.model = Waiting(responder=self)


async def test_left_by_another_process_while_it_is_at_work(tmp_path: Path) -> None:
    """Through another handle on the same file, as another process has one: read before its next proposal."""
    cast = Slow("low", **chain().plays)
    path = str(tmp_path / "store.sqlite")
    async with AsyncSqliteStore.from_conn_string(path) as store:
        await store.setup()
        graph = conversation(cast, Keeping(InMemorySaver(), store))
        running = asyncio.create_task(graph.ainvoke({"message": "go"}, CONFIG, context=AUTONOMOUS))
        await cast.entered.wait()
        run_id = (await graph.aget_state(CONFIG)).values["run_id"]
        await asyncio.to_thread(_leave, path, run_id, "top/high/mid/low")
        cast.go.set()
        assert (await running)["reply"] == "top done"
    assert readers(cast, "from outside") == ["low"]
    assert "from outside" in cast.asked("low")[1].text


def _leave(path: str, run_id: str, to: str) -> None:
    async def leave() -> None:
        async with AsyncSqliteStore.from_conn_string(path) as store:
            await Journal(store, run_id).keep_message(to, left("from outside"))

    asyncio.run(leave())


async def test_left_while_it_is_at_work_in_a_home(tmp_path: Path) -> None:
    """The same over the store that homes use, with a second home at the same folder."""
    cast = Slow("mid", **chain().plays)
    environ = {"REPERTORY_EMBEDDINGS": "lexical"}
    async with open_home(tmp_path, environ=environ) as one, open_home(tmp_path, environ=environ) as two:
        graph = conversation(cast, Keeping(one.checkpointer, one.store))
        running = asyncio.create_task(graph.ainvoke({"message": "go"}, CONFIG, context=AUTONOMOUS))
        await cast.entered.wait()
        run_id = (await graph.aget_state(CONFIG)).values["run_id"]
        for words in ("b", "a", "c"):
            await Journal(two.store, run_id).keep_message("top/high/mid", left(words))
        cast.go.set()
        assert (await running)["reply"] == "top done"
        heard = (await transcript_of(graph, CONFIG)).exchanges[0].turns[0].results[0].turns[0].results[0].turns[1].heard
    assert [message.text for message in heard] == ["b", "a", "c"]


# --- planner runs


async def test_in_a_planners_run_by_the_path_of_the_delegate(keeping: Keeping, workspace: Path) -> None:
    """`perform/agent/…`: of two steps with the same kinds of delegates, one reads it; the transcript has it."""
    graph, players, out = await at_the_writes(keeping, workspace, Context())
    path = "perform/role_s1/high/mid/low"
    await (await journal(graph, keeping)).keep_message(path, left("mind the file"))
    out = await graph.ainvoke(
        Command(resume={question.id: True for question in out["__interrupt__"]}), CONFIG, context=Context()
    )
    assert out["status"] == "completed"
    asks = [ask for ask in players.model.asks if "<feedback>\nmind the file\n</feedback>" in ask.text]
    assert [str(ask.messages[1].text) for ask in asks] == ["s1"]
    document = await transcript_of(graph, CONFIG)
    check_transcript(document)
    assert document.messages == {path: (left("mind the file"),)}
    turns = next(one.turns for one in document.exchanges if one.key == "s1")
    for _ in range(3):
        turns = turns[0].results[0].turns
    assert [len(turn.heard) for turn in turns] == [0, 1]


async def test_in_a_planners_run_by_the_path_of_a_steps_agent(keeping: Keeping, workspace: Path) -> None:
    """An agent that performs two steps at once reads it in both, each once."""
    plan = plan_of(
        agent_step("a", "do a", role="Same: does", tools=["read_file"]),
        agent_step("b", "do b", role="Same: does", tools=["read_file"]),
    )
    acts = {f"do {x}": [[("read_file", {"path": "a.txt"})], f"{x} done"] for x in "ab"}
    players = Players(plan, acts=acts)
    graph = build_planner(deps_for(players, workspace), checkpointer=keeping.checkpointer, store=keeping.store)
    out = await graph.ainvoke({"task": "x"}, CONFIG, context=only("perform/*"))
    assert len({step.agent for step in (await graph.aget_state(CONFIG)).values["company"].plan.steps}) == 1
    [name] = {"/".join(q.value["repertory"]["proposal"]["path"]) for q in out["__interrupt__"]}
    await (await journal(graph, keeping)).keep_message(name, left("both of you"))
    out = await to_the_end(graph, out, only("perform/*"))
    assert out["status"] == "completed"
    assert ["both of you" in ask.text for ask in (*players.told("do a"), *players.told("do b"))] == [False, True] * 2


# --- replays


async def test_in_a_replay_after_it_the_recorded_turn_has_it(keeping: Keeping) -> None:
    """Read in the prefix: not read again, and the model that goes on sees it where it was."""
    cast = chain()
    graph = conversation(cast, keeping)
    out = await graph.ainvoke({"message": "go"}, CONFIG, context=only("*/low"))
    await (await journal(graph, keeping)).keep_message("top/high/mid/low", left("be brief"))
    await to_the_end(graph, out, only("*/low"))
    words = Decision(verdict="respond", text="again")
    fork = cut(await transcript_of(graph, CONFIG), Tweak(at="m0/0.0/0.0/0.0#1", decision=words), "f" * 32)
    cast = chain()
    cast.plays["low"] = ["", "", "low again"]
    graph = conversation(cast, keeping)
    await restore(graph, THERE, fork)
    out = await graph.ainvoke(None, THERE, context=AUTONOMOUS)
    assert out["reply"] == "top done"
    texts = [str(message.text) for message in cast.asked("low")[0].messages]
    assert [text for text in texts if "feedback" in text] == [
        "<feedback>\nbe brief\n</feedback>",
        "<feedback>\nagain\n</feedback>",
    ]
    document = await transcript_of(graph, THERE)
    check_transcript(document)
    assert document.messages == {"top/high/mid/low": (left("be brief"),)}


async def test_in_a_replay_before_it_what_was_read_later_is_gone(keeping: Keeping) -> None:
    """What a person had said in reply to what came after is not said yet; what nobody had read waits still."""
    cast = chain()
    graph = conversation(cast, keeping)
    out = await graph.ainvoke({"message": "go"}, CONFIG, context=only("*/low"))
    journal_ = await journal(graph, keeping)
    await journal_.keep_message("top/high/mid/low", left("was read"))
    await to_the_end(graph, out, only("*/low"))
    await journal_.keep_message("top/high/mid", left("never read"))
    fork = cut(await transcript_of(graph, CONFIG), Tweak(at="m0/0.0/0.0/0.0#1"), "f" * 32)
    cast = chain()
    graph = conversation(cast, keeping)
    await restore(graph, THERE, fork)
    await graph.ainvoke(None, THERE, context=AUTONOMOUS)
    assert readers(cast, "was read") == []
    assert readers(cast, "never read") == ["mid"]
    check_transcript(await transcript_of(graph, THERE))


async def test_a_function_finds_it_in_its_feedback(keeping: Keeping) -> None:
    """Before its next action, and in every later run of it at the same place."""
    seen: list[list[str]] = []

    def relay(told: Told) -> Any:
        one = yield Delegate("low", "1")
        seen.append(list(told.feedback))
        two = yield Delegate("low", f"2 {told.feedback}")
        return f"{one.text} {two.text}"

    cast = Cast(low=lambda ask: f"re {ask.messages[1].text}")
    deps = Deps(models=given_model(cast.model), toolbox=cast.toolbox, orchestrations={"relay": relay})
    root = agent("relay", LOW).model_copy(update={"orchestration": "relay"})
    graph = build_persona(root, deps, checkpointer=keeping.checkpointer, store=keeping.store)
    out = await graph.ainvoke({"message": "go"}, CONFIG, context=INTERACTIVE)
    await (await journal(graph, keeping)).keep_message("relay", left("twice"))
    out = await to_the_end(graph, out, INTERACTIVE)
    assert out["reply"] == "re 1 re 2 ['twice']"
    assert seen == [["twice"]] * len(seen)
