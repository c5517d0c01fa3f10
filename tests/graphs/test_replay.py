"""Transcripts of real runs: moved to another home after every turn, and replayed from every proposal."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from repertory.graphs import build_persona, restore, transcript_of
from repertory.memory.errors import InputError, TranscriptError
from repertory.memory.proposals import Decision
from repertory.memory.transcripts.cutting import cut, proposal_ids
from repertory.memory.transcripts.difference import compare
from repertory.memory.transcripts.records import PersonaTweak, Transcript, Tweak
from repertory.nodes.context import Context
from tests.graphs.conftest import Keeping
from tests.graphs.test_persona import CONFIG, HIGH, LOW, MID, TOP, Cast, agent, drive, to, write
from tests.scripted import Ask

AUTONOMOUS, INTERACTIVE = Context(policy="autonomous"), Context(policy="interactive")


def company() -> Cast:
    """Twelve proposals: four levels, a tool at two of them, a delegate called twice in one turn and once more."""
    return Cast(
        top=[[("look", {"text": "t"})], [to("high", "to high")], [("look", {"text": "again"})], "top done"],
        high=[[to("mid", "to mid")], "high done"],
        mid=[[to("low", "one"), to("low", "two")], "mid done"],
        low=lambda ask: (
            [write(str(ask.messages[1].text))] if len(ask.messages) == 2 else f"low {ask.messages[1].text} done"
        ),
    )


def home() -> Keeping:
    """A new one, as on another machine."""
    return Keeping(InMemorySaver(), InMemoryStore())


def conversation(cast: Cast, keeping: Keeping, root: Any = TOP) -> Any:
    return build_persona(root, cast.deps, checkpointer=keeping.checkpointer, store=keeping.store)


async def recorded(keeping: Keeping) -> tuple[Transcript, Any]:
    """The transcript of a run of twelve proposals."""
    graph = conversation(company(), keeping)
    out, _ = await drive(graph, "go", AUTONOMOUS)
    assert out["reply"] == "top done"
    return await transcript_of(graph, CONFIG), out


async def test_the_transcript_is_the_whole_run(keeping: Keeping) -> None:
    """Twelve proposals, nested, and as JSON the same."""
    transcript, out = await recorded(keeping)
    assert len(proposal_ids(transcript)) == 12
    assert list(transcript.exchanges[0].turns) == out["turns"]
    assert Transcript.model_validate_json(transcript.model_dump_json()) == transcript


POINTS = [
    *("m0#0", "m0#1", "m0/1.0#0", "m0/1.0/0.0#0", "m0/1.0/0.0/0.0#0", "m0/1.0/0.0/0.0#1"),
    *("m0/1.0/0.0/0.1#0", "m0/1.0/0.0/0.1#1", "m0/1.0/0.0#1", "m0/1.0#1", "m0#2", "m0#3"),
]


@pytest.mark.parametrize("at", POINTS)
async def test_every_point_gives_the_prefix_without_a_model_call_then_goes_on(keeping: Keeping, at: str) -> None:
    """Whatever the proposal, made anew: what did not depend on it is neither asked nor done again."""
    transcript, _ = await recorded(keeping)
    assert sorted(proposal_ids(transcript)) == sorted(POINTS)
    fork = cut(transcript, Tweak(at=at), "f" * 32)
    kept = proposal_ids(fork)
    assert at not in kept
    cast = company()
    graph, config = conversation(cast, keeping), {"configurable": {"thread_id": "fork"}}
    await restore(graph, config, fork, agent=TOP)  # type: ignore[arg-type]
    out = await graph.ainvoke(None, config, context=AUTONOMOUS)
    assert out["reply"] == "top done"
    assert len(cast.model.asks) == 12 - len(kept)
    written = [name for name in kept if name.endswith("#0") and name.count("/") == 3 and _has_result(fork, name)]
    assert len(cast.done) == 2 - len(written)
    after = await transcript_of(graph, config)  # type: ignore[arg-type]
    assert compare(transcript, after).same
    assert await transcript_of(graph, CONFIG) == transcript, "the original has changed"


def _has_result(transcript: Transcript, name: str) -> bool:
    found = json.loads(transcript.model_dump_json())
    return f'"id": "{transcript.run_id}/{name}"' in json.dumps(found) and _turn(transcript, name).results != ()


def _turn(transcript: Transcript, name: str) -> Any:
    from repertory.memory.transcripts.assembly import entries

    frames = entries("m0", transcript.exchanges[0].turns)
    return next(turn for frame, turn in frames if f"{frame}#{turn.n}" == name)


@pytest.mark.parametrize("at", POINTS)
async def test_other_words_at_any_depth_reach_that_persona_alone(keeping: Keeping, at: str) -> None:
    """`respond` in a replay: the persona of that proposal gets the words, and proposes again."""
    transcript, _ = await recorded(keeping)
    words = Decision(verdict="respond", text="other words")
    fork = cut(transcript, Tweak(at=at, decision=words), "f" * 32)
    seen: list[Ask] = []

    class Watching(Cast):
        def __call__(self, ask: Ask) -> Any:
            seen.append(ask)
            return super().__call__(ask) if "other words" not in ask.text else "after other words"

    cast = Watching(**company().plays)  # type: ignore[arg-type]
    graph, config = conversation(cast, keeping), {"configurable": {"thread_id": "fork"}}
    await restore(graph, config, fork, agent=TOP)  # type: ignore[arg-type]
    out = await graph.ainvoke(None, config, context=AUTONOMOUS)
    assert out["error"] is None
    told = [
        ask for ask in seen if "<feedback>\nother words" in ask.text or "The user answered: other words" in ask.text
    ]
    assert len({str(ask.messages[0].text) for ask in told}) == 1
    assert str(seen[0].messages[0].text).startswith(f"You are {_turn(transcript, at).proposal.path[-1]}.")


@pytest.mark.parametrize("root", [LOW, MID, HIGH, TOP])
async def test_moved_to_a_new_home_after_every_single_turn_it_ends_the_same(root: Any) -> None:
    """Export, import into an empty home, answer one question there, export again; like the run that stayed."""
    told = "one" if root is LOW else "go"
    stayed, keeping = home(), home()
    graph = conversation(company(), stayed, root)
    await drive(graph, told, INTERACTIVE)
    expected = await transcript_of(graph, CONFIG)
    cast = company()
    graph = conversation(cast, keeping, root)
    out = await graph.ainvoke({"message": told}, CONFIG, context=INTERACTIVE)
    moves = 0
    while questions := out.get("__interrupt__"):
        document = Transcript.model_validate_json((await transcript_of(graph, CONFIG)).model_dump_json())
        graph = conversation(cast, home(), root)
        await restore(graph, CONFIG, document, agent=root)
        out = await graph.ainvoke(None, CONFIG, context=INTERACTIVE)
        asked = {q.value["repertory"]["proposal"]["id"] for q in out["__interrupt__"]}
        assert asked == {q.value["repertory"]["proposal"]["id"] for q in questions}
        first = min(out["__interrupt__"], key=lambda q: q.value["repertory"]["proposal"]["id"])
        out = await graph.ainvoke(Command(resume={first.id: True}), CONFIG, context=INTERACTIVE)
        moves += 1
    assert moves == len(proposal_ids(expected))
    assert len(cast.model.asks) == moves
    assert compare(expected, await transcript_of(graph, CONFIG)).same


async def test_another_prompt_or_model_for_one_persona_from_there_on(keeping: Keeping) -> None:
    """Only that persona is another, and only what depends on the point runs."""
    transcript, _ = await recorded(keeping)
    tweak = Tweak(at="m0/1.0/0.0#1", personas={"top/high/mid": PersonaTweak(prompt="You are mid. Sing.")})
    fork = cut(transcript, tweak, "f" * 32)
    cast = company()
    assert fork.agent is not None
    graph, config = conversation(cast, keeping, fork.agent), {"configurable": {"thread_id": "fork"}}
    await restore(graph, config, fork)  # type: ignore[arg-type]
    await graph.ainvoke(None, config, context=AUTONOMOUS)
    prompts = [str(ask.messages[0].text).split("\n")[0] for ask in cast.model.asks]
    assert prompts == ["You are mid. Sing.", "You are high.", "You are top.", "You are top."]
    forked = (await transcript_of(graph, config)).forked_from  # type: ignore[arg-type]
    assert forked is not None
    assert (forked.run_id, forked.tweak) == (transcript.run_id, tweak)


async def test_an_edit_in_a_replay_is_applied(keeping: Keeping) -> None:
    """Arguments of a recorded call, changed: the other ones run."""
    transcript, _ = await recorded(keeping)
    edit = Decision(verdict="edit", edit={"text": "instead"})
    fork = cut(transcript, Tweak(at="m0/1.0/0.0/0.1#0", decision=edit), "f" * 32)
    cast = company()
    graph, config = conversation(cast, keeping), {"configurable": {"thread_id": "fork"}}
    await restore(graph, config, fork, agent=TOP)  # type: ignore[arg-type]
    await graph.ainvoke(None, config, context=AUTONOMOUS)
    assert cast.done == ["instead"]


def _spoiled(change: Callable[[dict[str, Any]], None]) -> Callable[[Transcript], Transcript]:
    def spoil(transcript: Transcript) -> Transcript:
        data = json.loads(transcript.model_dump_json())
        change(data)
        return Transcript.parse(data)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_spoiled(lambda data: data.update(version=9)), "version 9"),
        (_spoiled(lambda data: data["exchanges"][0]["turns"].pop(0)), "m0"),
        (_spoiled(lambda data: data["agent"]["delegates"][0].update(tools=["look"])), "tools"),
    ],
)
async def test_what_does_not_fit_is_refused_with_the_reason(keeping: Keeping, spoil: Any, reason: str) -> None:
    """An unknown version, damage, another hierarchy: nothing is restored."""
    transcript, _ = await recorded(keeping)
    graph, there = conversation(company(), home()), CONFIG
    with pytest.raises(InputError, match=reason):
        await restore(graph, there, spoil(transcript), agent=TOP)
    assert not (await graph.aget_state(there)).values


async def test_a_thread_in_use_and_a_run_that_is_here_are_not_overwritten(keeping: Keeping) -> None:
    """Each is refused, and the other graph's name, too."""
    transcript, _ = await recorded(keeping)
    graph = conversation(company(), keeping)
    with pytest.raises(InputError, match="thread 't'"):
        await restore(graph, CONFIG, transcript)
    with pytest.raises(InputError, match="is here already"):
        await restore(graph, {"configurable": {"thread_id": "u"}}, transcript)
    with pytest.raises(TranscriptError, match="'top'"):
        await restore(conversation(company(), home(), agent("other")), CONFIG, transcript)
    with pytest.raises(InputError, match="no proposal 'm0#7'"):
        cut(transcript, Tweak(at="m0#7"), "f" * 32)
