"""Work that nobody waits for at once: done soon, one after the other, and over before it matters."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

_PAUSE = 0.1
"""Seconds before work begins that nobody waits for: whoever caused it ends first. Measured with embedded Chroma, which
holds the interpreter while it writes: begun at once, five agents cost the run that keeps them 50 ms; so, 1 ms."""


@dataclass
class _Queue:
    last: asyncio.Task[None] | None = None
    awaited: asyncio.Event = field(default_factory=asyncio.Event)


class Background:
    """Tasks of one event loop, in a queue for each name. Whoever made it closes it before the loop ends."""

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}

    def start(self, name: str, do: Callable[[], Awaitable[None]]) -> None:
        """Do it soon, after all that was started under that name.

        When one fails, those behind it are not done, and its error is raised where they are waited for.
        """
        queue = self._queues.setdefault(name, _Queue())
        task = queue.last = asyncio.create_task(_soon(do, queue.last, queue.awaited))

        def forget(_: asyncio.Task[None]) -> None:
            well = not task.cancelled() and task.exception() is None
            if well and queue.last is task:
                self._queues.pop(name, None)

        task.add_done_callback(forget)

    async def settled(self, name: str) -> None:
        """Wait until all that was started under that name is done.

        Raises:
            Exception: what the first of it raised that failed; once.
        """
        queue = self._queues.get(name)
        if queue is None or queue.last is None:
            return
        queue.awaited.set()
        task = queue.last
        await asyncio.wait([task])  # when this is cancelled, the task is not
        if self._queues.get(name) is queue and queue.last is task:
            del self._queues[name]
            task.result()

    async def close(self, patience: float) -> None:
        """Wait until all is done; what is not done in time is broken off.

        Args:
            patience: seconds to wait.

        Raises:
            ExceptionGroup: what failed and was not waited for.
        """
        queues = list(self._queues.values())
        self._queues.clear()
        for queue in queues:
            queue.awaited.set()
        tasks = [queue.last for queue in queues if queue.last is not None]
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=patience)
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        if failures := [end for end in ends if isinstance(end, Exception)]:
            raise ExceptionGroup("work in the background failed", failures)


async def _soon(do: Callable[[], Awaitable[None]], before: asyncio.Task[None] | None, awaited: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(_PAUSE):
            await awaited.wait()
    except TimeoutError:
        pass
    if before is not None:
        await before
    await do()
