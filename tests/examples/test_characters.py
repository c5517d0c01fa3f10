"""The worked example of character dialogue, over the graph, with the offline model."""

import asyncio
import itertools
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from examples.characters import ORCHESTRATIONS, Sheet, cast
from examples.characters.characters import HERE, STATE
from examples.characters.files import versions
from examples.characters.table import OPENINGS, converse
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.store.memory import InMemoryStore
from langgraph.store.sqlite.aio import AsyncSqliteStore
from langgraph.types import Command

from repertory.graphs import Context, Deps, Policy, Rule, build_persona, configured_models
from repertory.memory.records import Agent
from repertory.nodes.persona.orchestration import Delegate, Told

AUTONOMOUS = Context(policy="autonomous")
CONFIG: Any = {"configurable": {"thread_id": "t"}}
SHEETS = cast()
SMALL_TALK = ("I think chess is dull.", "I think soup is fine.", "I think jazz is loud.", "I think snow is wet.")
"""Lines that have no word in common with a goal of Percival Ambrose."""
ARCHIVIST = next(sheet for sheet in SHEETS if sheet.name == "Percival Ambrose")


def offline(**more: Any) -> Deps:
    return Deps(models=configured_models("offline", environ={}), **{"orchestrations": ORCHESTRATIONS, **more})


def graph_of(agent: Agent, **more: Any) -> Any:
    return build_persona(agent, offline(**more), checkpointer=InMemorySaver(), store=InMemoryStore())


async def tell(graph: Any, line: str, context: Context = AUTONOMOUS) -> dict[str, Any]:
    said: dict[str, Any] = await graph.ainvoke({"message": line}, CONFIG, context=context)
    return said


def counts(said: dict[str, Any]) -> list[bool]:
    """What the function kept with its reply."""
    kept: list[bool] = said["turns"][-1].proposal.content["state"][STATE]
    return kept


def traits(lines: Sequence[str]) -> list[float]:
    """How lines are written, whatever they say: four figures, each from 0 to about 1, counted here anew."""
    text = " ".join(lines)
    words, sentences = re.findall(r"[\w'’]+", text), re.findall(r"[^.!?]+[.!?]+", text)
    return [
        5 * len(re.findall(r"\w'(?:m|re|ve|ll|s|t)\b", text)) / len(words),
        10 * len(re.findall(r"\w{2}in'", text)) / len(words),
        text.count("!") / len(sentences),
        len(words) / len(sentences) / 25,
    ]


def apart(one: Sequence[str], other: Sequence[str]) -> float:
    return sum(abs(a - b) for a, b in zip(traits(one), traits(other), strict=True))


def habits(sheet: Sheet, lines: Sequence[str]) -> int:
    """How many lines begin or end a sentence as two or more of the samples do."""
    ways: list[str] = []
    for sample in sheet.samples:
        ways += re.findall(r"^(?:\w+ ?){1,4}(?=[,!:])", sample) + re.findall(r"(?<=, )(?:\w+ ?){1,3}(?=[.!?])", sample)
    return sum(any(re.search(rf"\b{way}[,!.?]", line) for way in ways if ways.count(way) > 1) for line in lines)


async def test_three_voices_are_told_apart_by_how_they_write() -> None:
    """On the same five lines each begins or ends every line by its own habits, by nobody else's, at its own rhythm."""
    spoken = {sheet: await converse(versions(sheet)["code"], OPENINGS, offline()) for sheet in SHEETS}
    for sheet, replies in spoken.items():
        assert {other.name: habits(other, replies) for other in SHEETS} == {
            other.name: len(OPENINGS) * (other == sheet) for other in SHEETS
        }
    for one, other in itertools.combinations(spoken.values(), 2):
        assert apart(one, other) > 0.5


@pytest.mark.parametrize("managed", ["model", "code"])
@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
async def test_two_personas_carry_more_of_the_style_than_one_prompt(sheet: Sheet, managed: str) -> None:
    """More lines begin or end as the samples do, and the writing is nearer to them."""
    agents = versions(sheet)
    single, nested = [await converse(agents[version], OPENINGS, offline()) for version in ("single", managed)]
    assert habits(sheet, nested) == len(OPENINGS)
    assert habits(sheet, single) == 0
    assert apart(nested, sheet.samples) < apart(single, sheet.samples)


