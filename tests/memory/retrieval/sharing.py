"""A process that shares a home and a Chroma server with others: it adds agents, and finds its own at once."""

import asyncio
from pathlib import Path

from repertory.memory.records import Agent
from tests.memory.retrieval.killed import opened

ROUNDS = 10


def work(folder: Path, server: str, number: int) -> None:
    """Add two agents a round, change one that all change, and search; the first process also embeds all anew."""
    asyncio.run(_work(folder, server, number))


async def _work(folder: Path, server: str, number: int) -> None:
    async with opened(folder, server) as (registry, _):
        for n in range(ROUNDS):
            pair = [agent(f"p{number}n{n}{letter}") for letter in "xy"]
            await registry.save_agents(pair)
            await registry.save_agent(agent("common", f"servant {n} of {number}"))
            found = await registry.find_agents([text(each) for each in pair], 1)
            assert [matches[0].record.name for matches in found] == [each.name for each in pair]
            if number == 0 and n % 4 == 1:
                await registry.reindex()


def agent(name: str, role: str = "clerk") -> Agent:
    """An agent that no other is like."""
    return Agent(name=name, role=f"{role} {name}", description=f"keeps the ledger of {name}")


def text(agent: Agent) -> str:
    """What finds it."""
    return f"{agent.role}: {agent.description}"
