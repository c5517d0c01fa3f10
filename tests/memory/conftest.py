"""Stores that the registry and what is below it are tested over."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from repertory.memory.storage.checkpoints import open_store
from repertory.memory.storage.locks import FileLocks


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BaseStore]:
    """A store in memory, and one in SQLite."""
    if request.param == "memory":
        yield InMemoryStore()
        return
    (tmp_path / "locks").mkdir()
    async with open_store(tmp_path / "s.sqlite", FileLocks(tmp_path / "locks")) as sqlite:
        yield sqlite
