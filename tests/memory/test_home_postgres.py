"""Homes that share one database, and a Chroma server."""

import asyncio
import json
import multiprocessing
import os
import random
import time
from pathlib import Path

import pytest

from repertory.memory.errors import InputError, ResourceError
from repertory.memory.home import open_home
from repertory.memory.registry import Registry
from repertory.memory.retrieval.documents import agent_rows
from repertory.memory.storage.shelf import Shelf
from tests.chroma_server import server
from tests.memory import adding

__all__ = ["server"]
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.memory.adding"])


@pytest.fixture
def environ(database: str, tmp_path: Path) -> dict[str, str]:
    """A home over the database, which ranks by words."""
    return share(tmp_path, REPERTORY_DATABASE=database, REPERTORY_EMBEDDINGS="lexical")


def share(folder: Path, **environ: str) -> dict[str, str]:
    """Let processes know, too."""
    (folder / "environ").write_text(json.dumps(environ))
    return environ


def sqlite_files(folder: Path) -> list[Path]:
    return list(folder.glob("**/*.sqlite"))


async def test_all_is_kept_in_the_database(tmp_path: Path, environ: dict[str, str]) -> None:
    """Another folder finds it, and none has files of records or run state."""
    async with open_home(tmp_path / "a", environ=environ) as home:
        kept = await Registry(home.store, home.index).save_agent(adding.agent("a"))
    async with open_home(tmp_path / "b", environ=environ) as home:
        assert await Registry(home.store, home.index).agents() == [kept]
    assert sqlite_files(tmp_path) == []


async def test_a_thread_runs_once_at_a_time_in_all_homes(tmp_path: Path, environ: dict[str, str]) -> None:
    """Also where the folders are others."""
    async with open_home(tmp_path / "a", environ=environ) as home, open_home(tmp_path / "b", environ=environ) as other:
        async with home.lock_thread("t"):
            with pytest.raises(ResourceError, match=f"thread 't' is being run by process {os.getpid()}:"):
                async with other.lock_thread("t"):
                    raise AssertionError
            assert await other.locks.is_held("thread t")
        async with other.lock_thread("t"):
            pass


async def test_each_home_has_an_index_of_its_own_and_finds_what_others_add(tmp_path: Path, database: str) -> None:
    """Embedded Chroma is derived data: each folder's follows the changes in the database."""
    environ = {"REPERTORY_DATABASE": database, "REPERTORY_EMBEDDINGS": "minilm"}
    async with open_home(tmp_path / "a", environ=environ) as home, open_home(tmp_path / "b", environ=environ) as other:
        registries = [Registry(each.store, each.index) for each in (home, other)]
        for n in range(3):
            for at, registry in enumerate(registries):
                await registry.save_agent(adding.agent(f"a{n}{at}"))
                for each in registries:
                    (found,) = await each.find_agents([adding.text(adding.agent(f"a{n}{at}"))], 1)
                    assert found[0].record.name == f"a{n}{at}"
        assert home.notices == other.notices == ()
    assert (tmp_path / "a" / "chroma").exists()
    assert (tmp_path / "b" / "chroma").exists()


async def test_processes_add_agents_at_once(tmp_path: Path, database: str, server: str) -> None:
    """Two with one database and one Chroma server: nothing is lost, and the index agrees with the store."""
    environ = share(tmp_path, REPERTORY_DATABASE=database, REPERTORY_CHROMA=server, REPERTORY_EMBEDDINGS="minilm")
    processes = [_CONTEXT.Process(target=adding.share, args=(tmp_path,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        await asyncio.to_thread(process.join)
    assert [process.exitcode for process in processes] == [0, 0]
    async with open_home(tmp_path / "c", environ=environ) as home:
        registry = Registry(home.store, home.index)
        agents = await registry.agents()
        assert len(agents) == 2 * adding.ROUNDS * 2 + 1
        found = await registry.find_agents([adding.text(agent) for agent in agents], 1)
        assert [matches[0].record for matches in found] == agents
        assert await home.index.keys("agents", "local") == {row for agent in agents for row in agent_rows(agent)}
        position = await Shelf(home.store, "local").position("agents")
        assert position.number == 2 * adding.ROUNDS * 2
        memo = await home.index.memo("agents", "local")
        assert memo is not None
        assert memo.position == position
        assert await registry.reconcile() == 0


async def test_kills_lose_no_acknowledged_agent(tmp_path: Path, database: str, server: str) -> None:
    """SIGKILL of 24 processes at any moment while they save: all that were saved are there, and found."""
    environ = share(tmp_path, REPERTORY_DATABASE=database, REPERTORY_CHROMA=server, REPERTORY_EMBEDDINGS="minilm")
    log, rng = tmp_path / "log", random.Random(1)
    log.touch()
    for _ in range(24):
        enough = len(log.read_text().splitlines()) + rng.randrange(1, 12)
        process = _CONTEXT.Process(target=adding.add, args=(tmp_path,))
        process.start()
        deadline = time.monotonic() + 120
        while len(log.read_text().splitlines()) < enough:
            assert process.is_alive()
            assert time.monotonic() < deadline
            await asyncio.sleep(0.001)
        await asyncio.sleep(rng.random() * 0.01)
        process.kill()
        process.join()
    async with open_home(tmp_path / "other", environ=environ) as home:
        registry = Registry(home.store, home.index)
        agents = await registry.agents()
        assert set(log.read_text().split("\n")[:-1]) <= {agent.name for agent in agents}
        found = await registry.find_agents([adding.text(agent) for agent in agents], 1)
        assert [matches[0].record for matches in found] == agents
        assert await home.index.keys("agents", "local") == {row for agent in agents for row in agent_rows(agent)}


async def test_a_wrong_address_is_refused_at_once(tmp_path: Path) -> None:
    """It is named without its password."""
    with pytest.raises(InputError, match="'mysql…' is no address of a PostgreSQL database"):
        async with open_home(tmp_path, environ={"REPERTORY_DATABASE": "mysql://ann:sesame@h/b"}):
            raise AssertionError
