"""Checkpointers and stores that the graphs are tested over."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from langgraph.store.sqlite.aio import AsyncSqliteStore


class Keeping(NamedTuple):
    """Where a test's runs are kept."""

    checkpointer: BaseCheckpointSaver[Any]
    store: BaseStore


@pytest.fixture(params=["memory", "sqlite"])
async def keeping(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Keeping]:
    """A checkpointer and a store, in memory and in SQLite."""
    if request.param == "memory":
        yield Keeping(InMemorySaver(), InMemoryStore())
        return
    async with (
        AsyncSqliteSaver.from_conn_string(str(tmp_path / "checkpoints.sqlite")) as saver,
        AsyncSqliteStore.from_conn_string(str(tmp_path / "store.sqlite")) as store,
    ):
        await store.setup()
        yield Keeping(saver, store)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with two small files."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "a.txt").write_text("alpha alpha beta\n")
    (folder / "b.txt").write_text("gamma\n")
    return folder
