"""From what a file says to agents: references among its agents and to other files are followed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from repertory.memory.definitions.names import absolute_function, parse_function
from repertory.memory.definitions.problems import DefinitionError, Loc, Problem, Source, suggestion
from repertory.memory.definitions.shapes import AgentShape, FileShape, ModelShape, NamedShape
from repertory.memory.records import Agent, ModelSpec, describe

MAX_AGENTS = 1000
MAX_DEPTH = 32
"""Levels of a hierarchy."""

Open = Callable[[str], "Defined"]
"""Loads another file, by what this one calls it; ValueError or DefinitionError where it cannot."""


@dataclass(frozen=True)
class Defined:
    """An agent that a file defines, and where."""

    agent: Agent
    source: Source
    loc: Loc
    delegates: tuple["Defined", ...]
    size: int
    """Number of agents in the hierarchy."""
    depth: int
    """Number of its levels."""

    @classmethod
    def of(cls, agent: Agent, source: Source, loc: Loc, delegates: tuple["Defined", ...]) -> "Defined":
        """Put a level upon those below it."""
        size = 1 + sum(below.size for below in delegates)
        return cls(agent, source, loc, delegates, size, 1 + max((below.depth for below in delegates), default=0))

    def walk(self) -> Iterator["Defined"]:
        """This agent, and all below it."""
        yield self
        for below in self.delegates:
            yield from below.walk()

    def problem(self, field: Loc, text: str) -> Problem:
        """Something wrong with a field of this agent."""
        return self.source.problem((*self.loc, *field), text)


def build(shape: FileShape, source: Source, folder: Path, other: Open) -> Defined:
    """Build the hierarchy of a file.

    Args:
        shape: what it says.
        source: where it says it.
        folder: what its paths are relative to.
        other: loads the other files.

    Raises:
        DefinitionError: with all that is wrong.
    """
    return _Builder(shape, source, folder, other).whole()


class _Builder:
    def __init__(self, shape: FileShape, source: Source, folder: Path, other: Open) -> None:
        self._shape, self._source, self._folder, self._other = shape, source, folder, other
        self._problems: list[Problem] = []
        self._named: dict[str, Defined | None] = {}
        """Agents under `agents` that were built; None for those that cannot be."""

    def whole(self) -> Defined:
        root = self._agent(self._shape, self._shape.name, (), ())
        for name in self._shape.agents:
            self._by_name(name, ("agents", name), ())
        if root is None or self._problems:
            raise DefinitionError(self._problems)
        return root

    def _agent(self, shape: AgentShape, name: str, loc: Loc, within: tuple[str, ...]) -> Defined | None:
        """`within`: names under `agents` that are being built, each of which delegates to the next."""
        found = [self._delegate(each, (*loc, "delegates", n), within) for n, each in enumerate(shape.delegates)]
        function = self._function(shape.orchestration, (*loc, "orchestration"))
        delegates = tuple(each for each in found if each is not None)
        if len(delegates) < len(found) or function is None:
            return None
        model = (
            ModelSpec(**shape.model.model_dump())
            if isinstance(shape.model, ModelShape)
            else ModelSpec(name=shape.model)
        )
        try:
            agent = Agent(
                name=name,
                role=shape.role,
                description=shape.description,
                prompt=shape.prompt.strip(),
                tools=tuple(shape.tools),
                model=model,
                memory=shape.memory,
                orchestration=function,
                tags=tuple(shape.tags),
                delegates=tuple(each.agent for each in delegates),
            )
        except ValidationError as error:  # two delegates of a name, or one that is not to be used
            self._refuse((*loc, "delegates"), describe(error))
            return None
        defined = Defined.of(agent, self._source, loc, delegates)
        if defined.size > MAX_AGENTS or defined.depth > MAX_DEPTH:
            most = f"the most is {MAX_AGENTS} on {MAX_DEPTH} levels"
            self._refuse(loc, f"has {defined.size} agents on {defined.depth} levels; {most}")
            return None
        return defined

    def _delegate(self, given: str | NamedShape, loc: Loc, within: tuple[str, ...]) -> Defined | None:
        if isinstance(given, NamedShape):
            return self._agent(given, given.name, loc, within)
        if given.endswith((".yaml", ".yml", ".py")):
            return self._file(given, loc)
        return self._by_name(given, loc, within)

    def _by_name(self, name: str, loc: Loc, within: tuple[str, ...]) -> Defined | None:
        if name in self._named:
            return self._named[name]
        if name in within:
            circle = " -> ".join((*within[within.index(name) :], name))
            self._refuse(loc, f"the agents delegate to each other in a circle: {circle}; take one out")
            return None
        if name not in self._shape.agents:
            self._refuse(loc, f"there is no {name!r} under `agents`; {suggestion(name, self._shape.agents)}")
            return None
        built = self._agent(self._shape.agents[name], name, ("agents", name), (*within, name))
        self._named[name] = built
        return built

    def _file(self, written: str, loc: Loc) -> Defined | None:
        try:
            return self._other(written)
        except DefinitionError as error:
            self._problems += error.problems
            return None
        except ValueError as error:
            self._refuse(loc, str(error))
            return None

    def _function(self, written: str, loc: Loc) -> str | None:
        name = absolute_function(written, self._folder)
        parsed = parse_function(name)
        if parsed and parsed.file and not parsed.file.is_file():
            self._refuse(
                loc, f"there is no file {str(parsed.file)!r}; paths are relative to this file (got {written!r})"
            )
            return None
        return name

    def _refuse(self, loc: Loc, text: str) -> None:
        self._problems.append(self._source.problem(loc, text))
