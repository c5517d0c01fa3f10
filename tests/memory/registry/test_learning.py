"""What a run teaches: counted once, all of it or nothing, and found again by it."""

import random
from pathlib import Path

import pytest
from langgraph.store.base import BaseStore

from repertory.memory.home import open_home
from repertory.memory.records import MAX_DEEDS, Agent, Track, Usage
from repertory.memory.registry import Lesson, Registry
from repertory.memory.retrieval.embeddings import MiniLMEmbedder
from repertory.memory.retrieval.lexical import LexicalIndex
from repertory.memory.retrieval.minilm import find_weights
from tests import learning
from tests.processes import run_until

USAGE = Usage(model_calls=2, input_tokens=30, output_tokens=4)


def agent(name: str, role: str, description: str, **fields: object) -> Agent:
    return Agent.model_validate({"name": name, "role": role, "description": description, **fields})


CSV = agent("csv", "CSV analyst", "Adds up tables")


async def test_a_run_is_counted_once_even_when_hundreds_were_counted_since(store: BaseStore) -> None:
    """The latest runs on a record are a hundred; the first run is still known after two hundred more."""
    registry = Registry(store, LexicalIndex())
    await registry.save_agent(CSV)
    for n in [*range(201), 0, 7]:
        await registry.learn(f"r{n}", agents={"csv": Lesson(True, USAGE, 0.5)}, liked=n % 2 == 0)
    kept = await registry.agent("csv")
    assert kept is not None
    track = kept.track
    assert (track.uses, track.successes, track.usage.model_calls, track.seconds) == (201, 201, 402, 100.5)
    assert (track.ratings, track.liked) == (201, 101)
    assert len(track.runs) == 100


async def test_a_run_that_says_nothing_is_no_use(store: BaseStore) -> None:
    """It is rated, if a person did that, and part of the history; neither success nor failure."""
    registry = Registry(store, LexicalIndex())
    await registry.save_agent(CSV)
    await registry.learn("run", agents={"csv": Lesson(None, USAGE)}, liked=False)
    kept = await registry.agent("csv")
    assert kept is not None
    assert kept.track == Track(usage=USAGE, ratings=1, runs=("run",))
    assert [(event.event, event.by, event.detail) for event in await registry.history("csv")] == [
        ("created", "", ""),
        ("used", "run run", ""),
    ]


async def test_deeds_bring_an_agent_to_the_front(store: BaseStore) -> None:
    """Among two that fit alike, the one that did such a thing well is found first, by words it never said of itself."""
    registry = Registry(store, LexicalIndex())
    await registry.save_agents([agent("a", "Clerk", "Does office work"), agent("b", "Clerk", "Does office work")])
    await registry.learn("run", agents={"b": Lesson(True, USAGE, deeds=("File the visa forms",))})
    [found] = await registry.find_agents(["visa forms of a clerk"])
    assert [each.record.name for each in found] == ["b", "a"]


async def test_the_latest_deeds_are_remembered(store: BaseStore) -> None:
    """Each once, and no more than a few."""
    registry = Registry(store, LexicalIndex())
    await registry.save_agent(CSV)
    for n in range(20):
        await registry.learn(f"r{n}", agents={"csv": Lesson(True, deeds=(f"deed {n}", "again"))})
    kept = await registry.agent("csv")
    assert kept is not None
    assert kept.track.deeds == (*(f"deed {n}" for n in range(21 - MAX_DEEDS, 20)), "again")


async def test_a_bad_record_puts_an_agent_behind_and_a_new_one_is_not_judged(store: BaseStore) -> None:
    """Five failures of five cost a third and more of the score; the parts say so."""
    registry = Registry(store, LexicalIndex())
    await registry.save_agents([agent("a", "Clerk", "Does office work"), agent("b", "Clerk", "Does office work")])
    for n in range(5):
        await registry.learn(f"r{n}", agents={"a": Lesson(False)})
    [found] = await registry.find_agents(["office clerk"])
    assert [(each.record.name, each.parts.track < 0.72) for each in found] == [("b", False), ("a", True)]
    assert found[1].score < 0.72 * found[0].score


async def test_versions_moves_and_runs_make_a_history(store: BaseStore) -> None:
    """In order, with what brought each; of another owner nothing."""
    registry = Registry(store, LexicalIndex())
    await registry.save_agent(CSV.model_copy(update={"created_by": "file csv.yaml"}))
    await registry.learn("r1", agents={"csv": Lesson(True)})
    await registry.save_agent(CSV.model_copy(update={"prompt": "Add.", "created_by": "run r2"}))
    await registry.move_agents(["csv"], "rest")
    events = [(event.event, event.version, event.by, event.detail) for event in await registry.history("csv")]
    assert events == [
        ("created", 1, "file csv.yaml", ""),
        ("used", 1, "run r1", "did well"),
        ("changed", 2, "run r2", ""),
        ("moved", 2, "", "inactive"),
    ]
    assert await Registry(store, LexicalIndex(), "other").history("csv") == []


@pytest.mark.parametrize(("description", "twin"), [("Adds up tables of figures", True), ("Writes sonnets", False)])
async def test_near_duplicates_are_found(store: BaseStore, tmp_path: Path, description: str, twin: bool) -> None:
    """By their own texts, wherever their deeds have drawn their vectors."""
    weights = find_weights()
    assert weights is not None
    from repertory.memory.retrieval.chroma import ChromaIndex

    registry = Registry(store, ChromaIndex(tmp_path, MiniLMEmbedder(weights)))
    await registry.save_agent(CSV)
    deeds = ("Plan the harvest festival", "Sum up March")
    await registry.learn("run", agents={"csv": Lesson(True, deeds=deeds)})
    twins = await registry.twins([agent("new", "CSV analyst", description), CSV])
    assert {name: found.agent.name for name, found in twins.items()} == ({"new": "csv"} if twin else {})
    await registry.index.close()


@pytest.mark.timeout(300)
async def test_killed_at_any_moment_every_run_is_counted_once(tmp_path: Path) -> None:
    """Twenty kills of a process that counts runs and says which; each run is then counted once more, to no effect."""
    rng = random.Random(4)
    for _ in range(20):
        run_until(learning.count_runs, tmp_path, rng.uniform(0.3, 1.2))
    while len(lines := learning.said(tmp_path)) <= 20:  # however slow the machine is
        run_until(learning.count_runs, tmp_path, 2.0)
    begun = set((tmp_path / "begun").read_text().split())
    assert set(lines) <= begun
    async with open_home(tmp_path / "home", environ={"REPERTORY_EMBEDDINGS": "lexical"}) as home:
        registry = Registry(home.store, home.index)
        for run in begun:
            await registry.learn(run, agents=learning.LESSONS, cohorts={learning.COHORT: Lesson(True)}, liked=True)
        tracks = [kept.track for kept in await registry.agents()] + [kept.track for kept in await registry.cohorts()]
        assert {(track.uses, track.ratings) for track in tracks} == {(len(begun), len(begun))}
        used = [event.by for event in await registry.history("a") if event.event == "used"]
        assert sorted(used) == sorted(f"run {run}" for run in begun)
