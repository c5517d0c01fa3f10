"""What processes do with a database that they share."""

import asyncio
import itertools
import os
from pathlib import Path

from langgraph.store.base import PutOp

from repertory.memory.storage.checkpoints import build_serializer
from repertory.memory.storage.postgres import open_database

ROUNDS = 25
COUNTER = ("counter",)


def count(folder: Path) -> None:
    """Add one, some times; the database is named in the folder."""
    asyncio.run(_count(folder))


def write(folder: Path) -> None:
    """Write pairs of records until killed, and say which are written."""
    asyncio.run(_write(folder))


def hold(folder: Path) -> None:
    """Hold a lock until killed."""
    asyncio.run(_hold(folder))


def append(path: Path, line: str) -> None:
    """One line, in one write."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


async def _count(folder: Path) -> None:
    async with open_database((folder / "address").read_text(), build_serializer()) as database:
        for _ in range(ROUNDS):
            async with database.store.exclusive("counter"):
                item = await database.store.aget(COUNTER, "n")
                await database.store.aput(COUNTER, "n", {"n": (item.value["n"] if item else 0) + 1})


async def _write(folder: Path) -> None:
    async with open_database((folder / "address").read_text(), build_serializer()) as database:
        for n in itertools.count():
            keys = f"{os.getpid()}.{n}.x", f"{os.getpid()}.{n}.y"
            await database.store.abatch([PutOp(("pairs",), key, {"n": n}) for key in keys])
            append(folder / "log", " ".join(keys))


async def _hold(folder: Path) -> None:
    async with (
        open_database((folder / "address").read_text(), build_serializer()) as database,
        database.locks.hold("a", busy="it is held"),
        database.store.exclusive("b"),
    ):
        append(folder / "log", str(os.getpid()))
        await asyncio.Event().wait()
