"""Work in the background: in order, never lost, over when it is waited for."""

import asyncio
import subprocess
import sys

import pytest

from repertory.memory.retrieval.background import Background


async def test_work_of_one_name_is_done_in_order_and_others_do_not_wait_for_it() -> None:
    """Nothing is done before the caller goes on; what is waited for is done then, the other name's is not."""
    background, done, slow = Background(), [], asyncio.Event()

    async def note(what: str) -> None:
        await asyncio.sleep(0.01 if what == "first" else 0)
        done.append(what)

    for what in ("first", "second", "third"):
        background.start("ann", lambda what=what: note(what))
    background.start("bob", slow.wait)
    assert done == []
    await background.settled("ann")
    assert done == ["first", "second", "third"]
    await background.settled("nobody")
    slow.set()
    await background.close(1)


async def test_work_is_done_without_being_waited_for() -> None:
    """Soon, by itself."""
    background, done = Background(), asyncio.Event()

    async def do() -> None:
        done.set()

    background.start("ann", do)
    async with asyncio.timeout(5):
        await done.wait()
    await background.close(1)


@pytest.mark.parametrize("wait", ["settled", "close"])
async def test_a_failure_is_raised_where_it_is_waited_for_and_once(wait: str) -> None:
    """Also after more was started; then the name is as new."""
    background, done = Background(), []

    async def fail() -> None:
        raise ValueError("broken")

    async def note() -> None:
        done.append(1)

    background.start("ann", fail)
    background.start("ann", note)
    if wait == "settled":
        with pytest.raises(ValueError, match="broken"):
            await background.settled("ann")
    else:
        with pytest.raises(ExceptionGroup) as caught:
            await background.close(1)
        assert [str(error) for error in caught.value.exceptions] == ["broken"]
    assert done == []
    background.start("ann", note)
    await background.settled("ann")
    await background.close(1)
    assert done == [1]


async def test_who_waits_may_be_cancelled_and_the_work_goes_on() -> None:
    """And closing waits for it."""
    background, release, done = Background(), asyncio.Event(), []

    async def do() -> None:
        await release.wait()
        done.append(1)

    background.start("ann", do)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(background.settled("ann"), 0.01)
    release.set()
    await background.close(1)
    assert done == [1]


def test_closing_is_patient_so_long_and_leaves_nothing_behind() -> None:
    """Work that hangs is broken off, with what is behind it; the loop ends without complaint."""
    script = """
import asyncio
from repertory.memory.retrieval.background import Background
async def main():
    background = Background()
    for _ in range(2):
        background.start("ann", asyncio.Event().wait)
    await background.close(0.05)
    print(len(asyncio.all_tasks()))
loop = asyncio.new_event_loop()
loop.run_until_complete(main())
loop.close()
"""
    done = subprocess.run([sys.executable, "-X", "dev", "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("1\n", "")
