"""The budget: every limit stops, names itself, and is never overrun by calls that run at once."""

import asyncio
from contextlib import suppress

import pytest

from repertory.memory.errors import LimitError
from repertory.memory.records import Usage
from repertory.nodes.budget import Budget
from repertory.nodes.context import Limits


@pytest.mark.parametrize(
    ("limits", "spent", "elapsed", "name"),
    [
        (Limits(model_calls=2), Usage(model_calls=2), 0, "model_calls"),
        (Limits(tokens=30), Usage(model_calls=1, input_tokens=20, output_tokens=10), 0, "tokens"),
        (Limits(seconds=1.5), Usage(), 1.5, "seconds"),
    ],
)
async def test_a_limit_that_is_reached_names_itself(limits: Limits, spent: Usage, elapsed: float, name: str) -> None:
    """And the setting that raises it; a call is not begun."""
    budget = Budget(limits, spent, elapsed)
    with pytest.raises(LimitError, match=f"limits.{name}"):
        budget.check()
    with pytest.raises(LimitError, match=name):
        async with budget.call():
            pytest.fail("a call began beyond the limit")


async def test_calls_at_once_do_not_overrun_the_limit() -> None:
    """Twenty at a limit of seven: seven."""
    budget, made = Budget(Limits(model_calls=7)), 0

    async def one() -> None:
        nonlocal made
        with suppress(LimitError):
            async with budget.call():
                made += 1
                await asyncio.sleep(0.005)
                budget.spend(Usage(model_calls=1))

    await asyncio.gather(*(one() for _ in range(20)))
    assert made == 7


async def test_a_call_that_failed_gives_its_slot_back() -> None:
    """Errors pass through as they are."""
    budget = Budget(Limits(parallel_model_calls=1))
    for _ in range(3):
        with pytest.raises(KeyError):
            async with budget.call():
                raise KeyError
    async with budget.call():
        pass


@pytest.mark.parametrize("seconds", [0.03, 0.04, 0.1])
async def test_what_outlasts_the_seconds_is_given_up_as_a_limit(seconds: float) -> None:
    """However few they are; a server's own timeout is no limit of ours."""
    with pytest.raises(LimitError, match=r"limits\.seconds"):
        async with Budget(Limits(seconds=seconds)).call():
            await asyncio.sleep(5)
    with pytest.raises(TimeoutError):
        async with Budget(Limits()).call():
            raise TimeoutError