@pytest.mark.parametrize(
    ("version", "delegates"),
    [("model", ["answerer", "stylist"]), ("code", ["answerer", "stylist", "goals_judge"]), ("single", [])],
)
async def test_all_versions_have_one_interface(version: str, delegates: list[str]) -> None:
    """The same message in, a reply out, and the same kinds of proposals, whoever manages."""
    agent = versions(ARCHIVIST)[version]
    said = await tell(graph_of(agent), OPENINGS[0])
    assert said["error"] is None
    assert "Percival Ambrose" in said["reply"]
    assert [call.name for turn in said["turns"] for call in turn.proposal.calls] == delegates
    assert [turn.proposal.kind for turn in said["turns"]][-1] == "reply"
    assert {turn.proposal.path for turn in said["turns"]} == {(agent.name,)}


@pytest.mark.parametrize("version", ["model", "code"])
async def test_only_the_answerer_remembers(version: str) -> None:
    """Asked the same twice, it speaks of another goal; the stylist would style the same text in the same way."""
    agent = versions(ARCHIVIST)[version]
    assert {delegate.name: delegate.memory for delegate in agent.delegates}.items() >= {
        "answerer": "thread",
        "stylist": "none",
    }.items()
    graph = graph_of(agent)
    replies = [(await tell(graph, OPENINGS[0]))["reply"] for _ in range(2)]
    assert "charter of 1412" in replies[0]
    assert "charter of 1412" not in replies[1]
    assert "sign the register" in replies[1]


async def test_the_goals_check_steers_after_lines_that_served_no_goal() -> None:
    """Of small talk two lines go by; the third is steered back, and it is seen in what the answerer was told."""
    graph = graph_of(versions(ARCHIVIST)["code"])
    said = [await tell(graph, line) for line in SMALL_TALK]
    assert [counts(each) for each in said[:3]] == [[False], [False, False], [False, False, True]]
    told = [each["turns"][0].proposal.calls[0].arguments["message"] for each in said]
    assert [("Steer back" in message) for message in told] == [False, False, True, True]
    goals = ("charter of 1412", "sign the register", "royal rolls")
    assert [any(goal in each["reply"] for goal in goals) for each in said] == [False, False, True, True]
    assert "Steer" not in said[2]["reply"]


async def test_without_the_check_small_talk_stays_small_talk() -> None:
    """The coordinator's model does not keep count."""
    replies = await converse(versions(ARCHIVIST)["model"], SMALL_TALK, offline())
    assert not any(goal in reply for reply in replies for goal in ("register", "rolls", "1412"))


async def test_the_check_looks_back_on_five_lines() -> None:
    """Older ones are forgotten: the list never grows past five."""
    graph = graph_of(versions(ARCHIVIST)["code"])
    for line in (*SMALL_TALK, *SMALL_TALK):
        kept = counts(await tell(graph, line))
    assert len(kept) == 5


_FIRST_PROCESS = """
import asyncio, sys
from tests.examples.test_characters import ARCHIVIST, SMALL_TALK, kept_graph, tell, versions

async def first():
    async with kept_graph(versions(ARCHIVIST)["code"], sys.argv[1]) as graph:
        for line in SMALL_TALK[:2]:
            await tell(graph, line)

asyncio.run(first())
"""


@asynccontextmanager
async def kept_graph(agent: Agent, folder: str) -> AsyncIterator[Any]:
    """A character's graph over SQLite files in a folder."""
    async with (
        AsyncSqliteSaver.from_conn_string(f"{folder}/checkpoints.sqlite") as saver,
        AsyncSqliteStore.from_conn_string(f"{folder}/store.sqlite") as store,
    ):
        await store.setup()
        yield build_persona(agent, offline(), checkpointer=saver, store=store)


