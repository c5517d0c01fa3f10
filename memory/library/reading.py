"""Read the files of libraries and collections; what is wrong with one is noted, and keeps no other out."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from repertory.memory.definitions.markdown import Described, Vocabulary, read_markdown
from repertory.memory.definitions.problems import DefinitionError, Problem
from repertory.memory.definitions.yaml_tree import read_text
from repertory.memory.library.files import read_agent, read_cohort
from repertory.memory.library.layout import AGENTS, COHORTS, VERSIONS, files_in, leads_out
from repertory.memory.records import Agent
from repertory.memory.registry.restoring import Saved

_T = TypeVar("_T")


class Incoming(NamedTuple):
    """An agent that is to be kept."""

    versions: tuple[Agent, ...]
    """All of it that there is, the newest last, as it is to be kept where nothing has its name."""
    file: str
    """Where it comes from, relative to the library or collection."""


class Found(NamedTuple):
    """An agent in a file of a collection."""

    described: Described
    file: str
    """Relative to the collection."""


class Reader:
    """Reads files, and notes what is wrong with them."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """`vocabulary`: what tools and models are called in collections."""
        self.problems: list[Problem] = []
        self.skipped = 0
        """Files that describe no agent, and need not."""
        self._vocabulary = vocabulary

    def library(self, folder: Path) -> Iterator[Incoming]:
        """The agents of a library, each with all its versions, or not at all."""
        older: dict[str, list[Path]] = {}
        for path in files_in(folder / VERSIONS, ".md"):
            older.setdefault(path.stem.rpartition("@")[0], []).append(path)
        files: dict[str, Path] = {}
        for path in files_in(folder / AGENTS, ".md"):
            paths = (*older.pop(path.stem, ()), path)
            versions = [agent for each in paths if (agent := self._kept(each, folder)) is not None]
            if len(versions) < len(paths):
                continue
            *olds, newest = versions
            if wrong := _misfit(newest, olds):
                self._refuse(path, "version", wrong)
            elif (other := files.setdefault(newest.name, path)) != path:
                self._refuse(path, "name", f"{str(other)!r} is the agent {newest.name!r} already; give it another")
            else:
                olds.sort(key=lambda agent: agent.version)
                yield Incoming((*olds, newest), path.relative_to(folder).as_posix())
        for left in (path for paths in older.values() for path in paths):
            self._refuse(left, "", f"is an older version of an agent that is not in {AGENTS!r}; take it away")

    def cohorts(self, folder: Path) -> Iterator[tuple[Saved, str]]:
        """The cohorts of a library, each with its file."""
        for path in files_in(folder / COHORTS, ".yaml"):
            saved = self._attempt(path, folder, partial(_read, read_cohort, path))
            if saved is not None:
                yield saved, path.relative_to(folder).as_posix()

    def collection(self, folder: Path) -> Iterator[Found]:
        """The agents in the Markdown files of a folder and below it."""
        for path in files_in(folder, ".md"):
            before = len(self.problems)
            described = self._attempt(path, folder, partial(read_markdown, path, vocabulary=self._vocabulary))
            if described is not None:
                yield Found(described, path.relative_to(folder).as_posix())
            elif len(self.problems) == before:
                self.skipped += 1

    def file(self, path: Path) -> Iterator[Found]:
        """The agent in one Markdown file, which must have one."""
        before = len(self.problems)
        described = self._attempt(path, path.parent, partial(read_markdown, path, vocabulary=self._vocabulary))
        if described is not None:
            yield Found(described, path.name)
        elif len(self.problems) == before:
            self._refuse(path, "", "describes no agent; begin it with `---`, `name: …`, `description: …` and `---`")

    def _kept(self, path: Path, folder: Path) -> Agent | None:
        return self._attempt(path, folder, partial(_read, read_agent, path))

    def _attempt(self, path: Path, folder: Path, read: Callable[[str], _T]) -> _T | None:
        if leads_out(path, folder):
            self._refuse(
                path, "", "is no plain file, or a link that leads out of the folder; put the file itself there"
            )
            return None
        try:
            return read(str(path))
        except DefinitionError as error:
            self.problems += error.problems
            return None

    def _refuse(self, path: Path, field: str, text: str) -> None:
        self.problems.append(Problem(str(path), None, field, text))


def _read(parse: Callable[[str, str], _T], path: Path, name: str) -> _T:
    return parse(read_text(path, name), name)


def _misfit(newest: Agent, olds: Sequence[Agent]) -> str | None:
    """Why versions do not belong to an agent; None where they do."""
    numbers = [agent.version for agent in olds]
    if foreign := [agent.name for agent in olds if agent.name != newest.name]:
        return f"an older version is of the agent {foreign[0]!r}, this one is {newest.name!r}; they must have one name"
    if len(set(numbers)) < len(numbers) or any(number >= newest.version for number in numbers):
        return f"is {newest.version}, and its older versions are {sorted(numbers)}; each must be lower, and there once"
    return None
