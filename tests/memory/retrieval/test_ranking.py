"""The formula of ranking, part by part."""

import math

import pytest

from repertory.memory.records import Track
from repertory.memory.retrieval.embeddings import MiniLMEmbedder
from repertory.memory.retrieval.minilm import find_weights
from repertory.memory.retrieval.ranking import USUAL, Ranking, coverage, fit, track_factor
from repertory.memory.retrieval.vectors import blended, cosines
from repertory.memory.retrieval.words import words


def held(*texts: str) -> list[frozenset[str]]:
    return [frozenset(words(text)) for text in texts]


def test_each_part_counts_and_can_be_switched_off() -> None:
    """Without the words the cosine is the score; with them a full cosine and full coverage are 1."""
    assert fit(0.6, 0.9, Ranking(words=0)) == 0.6
    assert fit(1, 1, USUAL) == 1
    assert fit(0.5, 1, USUAL) > fit(0.5, 0, USUAL)
    assert track_factor(Track(uses=9), Ranking(track=0)) == 1


def test_a_record_moves_a_score_as_far_as_the_text_says() -> None:
    """Nobody's record changes nothing.

    One failure costs little, five of five a third and more; success gains little.
    """
    factors = [
        track_factor(Track(uses=u, successes=s), USUAL) for u, s in [(0, 0), (1, 0), (5, 0), (1, 1), (1000, 1000)]
    ]
    none, once, always_bad, well, always_well = factors
    assert none == pytest.approx(1)
    assert 0.9 < once < 0.92
    assert 0.62 < always_bad < 0.72
    assert 1 < well < always_well < 1.125


def test_coverage_weighs_by_rarity() -> None:
    """A document that has the rare half of the query covers more than one that has the common half."""
    shares = coverage("sales maps", held("sales report", "sales forecast", "sales maps", "sales ledger"))
    assert shares[2] == 1
    assert shares[0] < 0.5
    assert coverage("the of", held("sales")) == [0]


def test_mutual_coverage_is_the_smaller_one() -> None:
    """A document that says all of the query and much more covers it; the query does not cover the document."""
    texts = held("write a poem", "write a poem, mend the roof, cook dinner and paint the fence")
    assert coverage("write a poem", texts) == [1, 1]
    alike, more = coverage("write a poem", texts, mutual=True)
    assert alike == 1
    assert more < 0.5


def test_deeds_draw_a_vector_by_their_direction() -> None:
    """The mean of two directions is between them, however long the vectors are; without deeds nothing is drawn."""
    middle = blended([2.0, 0.0], [[0.0, 9.0]], 0.5)
    assert middle == pytest.approx([math.sqrt(0.5), math.sqrt(0.5)])
    assert blended([2.0, 0.0], [], 0.5) == pytest.approx([1.0, 0.0])
    assert blended([2.0, 0.0], [[0.0, 9.0]], 0) == pytest.approx([1.0, 0.0])
    assert cosines([[1.0, 0.0]], [[3.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]) == [pytest.approx([1, 0, 0])]


async def test_a_deed_makes_an_agent_fit_what_it_never_said_of_itself() -> None:
    """With real vectors: the cosine with a task like the deed triples."""
    weights = find_weights()
    assert weights is not None
    own, deed, task = await MiniLMEmbedder(weights).embed(
        ["clerk: does office work", "Fill in the visa form for the trip to Japan", "Prepare our visa papers for China"]
    )
    [[before, after]] = cosines([task], [own, blended(own, [deed], USUAL.deeds)])
    assert after > 3 * before
