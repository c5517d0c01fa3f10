"""The budget of a run: how many model calls, tokens and seconds are left, and how many calls may run at once."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from repertory.memory.errors import LimitError
from repertory.memory.records import Usage
from repertory.nodes.context import Limits


class Budget:
    """Counts what a run spends, and stops it at its limits.

    Args:
        limits: the bounds.
        spent: what the run has spent before, for example before a restart.
        elapsed: seconds of work before; waiting for a person is no work.
    """

    def __init__(self, limits: Limits, spent: Usage = Usage(), elapsed: float = 0.0) -> None:  # noqa: B008
        self.limits = limits
        self.spent = spent
        self._under_way = 0
        self._began = time.monotonic() - elapsed
        self._slots = asyncio.Semaphore(limits.parallel_model_calls)

    @property
    def elapsed(self) -> float:
        """Seconds of work of the run so far."""
        return time.monotonic() - self._began

    def check(self) -> None:
        """Raise LimitError where a limit is reached, naming it and the setting that raises it."""
        limits = self.limits
        for name, used, most in (
            ("model_calls", self.spent.model_calls + self._under_way, limits.model_calls),
            ("tokens", self.spent.tokens, limits.tokens),
            ("seconds", self.elapsed, limits.seconds),
        ):
            if used >= most:
                raise _reached(name, used, most)

    @asynccontextmanager
    async def call(self) -> AsyncIterator[None]:
        """Hold a slot for one model call; a call that outlasts the run's seconds is given up.

        Raises:
            LimitError: a limit is reached.
        """
        async with self._slots:
            self.check()
            self._under_way += 1
            try:
                async with self.in_time():
                    yield
            finally:
                self._under_way -= 1

    @asynccontextmanager
    async def in_time(self) -> AsyncIterator[None]:
        """Give up what outlasts the run's seconds.

        Raises:
            LimitError: the time is over.
        """
        limit = asyncio.timeout(self.limits.seconds - self.elapsed)
        try:
            async with limit:
                yield
        except TimeoutError:
            if limit.expired():
                raise _reached("seconds", self.elapsed, self.limits.seconds) from None
            raise

    def spend(self, usage: Usage) -> None:
        """Count what a call cost."""
        self.spent += usage


def _reached(name: str, used: float, most: float) -> LimitError:
    return LimitError(f"the run reached its limit of {most} {name} (used {used:.4g}); raise `limits.{name}`")
