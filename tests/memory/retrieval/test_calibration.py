"""Thresholds that are found for a library: neither by hand, nor for good."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from langgraph.store.memory import InMemoryStore

from repertory.memory.records import Agent
from repertory.memory.registry import Registry
from repertory.memory.retrieval.calibration import SMALL, Calibration, calibrate, references, usual_thresholds
from repertory.memory.retrieval.chroma import ChromaIndex
from repertory.memory.retrieval.embeddings import MiniLMEmbedder
from repertory.memory.retrieval.index import ByForm, Match, Thresholds
from repertory.memory.retrieval.lexical import LexicalIndex
from repertory.memory.retrieval.minilm import find_weights
from repertory.memory.retrieval.ranking import USUAL, Parts

USUALLY = ByForm(Thresholds(0.3, 0.2), Thresholds(0.5, 0.4))


async def calibrated(scores: Sequence[float], size: int = 1000) -> Thresholds:
    """The thresholds of a library whose best agents score these for the reference tasks, in turn."""

    async def search(tasks: Sequence[str]) -> list[list[Match]]:
        return [[Match("a", scores[n % len(scores)], Parts(None, 0.0))] for n in range(len(tasks))]

    return (await calibrate(size, search, USUALLY)).task


def spread(low: float, high: float) -> list[float]:
    return [low + (high - low) * n / 59 for n in range(60)]


async def test_strange_tasks_that_score_higher_raise_the_threshold() -> None:
    """It is above what most of them score, and never below the usual one."""
    low, high = await calibrated(spread(0.0, 0.1)), await calibrated(spread(0.2, 0.35))
    assert low == USUALLY.task
    assert 0.33 < high.fits < 0.45
    assert USUALLY.task.doubtful < high.doubtful < high.fits


async def test_a_minority_of_known_tasks_raises_it_little() -> None:
    """A library that can do a third of the reference tasks well: a quantile of the scores would be near 1."""
    some = await calibrated([*spread(0.2, 0.3)[:40], *[0.9] * 20])
    assert some.fits < 0.42


async def test_a_library_that_knows_everything_still_reuses() -> None:
    """There are limits to what a threshold is raised to."""
    assert (await calibrated([0.9, 0.95])).fits == pytest.approx(0.45)


async def test_few_agents_have_the_usual_thresholds() -> None:
    """Nothing is asked of them."""
    assert await calibrated([0.9], size=SMALL - 1) == USUALLY.task


def test_a_calibration_holds_until_the_library_is_another_size() -> None:
    """A quarter more, or less, and it is done again."""
    calibration = Calibration(size=100, task=USUALLY.task, role=USUALLY.role)
    assert [calibration.holds(size) for size in (79, 80, 100, 125, 126)] == [False, True, True, True, False]


async def test_an_embedder_that_nobody_measured_is_measured() -> None:
    """For MiniLM, whose thresholds were measured on a library, this comes near them."""
    weights = find_weights()
    assert weights is not None
    embedder = MiniLMEmbedder(weights)
    usual = await usual_thresholds(embedder, USUAL)
    for found, measured in zip(usual, embedder.thresholds, strict=True):
        assert found == pytest.approx(measured, abs=0.05)


def test_reference_tasks_are_distinct_and_complete() -> None:
    """Sixty pairs, none twice."""
    assert len({reference.task for reference in references()}) == len(references()) == 60
    assert all(": " in reference.agent for reference in references())


async def test_a_growing_library_is_calibrated_anew_and_a_process_later_is_not() -> None:
    """Thresholds follow size; they are kept with the library, so that another process asks nothing."""
    store, index = InMemoryStore(), LexicalIndex()
    registry = Registry(store, index)
    await registry.save_agents(clerks(0, 20))
    small = await registry.thresholds()
    assert small == (await index.usual()).task
    await registry.save_agents(clerks(20, 300))
    large = await registry.thresholds()
    assert large > small

    class Silent(LexicalIndex):
        async def usual(self) -> ByForm:
            raise AssertionError("it is calibrated already")

    assert await Registry(store, Silent()).thresholds() == large
    assert await Registry(store, Silent(), "bob").find_agents(["anything"]) == [[]]


async def test_libraries_of_two_owners_have_thresholds_of_their_own(tmp_path: Path) -> None:
    """One has many agents, one has few."""
    store, index = InMemoryStore(), LexicalIndex()
    await Registry(store, index, "ann").save_agents(clerks(0, 300))
    await Registry(store, index, "bob").save_agents(clerks(0, 3))
    ann, bob = await Registry(store, index, "ann").thresholds(), await Registry(store, index, "bob").thresholds()
    assert ann > bob


async def test_a_changed_record_is_no_reason_to_calibrate(tmp_path: Path) -> None:
    """The size is what counts: with Chroma the sixty tasks are embedded once."""
    weights = find_weights()
    assert weights is not None

    class Counting(MiniLMEmbedder):
        asked = 0

        async def embed(self, texts: Sequence[str]) -> list[list[float]]:
            self.asked += len(texts)
            return await super().embed(texts)

    embedder = Counting(weights)
    registry = Registry(InMemoryStore(), ChromaIndex(tmp_path, embedder))
    await registry.save_agents(clerks(0, SMALL))
    first = await registry.thresholds()
    asked = embedder.asked
    await registry.save_agent(clerks(0, 1)[0].model_copy(update={"description": "Does something else"}))
    assert await registry.thresholds() == first
    assert embedder.asked <= asked + 3
    await registry.index.close()


def clerks(first: int, last: int) -> list[Agent]:
    """Agents of sixty roles, each good at a little of each."""
    pairs = [reference.agent.partition(": ") for reference in references()]
    return [
        Agent(
            name=f"clerk_{n}",
            role=f"{pairs[n % 60][0]} of branch {n}",
            description=f"{pairs[(n + 1) % 60][2][:40]}, number {n}",
        )
        for n in range(first, last)
    ]


async def test_who_is_wanted_needs_more_likeness_than_what_is_to_be_done(tmp_path: Path) -> None:
    """Descriptions are alike by their form alone: a stranger's reaches the threshold of tasks, not that of roles."""
    weights = find_weights()
    assert weights is not None
    registry = Registry(InMemoryStore(), ChromaIndex(tmp_path, MiniLMEmbedder(weights)))
    for role, does in [
        ("Extractor", "Extracts the decisions from minutes"),
        ("Comparison analyst", "Compares tables"),
        ("Bookkeeper", "Keeps the books of a shop"),
    ]:
        await registry.save_agent(Agent(name=role.split()[0].lower(), role=role, description=does))
    task, role = await registry.thresholds("task"), await registry.thresholds("role")
    strangers = ["Reviewer: reviews minutes of a meeting", "Data analyst: analyses tables of sales"]
    own = ["Extractor: pulls decisions out of meeting minutes", "Comparison analyst: compares two tables"]
    found = [group[0].score for group in await registry.find_agents([*strangers, *own])]
    assert max(found[:2]) > task.fits
    assert max(found[:2]) < role.fits <= min(found[2:])
    await registry.index.close()
