"""Registries in memory, and what is put into them."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from langgraph.store.memory import InMemoryStore

from repertory.memory.definitions.markdown import Vocabulary
from repertory.memory.plans import Casting, Cohort, Company, Plan, Step
from repertory.memory.records import Agent
from repertory.memory.registry import Registry
from repertory.memory.retrieval.lexical import LexicalIndex

VOCABULARY = Vocabulary(dict.fromkeys(["read", "read_file"], "read_file"), lambda model: model.startswith("openai:"))
NewRegistry = Callable[..., Registry]


@pytest.fixture
def new_registry() -> NewRegistry:
    """Makes registries, each with a store of its own."""
    return lambda owner="local": Registry(InMemoryStore(), LexicalIndex(), owner)


def agent(name: str = "csv", **fields: object) -> Agent:
    return Agent(**{"name": name, "role": "CSV analyst", "description": "computes figures from tables", **fields})


def cohort(cohort_id: str, task: str = "Add up", **fields: object) -> Cohort:
    company = Company(
        plan=Plan(steps=(Step(id="one", instruction="add", agent="csv"),)), cast=(Casting(agent=agent()),)
    )
    return Cohort(**{"id": cohort_id, "task": task, "company": company, **fields})


def contents(folder: Path) -> dict[str, str]:
    """What is in the files of a folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
