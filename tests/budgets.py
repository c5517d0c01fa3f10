"""A budget that counts, for tests of model calls."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from repertory.memory.errors import LimitError
from repertory.memory.records import Usage


class CountingBudget:
    """Counts every attempt, and refuses calls after `calls` of them."""

    def __init__(self, calls: int = 100) -> None:
        self.calls = calls
        self.spent = Usage()

    @asynccontextmanager
    async def call(self) -> AsyncIterator[None]:
        """Hold nothing; LimitError where the calls are used up."""
        if self.spent.model_calls >= self.calls:
            raise LimitError(f"the limit of {self.calls} calls is reached")
        yield

    def spend(self, usage: Usage) -> None:
        """Count one attempt."""
        self.spent += usage
