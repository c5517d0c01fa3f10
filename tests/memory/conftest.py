"""Stores that the registry and what is below it are tested over."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from repertory.memory.storage.checkpoints import build_serializer, open_store
from repertory.memory.storage.locks import FileLocks
from repertory.memory.storage.postgres import open_database
from tests.postgres import cluster, database

__all__ = ["cluster", "database", "store"]


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BaseStore]:
    """A store in memory, one in SQLite, and one in PostgreSQL."""
    if request.param == "memory":
        yield InMemoryStore()
    elif request.param == "sqlite":
        (tmp_path / "locks").mkdir()
        async with open_store(tmp_path / "s.sqlite", FileLocks(tmp_path / "locks")) as sqlite:
            yield sqlite
    else:
        async with open_database(request.getfixturevalue("database"), build_serializer()) as postgres:
            yield postgres.store
