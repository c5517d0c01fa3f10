"""Locks between processes, as files and in PostgreSQL."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from repertory.memory.errors import ResourceError
from repertory.memory.storage.locks import FileLocks, Locks, stay
from repertory.memory.storage.postgres_address import Address
from repertory.memory.storage.postgres_locks import PostgresLocks

BUSY = "process {pid} has it"


@pytest.fixture(params=["files", "postgres"])
async def pair(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Locks, Locks]]:
    """The same locks, as two holders see them."""
    if request.param == "files":
        yield FileLocks(tmp_path), FileLocks(tmp_path)
        return
    address = Address(request.getfixturevalue("database"))
    one, other = PostgresLocks(address.connect), PostgresLocks(address.connect)
    yield one, other
    await one.close()
    await other.close()


async def test_one_holds_it_and_others_are_told_who(pair: tuple[Locks, Locks]) -> None:
    """Also when they ask where it is held; whatever its name; and then it is free."""
    one, other = pair
    for name in ("a", "", "../ü \x00", "x" * 5000):
        async with one.hold(name, busy=BUSY), one.hold(name + "b", busy=BUSY), other.hold(name + "c", busy=BUSY):
            for locks in pair:
                assert await locks.is_held(name)
                assert not await locks.is_held(name + "d")
                with pytest.raises(ResourceError, match=f"process {os.getpid()} has it"):
                    async with locks.hold(name, busy=BUSY):
                        raise AssertionError
        assert not await one.is_held(name)
        async with other.hold(name, busy=BUSY):
            pass


async def test_many_wait_and_hold_it_one_after_the_other(pair: tuple[Locks, Locks]) -> None:
    """Nobody is refused, and no two are there at once."""
    inside = 0

    async def work(locks: Locks) -> None:
        nonlocal inside
        async with locks.hold("a", busy=BUSY, wait=120):
            inside += 1
            await asyncio.sleep(0)
            assert inside == 1
            inside -= 1

    await asyncio.gather(*(work(locks) for locks in pair * 10))


async def test_whoever_is_cancelled_leaves_nothing_locked(pair: tuple[Locks, Locks]) -> None:
    """At whichever moment: while asking, waiting, holding or letting go."""
    rng = random.Random(1)

    async def work(locks: Locks) -> None:
        while True:
            async with locks.hold("a", busy=BUSY, wait=120):
                await asyncio.sleep(0)

    for _ in range(30):
        tasks = [asyncio.create_task(work(locks)) for locks in pair * 2]
        for _ in range(rng.randrange(60)):
            await asyncio.sleep(0.0002)
        for task in tasks:
            task.cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(each, asyncio.CancelledError) for each in done)
        async with pair[0].hold("a", busy=BUSY, wait=60), pair[1].hold("b", busy=BUSY, wait=60):
            pass


async def test_an_error_within_is_its_own(pair: tuple[Locks, Locks]) -> None:
    """It comes out as it is, and the lock is free."""
    with pytest.raises(KeyError):
        async with pair[0].hold("a", busy=BUSY):
            raise KeyError
    assert not await pair[1].is_held("a")


async def test_who_stays_holds_it_to_the_end(pair: tuple[Locks, Locks]) -> None:
    """And is refused on entering where somebody else does."""
    one, other = pair
    async with stay(one, "a", busy=BUSY):
        assert await other.is_held("a")
        with pytest.raises(ResourceError, match=f"process {os.getpid()} has it"):
            async with stay(other, "a", busy=BUSY):
                raise AssertionError
    assert not await other.is_held("a")