async def test_the_count_survives_a_new_process(tmp_path: Path) -> None:
    """Two lines of small talk in one process; the next one, in another, is steered."""
    command = [sys.executable, "-c", _FIRST_PROCESS, str(tmp_path)]
    done = await asyncio.to_thread(
        subprocess.run, command, cwd=HERE.parent.parent, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    async with kept_graph(versions(ARCHIVIST)["code"], str(tmp_path)) as graph:
        said = await tell(graph, SMALL_TALK[2])
    assert counts(said) == [False, False, True]
    assert "Steer back" in said["turns"][0].proposal.calls[0].arguments["message"]


async def test_words_about_a_line_make_it_anew_without_being_counted_twice() -> None:
    """A person answers the styled line in words: both personas are told, and the state holds one line."""
    context = Context(
        policy=Policy.preset("autonomous").preceded_by([Rule(then="ask", path="percival_ambrose", kind="reply")])
    )
    graph = graph_of(versions(ARCHIVIST)["code"])
    [question] = (await tell(graph, OPENINGS[1], context))["__interrupt__"]
    before = question.value["repertory"]["proposal"]["text"]
    out = await graph.ainvoke(Command(resume={question.id: "shorter, please"}), CONFIG, context=context)
    [question] = out["__interrupt__"]
    said = await graph.ainvoke(Command(resume={question.id: "approve"}), CONFIG, context=context)
    assert len(said["reply"]) < len(before)
    assert counts(said) == [True]
    again = [turn.proposal.calls for turn in said["turns"][3:] if turn.proposal.calls]
    directed = {call.name for calls in again for call in calls if "shorter" in call.arguments["message"]}
    assert directed == {"answerer", "stylist"}


@pytest.mark.parametrize("version", ["model", "code"])
async def test_a_person_beside_the_stylist_alone(version: str) -> None:
    """Only its proposal is asked about, and an edit of it is what the character says."""
    rules = [Rule(then="ask", path="percival_ambrose/stylist")]
    context = Context(policy=Policy.preset("autonomous").preceded_by(rules))
    graph = graph_of(versions(ARCHIVIST)[version])
    [question] = (await tell(graph, OPENINGS[0], context))["__interrupt__"]
    assert question.value["repertory"]["proposal"]["path"][-1] == "stylist"
    edit = {"verdict": "edit", "edit": {"text": "Indeed."}}
    said = await graph.ainvoke(Command(resume={question.id: edit}), CONFIG, context=context)
    assert said["reply"] == "Indeed."


async def test_a_rejected_answer_is_no_reply() -> None:
    """Where the answerer may not speak there is nothing to style: the message ends with the reason."""
    rules = [Rule(then="deny", path="percival_ambrose/answerer")]
    context = Context(policy=Policy.preset("autonomous").preceded_by(rules))
    said = await tell(graph_of(versions(ARCHIVIST)["code"]), OPENINGS[0], context)
    assert said["reply"] is None
    assert "the answerer gave no line" in said["error"]
    assert "policy does not allow" in said["error"]


async def test_a_rejected_styling_leaves_the_plain_line() -> None:
    """The function goes on with what there is."""
    rules = [Rule(then="ask", path="percival_ambrose/stylist")]
    context = Context(policy=Policy.preset("autonomous").preceded_by(rules))
    graph = graph_of(versions(ARCHIVIST)["code"])
    [question] = (await tell(graph, OPENINGS[3], context))["__interrupt__"]
    said = await graph.ainvoke(Command(resume={question.id: {"verdict": "reject"}}), CONFIG, context=context)
    assert (
        said["reply"]
        == "You think I am a fool? A fool could not find the charter of 1412 before the Queen asks for it."
    )


def scene(told: Told) -> Any:
    """Two characters speak at once, then the first answers the second."""
    pilot, trader = yield [Delegate("hanne_voss", told.message), Delegate("kez_dupree", told.message)]
    last = yield Delegate("hanne_voss", trader.text)
    return "\n".join([pilot.text, trader.text, last.text])


RELAY = "You hold two people in conversation.\n1. Give what was said to hanne_voss.\n2. Give her answer to kez_dupree."


@pytest.mark.parametrize("managed", [("model", "code"), ("code", "model"), ("code", "code")])
async def test_characters_are_delegates_like_any_other(managed: tuple[str, str]) -> None:
    """A coordinator over two characters does not know which is managed by code: told by model, then by function."""
    pair = [versions(sheet)[version] for sheet, version in zip((SHEETS[0], SHEETS[2]), managed, strict=True)]
    stage = Agent(name="stage", role="stage", description="a scene", delegates=tuple(pair), memory="thread")
    by_model = await tell(graph_of(stage.model_copy(update={"prompt": RELAY})), OPENINGS[3])
    [first], [second] = (turn.proposal.calls for turn in by_model["turns"][:2])
    assert (first.name, second.name) == ("hanne_voss", "kez_dupree")
    assert second.arguments["message"] == by_model["turns"][0].results[0].text
    staged = stage.model_copy(update={"orchestration": "scene"})
    graph = graph_of(staged, orchestrations={**ORCHESTRATIONS, "scene": scene})
    by_code = await tell(graph, OPENINGS[3])
    pilot, trader, last = by_code["reply"].splitlines()
    assert habits(SHEETS[0], [pilot, last]) == 2
    assert habits(SHEETS[2], [trader]) == 1
    deepest = by_code["turns"][0].results[1].turns[0].results[0].turns[0]
    assert deepest.proposal.path == ("stage", "kez_dupree", "answerer")
