"""Agents without end, and what searching among them takes."""

from pathlib import Path

import numpy as np

from benchmarks.scale import measure_sizes
from benchmarks.synthetic import SyntheticEmbedder, agent, query, vectors_of
from repertory.memory.retrieval.documents import agent_text
from repertory.memory.retrieval.words import words


def test_agents_are_as_large_as_public_ones_and_always_the_same() -> None:
    """Prompts of some 300 distinct words, and no two agents alike."""
    agents = [agent(number) for number in range(100)]
    assert agents == [agent(number) for number in range(100)]
    distinct = [len(set(words(each.prompt))) for each in agents]
    assert 250 < min(distinct) <= max(distinct) < 350
    assert len({each.prompt for each in agents}) == len({each.description for each in agents}) == 100


async def test_texts_of_one_topic_are_near_each_other() -> None:
    """And a query to agents of its topic; vectors have length 1, and are the same whoever asks."""
    texts = [agent_text(each.role, each.description) for each in map(agent, range(2000))]
    asked = [query(number) for number in range(50)]
    vectors, wanted = vectors_of(texts), vectors_of(asked)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(await SyntheticEmbedder().embed(asked), wanted)
    near = wanted @ vectors.T
    same = np.array([[text.split()[0] == each.split()[0] for text in texts] for each in asked])
    assert near[same].min() > near[~same].max()


async def test_what_was_filled_is_used_again(tmp_path: Path) -> None:
    """Only what is missing is imported; in a small registry the index finds all that numpy finds."""
    first = await measure_sizes([60], tmp_path)
    again = await measure_sizes([60], tmp_path)
    names = [row.measure for row in again]
    assert [row.measure for row in first] == ["import: 60 agents, store and index", *names]
    assert names == [
        "query p50 / p95 in ms, index: 60 agents",
        "query p50 / p95 in ms, registry: 60 agents",
        "recall@10 of the index: 60 agents",
        "cold start to first answer, in s: 60 agents",
        "query p50 / p95 in ms, by words: 60 agents",
    ]
    assert {row.measure: row.value for row in again}["recall@10 of the index: 60 agents"] == 1.0
