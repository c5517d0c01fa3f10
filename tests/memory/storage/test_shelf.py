"""The log of changes, and reading many records, in every store."""

import asyncio

from langgraph.store.base import BaseStore

from repertory.memory.storage.shelf import LOG_LENGTH, Position, Shelf, Write


async def change(shelf: Shelf, *keys: str) -> Position:
    """One change of agents that touches rows; where it is in the log."""
    async with shelf.lock():
        await shelf.put([Write(("agents",), key, {"name": key}) for key in keys], changed=[("agents", keys)])
    return await shelf.position("agents")


async def test_a_log_counts_changes_and_names_their_rows(store: BaseStore):
    """Each collection has numbers of its own; what came after a position is told, and nothing before it."""
    shelf = Shelf(store, "ann")
    assert await shelf.position("agents") == Position()
    places = [await change(shelf, *keys) for keys in (["a"], ["b", "c"], ["a", "d"])]
    assert [place.number for place in places] == [1, 2, 3]
    assert (await shelf.position("cohorts")).number == 0
    assert await shelf.changed_since("agents", Position()) == set("abcd")
    assert await shelf.changed_since("agents", places[0]) == set("abcd")
    assert await shelf.changed_since("agents", places[1]) == {"a", "d"}
    assert await shelf.changed_since("agents", places[2]) == set()
    assert (await Shelf(store, "bob").position("agents")).number == 0


async def test_a_write_that_touches_no_rows_is_no_change(store: BaseStore):
    """Track records change without the index being concerned."""
    shelf = Shelf(store, "ann")
    before = await change(shelf, "a")
    async with shelf.lock():
        await shelf.put([Write(("agents",), "a", {"name": "a", "uses": 1})])
    assert await shelf.position("agents") == before


async def test_the_log_is_kept_short(store: BaseStore):
    """The newest changes are told of; whoever is behind them must compare, and the store holds no older ones."""
    shelf = Shelf(store, "ann")
    places = [await change(shelf, f"a{n}") for n in range(LOG_LENGTH + 5)]
    assert len(await shelf.get_all(("changes", "agents"))) == LOG_LENGTH
    assert await shelf.changed_since("agents", Position()) is None
    assert await shelf.changed_since("agents", places[3]) is None
    since = await shelf.changed_since("agents", places[4])
    assert since == {f"a{n}" for n in range(5, LOG_LENGTH + 5)}


async def test_another_history_is_noticed(store: BaseStore):
    """A position with the number of a change that was made otherwise, or that never was, is not gone on from."""
    shelf = Shelf(store, "ann")
    place = await change(shelf, "a")
    await change(shelf, "b")
    assert await shelf.changed_since("agents", Position(place.number, "before the backup was restored")) is None
    assert await shelf.changed_since("agents", Position(9, "ahead")) is None


async def test_a_home_from_before_the_log_is_compared(store: BaseStore):
    """Where only a stamp is, no position is known to be near; the log goes on from there."""
    shelf = Shelf(store, "ann")
    async with shelf.lock():
        await shelf.put([Write(("changes",), "agents", {"stamp": "abc"})])
    assert (await shelf.position("agents")).number == 1
    assert await shelf.changed_since("agents", Position()) is None
    place = await change(shelf, "a")
    assert place.number == 2
    assert await shelf.changed_since("agents", Position()) is None
    await change(shelf, "b")
    assert await shelf.changed_since("agents", place) == {"b"}


async def test_changes_at_once_are_all_in_the_log(store: BaseStore):
    """Fifty changes under way at the same time get fifty numbers."""
    shelves = [Shelf(store, "ann") for _ in range(50)]
    await asyncio.gather(*(change(shelf, f"a{n}") for n, shelf in enumerate(shelves)))
    assert (await shelves[0].position("agents")).number == 50
    assert await shelves[0].changed_since("agents", Position()) == {f"a{n}" for n in range(50)}


async def test_pages_have_every_record_once(store: BaseStore):
    """Of one collection and owner, none of another, and none below; changes meanwhile take none of the others away."""
    shelf = Shelf(store, "ann")
    await change(shelf, *(f"a{n:04d}" for n in range(1234)))
    await change(Shelf(store, "ann2"), "not mine")
    async with shelf.lock():
        await shelf.put([Write(("agents", "below"), "deep", {}), Write(("agent",), "other", {})])
    seen: list[str] = []
    async for page in shelf.pages(("agents",)):
        assert len(page) <= 200
        seen += page
        await change(shelf, "a0000", "a0700")
    assert sorted(seen) == [f"a{n:04d}" for n in range(1234)]
