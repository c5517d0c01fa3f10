"""A Chroma server that several processes share over one home."""

import asyncio
import multiprocessing
from pathlib import Path

from repertory.memory.retrieval.documents import agent_rows
from tests.memory.retrieval import sharing
from tests.memory.retrieval.killed import opened

PROCESSES = 8
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.memory.retrieval.sharing"])


async def test_eight_processes_share_a_server(tmp_path: Path, server: str) -> None:
    """They add, change and search at once, one reindexes: nothing is lost, and the index agrees with the store."""
    processes = [_CONTEXT.Process(target=sharing.work, args=(tmp_path, server, number)) for number in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        await asyncio.to_thread(process.join)
    assert [process.exitcode for process in processes] == [0] * PROCESSES

    async with opened(tmp_path, server) as (registry, shelf):
        agents = await registry.agents()
        assert len(agents) == PROCESSES * sharing.ROUNDS * 2 + 1
        found = await registry.find_agents([sharing.text(agent) for agent in agents], 1)
        keys = await registry.index.keys("agents", "local")
        assert keys == {row for agent in agents for row in agent_rows(agent)}
        assert [matches[0].record for matches in found] == agents
        memo = await registry.index.memo("agents", "local")
        assert memo.position == await shelf.position("agents")
        assert memo.position.number == PROCESSES * sharing.ROUNDS * 2
