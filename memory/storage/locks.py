"""Locks between processes, and within one: a file that one holder at a time has locked."""

import asyncio
import contextlib
import hashlib
import os
import re
import threading
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol
from weakref import WeakKeyDictionary

from filelock import FileLock, Timeout

from repertory.memory.errors import ResourceError

_POLL_SECONDS = 0.002
_RETRY_SECONDS = 0.2


@contextlib.asynccontextmanager
async def hold_in_process(thing: object, name: str) -> AsyncIterator[None]:
    """Hold the lock of that name on an object; other tasks, threads and event loops of this process wait."""
    with _mutexes_guard:
        mutex = _mutexes.setdefault(thing, {}).setdefault(name, threading.Lock())
    while not mutex.acquire(blocking=False):  # noqa: ASYNC110 - an asyncio lock belongs to one event loop
        await asyncio.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        mutex.release()


_mutexes: WeakKeyDictionary[object, dict[str, threading.Lock]] = WeakKeyDictionary()
_mutexes_guard = threading.Lock()


class Locks(Protocol):
    """Locks by name, which are free when their holder dies."""

    def hold(self, name: str, *, busy: str, wait: float = 0.0) -> AbstractAsyncContextManager[None]:
        """Hold the lock of that name, which excludes other tasks of this process, too.

        Args:
            name: any text.
            busy: what to say when it is held elsewhere; `{pid}` becomes the holder's process id.
            wait: seconds to wait for it.

        Raises:
            ResourceError: on entering, when it is held elsewhere, after waiting; within, when it can be lost and was.
        """
        ...

    async def is_held(self, name: str) -> bool:
        """Whether any living process holds the lock of that name."""
        ...


@contextlib.asynccontextmanager
async def stay(locks: Locks, name: str, *, busy: str) -> AsyncIterator[None]:
    """Hold a lock in a task of its own, and take it again when it was lost; whoever entered is not broken off.

    For locks that only tell others that their holder lives.

    Raises:
        ResourceError: on entering, when it is held elsewhere.
    """
    taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def hold() -> None:
        while True:
            try:
                async with locks.hold(name, busy=busy):
                    if not taken.done():
                        taken.set_result(None)
                    await asyncio.Event().wait()
            except ResourceError as error:
                if not taken.done():
                    taken.set_exception(error)
                    return
                await asyncio.sleep(_RETRY_SECONDS)

    task = asyncio.create_task(hold())
    try:
        await taken
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class FileLocks:
    """Locks by name, as files in a folder. The operating system frees them when their holder dies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.asynccontextmanager
    async def hold(self, name: str, *, busy: str, wait: float = 0.0) -> AsyncIterator[None]:
        """Hold the lock of that name; it also excludes other tasks and threads of this process.

        Args:
            name: any text.
            busy: what to say when it is held elsewhere; `{pid}` becomes the holder's process id.
            wait: seconds to wait for it.

        Raises:
            ResourceError: it is held elsewhere, after waiting.
        """
        lock = await self.acquire(name, busy=busy, wait=wait)
        try:
            yield
        finally:
            await asyncio.shield(asyncio.to_thread(lock.release))  # it touches files

    async def is_held(self, name: str) -> bool:
        """Whether any living process holds the lock of that name.

        The lock is tried for that: whoever wants it in that very moment, and does not wait, is told that it is held.
        """
        try:
            lock = await self.acquire(name, busy="")
        except ResourceError:
            return True
        await asyncio.shield(asyncio.to_thread(lock.release))
        return False

    async def acquire(self, name: str, *, busy: str, wait: float = 0.0) -> "HeldLock":
        """Take the lock until it is released; see `hold`."""
        path = self._folder / _file_name(name)
        lock = FileLock(path, thread_local=False)
        until = time.monotonic() + wait
        while True:
            attempt = asyncio.create_task(asyncio.to_thread(_try, lock, path))  # it touches files
            try:
                held = await asyncio.shield(attempt)
            except asyncio.CancelledError:  # the thread may get it all the same
                attempt.add_done_callback(_let_go)
                raise
            if isinstance(held, HeldLock):
                return held
            if time.monotonic() >= until:
                raise ResourceError(busy.replace("{pid}", held))
            await asyncio.sleep(_POLL_SECONDS)


class HeldLock:
    """A lock that this process holds."""

    def __init__(self, lock: FileLock, path: Path) -> None:
        self._lock = lock
        self._note = path.with_suffix(".pid")  # not in the locked file: whoever tries to lock that may empty it
        self._note.write_text(str(os.getpid()))

    def release(self) -> None:
        """Let go; calling it twice does nothing."""
        if self._lock.is_locked:
            self._note.unlink(missing_ok=True)
            self._lock.release()


def _try(lock: FileLock, path: Path) -> HeldLock | str:
    """The lock, or else the id of the process that holds it."""
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return _holder(path)
    return HeldLock(lock, path)


def _let_go(attempt: "asyncio.Task[HeldLock | str]") -> None:
    if not attempt.cancelled() and attempt.exception() is None and isinstance(held := attempt.result(), HeldLock):
        held.release()


def _holder(path: Path) -> str:
    try:
        return path.with_suffix(".pid").read_text().strip() or "unknown"
    except OSError:  # it has just been released, or has just been taken
        return "unknown"


def _file_name(name: str) -> str:
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:40].strip("-")
    return f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:16]}.lock"
