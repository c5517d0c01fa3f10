"""Import libraries, and public collections of agents in Markdown, into a registry."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from repertory.memory.definitions.markdown import Vocabulary
from repertory.memory.definitions.problems import Problem
from repertory.memory.errors import InputError
from repertory.memory.library.arrivals import Arrival, CohortArrival, Door
from repertory.memory.library.export import Progress
from repertory.memory.library.layout import check_head, is_library
from repertory.memory.library.names import Named, named
from repertory.memory.library.reading import Found, Incoming, Reader
from repertory.memory.registry import Registry
from repertory.memory.registry.restoring import Saved

BATCH = 200
"""Agents of one write."""


@dataclass
class Imported:
    """What came of an import."""

    agents: list[Arrival] = field(default_factory=list)
    cohorts: list[CohortArrival] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    """What is wrong with files that were not imported."""
    skipped: int = 0
    """Markdown files that describe no agent, such as a README."""
    duplicates: int = 0
    """Files that say the same as another."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Tools that there are none of here, each with the number of agents that it was taken from."""


async def import_agents(
    registry: Registry,
    sources: Sequence[Path],
    *,
    vocabulary: Vocabulary,
    active: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Import libraries as `export_library` writes them, and Markdown as public collections have it.

    A library brings its agents with versions, statuses and track records, and its cohorts. Agents of a collection are
    drafts: nobody here has approved their prompts. What becomes of names that are taken, `Door` says. Files that are
    wrong keep no other out. Importing the same again changes nothing.

    Args:
        registry: takes them in, `BATCH` at a time; after each its index is brought up to date.
        sources: folders, and Markdown files.
        vocabulary: what tools and models are called in collections.
        active: drafts come in as active.
        progress: is told how many agents are in, of those that were found.

    Raises:
        InputError: a source is neither, or a library that cannot be read; nothing is imported then.
    """
    await asyncio.to_thread(_check, sources)
    reader, result, door = Reader(vocabulary), Imported(), Door(registry, active)
    brought, found = await asyncio.to_thread(_read, reader, sources)
    total = sum(len(library.agents) for library in brought) + len(found)

    async def let_in(incoming: Sequence[Incoming]) -> None:
        for start in range(0, len(incoming), BATCH):
            result.agents += await door.agents(incoming[start : start + BATCH])
            await registry.reconcile()
            if progress is not None:
                progress(len(result.agents) + result.duplicates, total)

    await registry.reconcile()  # an index that agrees now has to be told of changes only
    for library in brought:
        await let_in(library.agents)
        result.cohorts += [await door.cohort(saved, file) for saved, file in library.cohorts]
    kept = await registry.agents_named(each.described.agent.name for each in found)
    drafts = named(found, kept)
    result.duplicates = len(found) - len(drafts)
    result.dropped.update(tool for draft in drafts for tool in draft.found.described.dropped)
    await let_in([_incoming(draft) for draft in drafts])
    result.problems, result.skipped = reader.problems, reader.skipped
    return result


class _Brought(NamedTuple):
    """What is in a library."""

    agents: list[Incoming]
    cohorts: list[tuple[Saved, str]]


def _read(reader: Reader, sources: Sequence[Path]) -> tuple[list[_Brought], list[Found]]:
    """The libraries, and what is in the collections together."""
    brought, found = [], []
    for source in dict.fromkeys(sources):
        if is_library(source):
            brought.append(_Brought(list(reader.library(source)), list(reader.cohorts(source))))
        else:
            found += list(reader.file(source) if source.is_file() else reader.collection(source))
    return brought, found


def _check(sources: Iterable[Path]) -> None:
    for source in sources:
        if is_library(source):
            check_head(source)
        elif not source.is_dir() and not source.is_file():
            raise InputError(f"{source}: there is no such folder or file")
        elif source.is_file() and source.suffix.lower() != ".md":
            raise InputError(f"{source}: is no .md file; a .yaml or .py file is for `repertory agents add`")


def _incoming(draft: Named) -> Incoming:
    fields = {"status": "draft", "created_by": f"import {draft.found.file}"}
    return Incoming((draft.agent.model_copy(update=fields),), draft.found.file)
