"""Processes that add agents to one database, each with a home of its own, as on machines of their own."""

import asyncio
import itertools
import json
import os
from pathlib import Path

import chromadb  # noqa: F401 - imported once, by the process from which all others are forked

from repertory.memory.home import open_home
from repertory.memory.records import Agent
from repertory.memory.registry import Registry

ROUNDS = 8


def share(folder: Path) -> None:
    """Add two agents a round, change one that all change, and find one's own at once."""
    asyncio.run(_share(folder))


def add(folder: Path) -> None:
    """Add agents until killed, search now and then, and say which are added."""
    asyncio.run(_add(folder))


def agent(name: str, role: str = "clerk") -> Agent:
    """An agent that no other is like."""
    return Agent(name=name, role=f"{role} {name}", description=f"keeps the ledger of {name}")


def text(agent: Agent) -> str:
    """What finds it."""
    return f"{agent.role}: {agent.description}"


def environ(folder: Path) -> dict[str, str]:
    """What a test left for its processes."""
    left: dict[str, str] = json.loads((folder / "environ").read_text())
    return left


async def _share(folder: Path) -> None:
    async with open_home(folder / str(os.getpid()), environ=environ(folder)) as home:
        registry = Registry(home.store, home.index)
        for n in range(ROUNDS):
            pair = [agent(f"p{os.getpid()}n{n}{letter}") for letter in "xy"]
            await registry.save_agents(pair)
            await registry.save_agent(agent("common", f"servant {n} of {os.getpid()}"))
            found = await registry.find_agents([text(each) for each in pair], 1)
            assert [matches[0].record.name for matches in found] == [each.name for each in pair]


async def _add(folder: Path) -> None:
    async with open_home(folder / "home", environ=environ(folder)) as home:
        registry = Registry(home.store, home.index)
        for n in itertools.count():
            one = await registry.save_agent(agent(f"a{os.getpid()}n{n}"))
            descriptor = os.open(folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(descriptor, f"{one.name}\n".encode())
            os.close(descriptor)
            if n % 5 == 4:
                await registry.find_agents([text(one)], 1)
