"""Agents exported to a folder, and imported from folders and files."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from repertory.apps.screens.jsonl import JsonLines
from repertory.apps.screens.page import Page
from repertory.apps.screens.progress import progress_bar
from repertory.apps.status import ERROR, OK
from repertory.memory.library.export import export_library
from repertory.memory.library.importing import Imported, import_agents
from repertory.memory.records import Agent
from repertory.memory.registry import Registry
from repertory.nodes.tools.builtin import builtin_toolbox
from repertory.nodes.tools.foreign import vocabulary

_SHOWN = 5


async def export(registry: Registry, folder: Path, *, as_json: bool) -> int:
    """Write the library of an owner to a folder."""
    with progress_bar("exporting") as progress:
        exported = await export_library(registry, folder, progress)
    if as_json:
        counts = {"agents": exported.agents, "versions": exported.versions, "cohorts": exported.cohorts}
        others = list(exported.strangers)
        JsonLines(sys.stdout).write({"event": "exported", "folder": str(folder), **counts, "others": others})
        return OK
    page = Page(sys.stdout)
    page.pair(
        "exported",
        f"{_number(exported.agents, 'agent')}, {_number(exported.versions, 'older version')} and "
        f"{_number(exported.cohorts, 'cohort')} to {folder}",
    )
    if exported.strangers:
        page.pair("others", f"not of this export, and left: {_some(exported.strangers)}; an import would read them")
    return OK


async def import_(registry: Registry, sources: Sequence[Path], *, active: bool, as_json: bool) -> int:
    """Import libraries, collections and files; the status is 1 where a file is wrong."""
    with progress_bar("importing") as progress:
        result = await import_agents(
            registry, sources, vocabulary=vocabulary(builtin_toolbox(".")), active=active, progress=progress
        )
    if as_json:
        _write(result, JsonLines(sys.stdout))
    else:
        _show(result, Page(sys.stdout))
    for problem in result.problems:
        print(f"repertory: {problem}", file=sys.stderr)
    return ERROR if result.problems else OK


def _write(result: Imported, lines: JsonLines) -> None:
    for arrival in result.agents:
        agent = arrival.agent.model_dump(mode="json")
        lines.write({"event": "agent", "change": arrival.change, "file": arrival.file, **agent})
    for came in result.cohorts:
        cohort = {"id": came.cohort.id, "task": came.cohort.task}
        lines.write({"event": "cohort", "change": came.change, "file": came.file, **cohort})
    lines.write(
        {
            "event": "imported",
            "agents": Counter(arrival.change for arrival in result.agents),
            "cohorts": Counter(came.change for came in result.cohorts),
            "skipped": result.skipped,
            "duplicates": result.duplicates,
            "dropped_tools": result.dropped,
            "problems": [str(problem) for problem in result.problems],
        }
    )


def _show(result: Imported, page: Page) -> None:
    page.pair("imported", f"{_changes([each.change for each in result.agents], 'agent')}")
    if result.cohorts:
        page.pair("", f"{_changes([each.change for each in result.cohorts], 'cohort')}", indent=10)
    for arrival in result.agents:
        if arrival.change == "changed":
            draft = ", a draft" if arrival.agent.status == "draft" else ""
            page.pair("changed", f"{arrival.agent.name} is now version {arrival.agent.version}{draft}")
        elif arrival.change == "left":
            page.pair("left", f"{arrival.agent.name} as it is, since it is {arrival.agent.status}: {arrival.file}")
    for came in result.cohorts:
        if came.change == "left":
            page.pair("left", f"the cohort {came.cohort.id} as it is, which never changes: {came.file}")
    passed_over = [
        f"{_number(number, 'file')} {why}"
        for number, why in (
            (result.skipped, "without an agent in front matter"),
            (result.duplicates, "that say the same as another"),
        )
        if number
    ]
    if passed_over:
        page.pair("skipped", " and ".join(passed_over))
    if result.dropped:
        tools = ", ".join(f"{tool} ({number})" for tool, number in result.dropped.most_common())
        page.pair("tools", f"not here, and taken from the agents that name them: {tools}")
    if drafts := [each.agent.name for each in result.agents if each.agent.status == "draft"]:
        those = f"{_number(len(drafts), 'agent')}, cast only in plans that a person approves"
        page.pair(
            "drafts", f"{those}, until `repertory agents approve NAME…` or an import with --active: {_some(drafts)}"
        )
    if coded := [each.agent.name for each in result.agents if _is_managed_by_code(each.agent)]:
        page.pair("code", f"managed by Python functions, which run when they are cast: {_some(coded)}")


def _changes(changes: Sequence[str], what: str) -> str:
    counts = Counter(changes)
    each = ", ".join(f"{number} {change}" for change, number in counts.most_common())
    return f"{_number(len(changes), what)}: {each}" if each else f"no {what}s"


def _is_managed_by_code(agent: Agent) -> bool:
    return any(each.orchestration != "model" for each in agent.paths().values())


def _some(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _number(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
