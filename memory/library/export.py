"""Write an owner's agents and cohorts to a folder."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from repertory.memory.library.files import agent_markdown, cohort_yaml
from repertory.memory.library.layout import AGENTS, COHORTS, VERSIONS, files_in, prepare, stems, write_file, write_head
from repertory.memory.records import Agent
from repertory.memory.registry import Registry
from repertory.memory.registry.restoring import Saved

Progress = Callable[[int, int], None]
"""Is told how much is done, and of how much."""

_CHUNK = 200


@dataclass(frozen=True)
class Exported:
    """What was written."""

    agents: int
    versions: int
    """Older ones."""
    cohorts: int
    strangers: tuple[str, ...]
    """Files that were there before and are not of this export, relative to the folder; an import would read them."""


async def export_library(registry: Registry, folder: Path, progress: Progress | None = None) -> Exported:
    """Write all agents with all their versions, and all cohorts, as `layout` says: all of it but the owner.

    A library that is in the folder already is brought up to date. The same records make the same files, to the byte.

    Args:
        registry: whose records.
        folder: made if need be; else empty, or a library.
        progress: is told how many files are done.

    Raises:
        InputError: something else is in the folder.
        ResourceError: it cannot be written.
    """
    agents, versions = await registry.agents(), await registry.older_versions()
    cohorts = await registry.saved_cohorts()
    await asyncio.to_thread(prepare, folder)
    names = stems({*(agent.name for agent in agents), *versions})
    files = _files(names, agents, versions, cohorts)
    for start in range(0, len(files), _CHUNK):
        await asyncio.to_thread(_write, folder, files[start : start + _CHUNK])
        if progress is not None:
            progress(min(start + _CHUNK, len(files)), len(files))
    strangers = await asyncio.to_thread(_strangers, folder, {path for path, _ in files})
    await asyncio.to_thread(write_head, folder, complete=True)
    return Exported(len(agents), sum(map(len, versions.values())), len(cohorts), strangers)


def _files(
    names: Mapping[str, str], agents: Iterable[Agent], versions: Mapping[str, Iterable[Agent]], cohorts: Iterable[Saved]
) -> list[tuple[str, Agent | Saved]]:
    """Where each record goes."""
    ids = stems(saved.cohort.id for saved in cohorts)
    return [
        *((f"{AGENTS}/{names[agent.name]}.md", agent) for agent in agents),
        *((f"{VERSIONS}/{names[name]}@{old.version}.md", old) for name, olds in versions.items() for old in olds),
        *((f"{COHORTS}/{ids[saved.cohort.id]}.yaml", saved) for saved in cohorts),
    ]


def _write(folder: Path, files: Iterable[tuple[str, Agent | Saved]]) -> None:
    for path, record in files:
        write_file(folder / path, agent_markdown(record) if isinstance(record, Agent) else cohort_yaml(record))


def _strangers(folder: Path, ours: Collection[str]) -> tuple[str, ...]:
    parts = ((AGENTS, ".md"), (VERSIONS, ".md"), (COHORTS, ".yaml"))
    there = [path.relative_to(folder).as_posix() for part, ending in parts for path in files_in(folder / part, ending)]
    return tuple(path for path in there if path not in ours)
