"""Work on a registry that is killed: agents are added, changed and reindexed until then, in a process of its own.

Before each operation it says what it is about to do, and after it that it is done: so a test can tell what must be
there.
"""

import asyncio
import itertools
import json
import os
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Literal, NamedTuple

import chromadb  # noqa: F401 - imported once, by the process from which all others are forked

from repertory.memory.records import Agent
from repertory.memory.registry import Registry
from repertory.memory.retrieval.chroma import ChromaIndex
from repertory.memory.retrieval.documents import agent_rows, agent_text
from repertory.memory.storage.checkpoints import open_store
from repertory.memory.storage.locks import FileLocks
from repertory.memory.storage.shelf import Position, Shelf
from tests.memory.retrieval.rows import Hashed

Kind = Literal["add", "update", "reindex"]


class Known(NamedTuple):
    """What must be true of an agent."""

    role: str
    status: str


def add(folder: Path) -> None:
    """Check what is there, and add agents until killed."""
    asyncio.run(_work(folder, "add"))


def update(folder: Path) -> None:
    """Check what is there, and change agents, put them to rest and wake them until killed."""
    asyncio.run(_work(folder, "update"))


def reindex(folder: Path) -> None:
    """Check what is there, and reindex until killed."""
    asyncio.run(_work(folder, "reindex"))


def check(folder: Path) -> None:
    """Check what is there."""
    asyncio.run(_check_only(folder))


class Opened(NamedTuple):
    """A registry, and the shelf of its owner."""

    registry: Registry
    shelf: Shelf


@asynccontextmanager
async def opened(folder: Path, server: str | None = None) -> AsyncIterator[Opened]:
    """A store in a folder, with Chroma embedded in that folder, or at a server."""
    (folder / "locks").mkdir(exist_ok=True)
    locks = FileLocks(folder / "locks")
    index = ChromaIndex(server or folder / "chroma", Hashed())
    async with AsyncExitStack() as stack:
        async with locks.hold("setup", busy="another process makes the tables", wait=60):
            store = await stack.enter_async_context(open_store(folder / "store.sqlite", locks))
        yield Opened(Registry(store, index), Shelf(store, "local"))
        await index.close()


def say(folder: Path, kind: str, **what: object) -> None:
    """One line of the log, in one write."""
    descriptor = os.open(folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{json.dumps({'kind': kind, **what})}\n".encode())
    os.close(descriptor)


def said(folder: Path) -> list[dict[str, object]]:
    """The log so far."""
    path = folder / "log"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def known(folder: Path) -> dict[str, list[Known]]:
    """By name, what an agent may be: as it was acknowledged, or as the operation that was killed would have left it."""
    agents: dict[str, list[Known]] = {}
    for line in said(folder):
        for name, *fields in line.get("agents", ()):
            now = Known(*fields)
            agents[name] = [*agents.get(name, []), now] if line["kind"] == "begin" else [now]
    return agents


async def _check(at: Opened, folder: Path) -> None:
    """Store and index agree once searched, nobody is lost, and each agent is found by its own text."""
    registry = at.registry
    agents = {agent.name: agent for agent in await registry.agents()}
    states = known(folder)
    acknowledged = {name for line in said(folder) if line["kind"] == "done" for name, *_ in line.get("agents", ())}
    assert acknowledged <= agents.keys() <= states.keys()
    for agent in agents.values():
        assert Known(agent.role, agent.status) in states[agent.name], (agent, states[agent.name])
    active = [agent for agent in agents.values() if agent.status == "active"]
    queries = [agent_text(agent.role, agent.description) for agent in active]
    found = await registry.find_agents(queries, 1)
    for agent, matches in zip(active, found, strict=True):
        assert [match.record.name for match in matches] == [agent.name]
    wanted = {row for agent in agents.values() for row in agent_rows(agent)}
    assert await registry.index.keys("agents", registry.owner) == wanted
    memo = await registry.index.memo("agents", registry.owner)
    assert (memo.position if memo else Position()) == await at.shelf.position("agents")
    assert await registry.reconcile() == 0


async def _check_only(folder: Path) -> None:
    async with opened(folder) as at:
        await _check(at, folder)


async def _work(folder: Path, kind: Kind) -> None:
    async with opened(folder) as at:
        registry = at.registry
        await _check(at, folder)
        say(folder, "checked")
        rng = random.Random(os.getpid())
        for n in itertools.count():
            if kind == "add":
                await _add(registry, folder, [f"a{os.getpid()}x{n}x{each}" for each in range(rng.randrange(1, 4))])
            elif kind == "update":
                await _update(registry, folder, rng)
            else:
                say(folder, "begin", what="reindex")
                await registry.reindex()
                say(folder, "done", what="reindex")


async def _add(registry: Registry, folder: Path, names: list[str]) -> None:
    states = [(name, f"clerk {name}", "active") for name in names]
    say(folder, "begin", what="add", agents=states)
    await registry.save_agents([_agent(name, role) for name, role, _ in states])
    say(folder, "done", what="add", agents=states)


async def _update(registry: Registry, folder: Path, rng: random.Random) -> None:
    agents = await registry.agents()
    old = rng.choice(agents)
    if old.status == "inactive" or rng.random() < 0.4:
        move = "wake" if old.status == "inactive" else "rest"
        new = (old.name, old.role, "active" if move == "wake" else "inactive")
        say(folder, "begin", what="update", agents=[new])
        await registry.move_agents([old.name], move)
    else:
        new = (old.name, f"{rng.choice(('poet', 'smith'))} {old.name} {rng.random()}", old.status)
        say(folder, "begin", what="update", agents=[new])
        await registry.save_agent(_agent(old.name, new[1]))
    say(folder, "done", what="update", agents=[new])


def _agent(name: str, role: str) -> Agent:
    return Agent(name=name, role=role, description=f"keeps the ledger {name}")
