"""The service of an app is opened once and closed once, whoever is there to see to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from repertory.apps.protocol.opening import Opening
from repertory.apps.protocol.service import Service
from repertory.memory.errors import InputError, ResourceError
from tests.apps.protocol.serving import Openings, scripted


async def test_the_first_calls_open_it_together(tmp_path: Path) -> None:
    """Ten at once get the same service, opened once; the next one gets it, too."""
    openings = Openings(lambda: scripted(tmp_path))
    opening = Opening(openings)
    first = await asyncio.gather(*(opening.service() for _ in range(10)))
    assert len({id(service) for service in [*first, await opening.service()]}) == 1
    await opening.close()
    assert (openings.opened, openings.closed) == (1, 1)


async def test_the_lifespan_opens_and_closes_it(tmp_path: Path) -> None:
    """Before anybody calls; and it can be run again."""
    openings = Openings(lambda: scripted(tmp_path))
    opening = Opening(openings)
    for times in (1, 2):
        async with opening.lifespan():
            assert (openings.opened, openings.closed) == (times, times - 1)
        assert openings.closed == times


def test_the_end_of_the_loop_closes_it(tmp_path: Path) -> None:
    """Nobody has to remember; in another loop it is opened anew."""
    openings = Openings(lambda: scripted(tmp_path))
    opening = Opening(openings)
    for times in (1, 2):
        asyncio.run(opening.service())  # type: ignore[arg-type]  # it is a coroutine
        assert (openings.opened, openings.closed) == (times, times)


async def test_a_caller_who_gives_up_does_not_take_it_from_the_others(tmp_path: Path) -> None:
    """Its wait is cancelled, the opening is not."""
    openings = Openings(lambda: scripted(tmp_path))
    opening = Opening(openings)
    hasty, patient = (asyncio.create_task(opening.service()) for _ in range(2))
    await asyncio.sleep(0)
    hasty.cancel()
    assert (await patient) is (await opening.service())
    await opening.close()
    assert openings.opened == 1


async def test_a_service_of_somebody_else_is_left_open(tmp_path: Path) -> None:
    """Who opened it closes it."""
    async with scripted(tmp_path) as service:
        opening = Opening(service)
        async with opening.lifespan():
            assert await opening.service() is service
        assert service.info("0")["protocol"] == 2


async def test_who_waits_for_one_that_cannot_be_opened_is_told_and_may_try_again(tmp_path: Path) -> None:
    """A wrong setting is no mistake of who calls, so it is told as something that is missing."""
    wrong = True

    @asynccontextmanager
    async def open_later() -> AsyncIterator[Service]:
        if wrong:
            raise InputError("there is no model 'x'")
        async with scripted(tmp_path) as service:
            yield service

    opening = Opening(open_later)
    for _ in range(2):
        with pytest.raises(ResourceError, match="no model 'x'"):
            await opening.service()
    wrong = False
    assert (await opening.service()).info("0")["protocol"] == 2
    await opening.close()


async def test_an_error_while_it_is_closed_is_raised_to_who_closes_it(tmp_path: Path) -> None:
    """It does not get lost in a task that nobody looks at."""

    @asynccontextmanager
    async def leaking() -> AsyncIterator[Service]:
        async with scripted(tmp_path) as service:
            yield service
        raise ResourceError("it did not close")

    opening = Opening(leaking)
    await opening.service()
    with pytest.raises(ResourceError, match="did not close"):
        await opening.close()
