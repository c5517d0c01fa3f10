"""How good a ranking is, counted by hand."""

import random

import pytest

from benchmarks.experience import dealt, drawn, halved, taught
from benchmarks.libraries import registry_of
from benchmarks.quality import Asked, ask, decide, recall_at, reciprocal_rank, separation
from benchmarks.queries import Query
from benchmarks.table import Row
from repertory.memory.records import Agent

RIGHT = frozenset({"a", "b"})
FIRST = Asked(RIGHT, ("b", "a"), 0.9)
THIRD = Asked(RIGHT, ("x", "y", "a"), 0.5)
NEVER = Asked(RIGHT, ("x",), 0.2)
KNOWN = [FIRST, THIRD, NEVER, FIRST]
STRANGE = [Asked(frozenset(), ("x",), 0.6), Asked(frozenset(), (), 0.0)]


def test_the_first_right_agent_counts() -> None:
    """Whichever of those that are right; one that is not found counts as nothing."""
    assert [each.place for each in KNOWN] == [1, 3, None, 1]
    assert (recall_at(1, KNOWN), recall_at(2, KNOWN), recall_at(3, KNOWN)) == (0.5, 0.5, 0.75)
    assert reciprocal_rank(KNOWN) == pytest.approx((1 + 1 / 3 + 1) / 4)


def test_separation_is_the_share_of_pairs_in_order() -> None:
    """Ties count half."""
    assert separation(KNOWN, STRANGE) == (2 + 1 + 1 + 2) / 8
    assert separation([FIRST], [FIRST]) == 0.5


def test_a_threshold_decides_who_is_reused() -> None:
    """Reusing the wrong one is no recall and lowers precision, for a known task as for a strange one."""
    low, high, none = (decide(KNOWN, STRANGE, threshold) for threshold in (0.5, 0.7, 1.1))
    assert (low.recall, low.precision, low.false_reuse) == (0.5, 0.5, 0.5)
    assert (high.recall, high.precision, high.false_reuse) == (0.5, 1.0, 0.0)
    assert (none.recall, none.precision, none.false_reuse) == (0.0, 1.0, 0.0)


def test_a_target_may_be_the_least() -> None:
    """The verdict says on which side it was missed."""
    assert [Row("", value, 0.5, "", "", at_least=True).verdict for value in (0.4, 0.5)] == ["UNDER", "ok"]
    assert [Row("", value, 0.5, "", "").verdict for value in (0.5, 0.6)] == ["ok", "OVER"]


QUERIES = [Query(f"bake {n} loaves of rye bread", frozenset({f"baker {n}"})) for n in range(9)]


def test_what_is_asked_was_not_done() -> None:
    """Halved, each task is on one side; dealt, each word of it is. The same seed splits in the same way."""
    done, asked = halved(QUERIES, random.Random(1))
    assert (len(done), len(asked)) == (4, 5)
    assert sorted([*done, *asked], key=QUERIES.index) == QUERIES
    done, asked = dealt(QUERIES, random.Random(1))
    for query, *sides in zip(QUERIES, done, asked, strict=True):
        assert sorted(" ".join(side.text for side in sides).split()) == sorted(query.text.split())
        assert {len(side.text.split()) for side in sides} == {3}
        assert [side.right for side in sides] == [query.right] * 2
    assert (done, asked) == dealt(QUERIES, random.Random(1))


def test_tasks_like_others_share_some_words_with_them() -> None:
    """Each has three of five words, in order, so that two of them have some in common, and are rarely the same."""
    done, asked = drawn(QUERIES, random.Random(1))
    for query, *sides in zip(QUERIES, done, asked, strict=True):
        one, other = (side.text.split() for side in sides)
        assert len(one) == len(other) == 4
        assert set(one) & set(other)
        assert one == [word for word in query.text.split() if word in one]
        assert [side.right for side in sides] == [query.right] * 2
    assert sum(one != other for one, other in zip(done, asked, strict=True)) > 5


async def test_agents_learn_what_was_done() -> None:
    """A right one remembers the deed; a wrong one that came first has failed; and the registry finds by deeds."""
    agents = [
        Agent(name=name, role="Baker", description="bakes", imported_as=f"{name} as imported")
        for name in ("x", "y", "z")
    ]
    done = [Query("rye bread", frozenset({"x as imported"}))]
    learnt = taught(agents, done, [Asked(done[0].right, ("y as imported",), 0.3)])
    assert [(agent.track.uses, agent.track.successes, agent.track.deeds) for agent in learnt] == [
        (1, 1, ("rye bread",)),
        (1, 0, ()),
        (0, 0, ()),
    ]
    async with registry_of(learnt) as registry:
        [asked] = await ask(registry, [Query("bread of rye", frozenset({"x as imported"}))])
        assert (asked.ids, asked.place) == (("x as imported",), 1)
