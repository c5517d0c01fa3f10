"""A hierarchy of personas as a tree."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from repertory.apps.screens.page import brief
from repertory.memory.records import Agent

Path = tuple[str, ...]
_SMALL = 8
"""Personas of a tree that is always shown whole."""
_MOST = 6
"""Delegates of one persona that are shown in a larger one."""


class Signs(NamedTuple):
    """What a tree is drawn with."""

    child: str
    last: str
    bar: str
    speaks: str
    more: str


LINES = Signs("├─ ", "└─ ", "│  ", "● ", "…")
PLAIN = Signs("|- ", "`- ", "|  ", "* ", "...")


def tree(agent: Agent, signs: Signs, speaking: Collection[Path] = ()) -> list[str]:
    """The tree with those who speak marked. Of a large one: the branches that lead to them.

    Args:
        agent: the root.
        signs: what it is drawn with.
        speaking: their paths from the root.
    """
    whole = len(agent.paths()) <= _SMALL

    def label(path: Path, agent: Agent) -> str:
        below = len(agent.paths()) - 1
        folded = f" (+{below})" if below and not whole and not _leads(path, speaking) else ""
        return f"{signs.speaks if path in speaking else ''}{agent.name}{folded}"

    def shown(path: Path, agent: Agent) -> tuple[list[Agent], int]:
        delegates = list(agent.delegates)
        if whole:
            return delegates, 0
        if not _leads(path, speaking):
            return [], 0
        wanted = [each for each in delegates if _leads((*path, each.name), speaking)]
        others = [each for each in delegates if each not in wanted][: max(0, _MOST - len(wanted))]
        kept = [each for each in delegates if each in wanted or each in others]
        return kept, len(delegates) - len(kept)

    def draw(path: Path, agent: Agent, margin: str) -> Iterator[str]:
        kept, more = shown(path, agent)
        for index, delegate in enumerate(kept):
            is_last = index == len(kept) - 1 and not more
            below = (*path, delegate.name)
            yield f"{margin}{signs.last if is_last else signs.child}{label(below, delegate)}"
            yield from draw(below, delegate, margin + ("   " if is_last else signs.bar))
        if more:
            yield f"{margin}{signs.last}{signs.more} {more} more"

    root = (agent.name,)
    return [label(root, agent), *draw(root, agent, "")]


def numbered(agent: Agent, width: int) -> list[str]:
    """All personas with the numbers they are chosen by, and their roles as far as there is room.

    Args:
        agent: the root.
        width: columns.
    """
    lines = []
    for number, (path, persona) in enumerate(agent.paths().items(), 1):
        line = f"{number:>3}  {'  ' * (len(path) - 1)}{persona.name}"
        room = width - len(line) - 3
        lines.append(f"{line}  {brief(persona.role, room)}" if room >= 12 else line)
    return lines


def _leads(path: Path, speaking: Collection[Path]) -> bool:
    return any(each[: len(path)] == path for each in speaking)
