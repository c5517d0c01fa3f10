"""`repertory reindex`: embeds all agents anew, whatever breaks it off."""

import asyncio
import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import pytest

from repertory.memory.home import Home, open_home
from repertory.memory.records import Agent
from repertory.memory.registry import Registry
from tests.apps.conftest import COMMAND, Shell

MINILM = {"REPERTORY_EMBEDDINGS": "minilm"}
AGENTS = 300


@pytest.fixture
def full(shell: Shell) -> Path:
    """A home with agents."""

    async def fill() -> None:
        async with open_home(shell.folder / "home", environ=MINILM) as home:
            agents = [Agent(name=f"a{n}", role=f"clerk {n}", description=f"keeps ledger {n}") for n in range(AGENTS)]
            await Registry(home.store, home.index).save_agents(agents)
            await Registry(home.store, home.index).reconcile()

    asyncio.run(fill())
    return shell.folder / "home"


async def anew(home: Home) -> int:
    """How many rows are made anew by a reindexing that is not over."""
    return await home.index.count("agents-anew", "local")


def test_it_says_how_many_rows_there_are(shell: Shell, full: Path) -> None:
    """In words, and as a line of JSON; nothing else is written where there is no terminal."""
    ran = shell("reindex", **MINILM)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == f"reindexed {AGENTS} rows of agents and cohorts, from the store\n"
    ran = shell("reindex", "--owner", "nobody", "--json", **MINILM)
    assert ran.result == {"event": "reindexed", "owner": "nobody", "rows": 0, "notice": ""}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_broken_off_it_goes_on_and_searches_miss_nothing(shell: Shell, full: Path, how: signal.Signals) -> None:
    """In between every agent is found, and the rows made so far are there; the next one makes only the others."""
    process = subprocess.Popen(
        [COMMAND, "reindex"], cwd=shell.folder, env={**shell.environ, **MINILM}, stderr=subprocess.PIPE, text=True
    )
    made = 0
    until = time.monotonic() + 60
    while not made and time.monotonic() < until:
        time.sleep(0.2)
        made = _rows(full) - AGENTS
    process.send_signal(how)
    _, errors = process.communicate(timeout=60)
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert "goes on from here" in errors

    async def look() -> int:
        async with open_home(full, environ=MINILM) as home:
            registry = Registry(home.store, home.index)
            queries = [f"clerk {n}: keeps ledger {n}" for n in (0, AGENTS // 2, AGENTS - 1)]
            found = await registry.find_agents(queries, 5)
            names = [{each.record.name for each in matches} for matches in found]
            assert all(f"a{n}" in those for n, those in zip((0, AGENTS // 2, AGENTS - 1), names, strict=True))
            assert len(await home.index.keys("agents", "local")) == AGENTS
            return await anew(home)

    assert 0 < asyncio.run(look()) < AGENTS
    began = shell("reindex", "--json", **MINILM)
    assert began.result["rows"] == AGENTS

    async def over() -> None:
        async with open_home(full, environ=MINILM) as home:
            assert await home.index.memo("agents-anew", "local") is None
            assert len(await home.index.keys("agents", "local")) == AGENTS
            assert await Registry(home.store, home.index).reconcile() == 0

    asyncio.run(over())


def test_without_an_index_it_says_so(shell: Shell, full: Path) -> None:
    """Where ranking is by words there is nothing to rebuild."""
    ran = shell("reindex", REPERTORY_EMBEDDINGS="lexical")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == "repertory: there is no index to rebuild: ranking is by words, and needs none\n"


async def test_while_another_process_has_the_index_it_says_what_to_do(shell: Shell, full: Path) -> None:
    """The process is named, and the remedy; nothing is changed."""
    async with open_home(full, environ=MINILM) as home:
        await Registry(home.store, home.index).find_agents(["clerk"])
        ran = await asyncio.to_thread(shell, "reindex", **MINILM)
        assert ran.status == 1
        assert f"process {os.getpid()} uses the index of this home; stop it" in ran.err
        assert "REPERTORY_CHROMA=http://" in ran.err


def test_on_a_terminal_a_bar_shows_how_far_it_is(shell: Shell, full: Path) -> None:
    """On standard error, so that standard output stays what a program reads."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, "reindex", "--json"],
        cwd=shell.folder,
        env={**shell.environ, **MINILM, "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=follower,
        text=True,
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            shown += os.read(leader, 65536)
        except OSError:  # its other end is closed
            break
    output, _ = process.communicate(timeout=60)
    os.close(leader)
    assert '"rows": 300' in output
    assert b"embedding" in shown
    assert f"/{AGENTS}".encode() in shown


def _rows(home: Path) -> int:
    """Rows in all of Chroma's collections, as its database says."""
    import sqlite3

    connection = sqlite3.connect(f"file:{home / 'chroma' / 'chroma.sqlite3'}?mode=ro", uri=True, timeout=30)
    try:
        return int(connection.execute("SELECT count(*) FROM embeddings").fetchone()[0])
    finally:
        connection.close()
