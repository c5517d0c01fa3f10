"""Load a hierarchy of agents from one file, and from the files that it names."""

from pathlib import Path
from types import ModuleType

from pydantic import ValidationError

from repertory.memory.definitions.build import MAX_AGENTS, Defined, build
from repertory.memory.definitions.explain import problems_of
from repertory.memory.definitions.modules import import_file
from repertory.memory.definitions.names import absolute_function
from repertory.memory.definitions.problems import DefinitionError, Loc, Problem, Source, short
from repertory.memory.definitions.shapes import FileShape
from repertory.memory.definitions.yaml_tree import read_yaml
from repertory.memory.records import Agent


def load_agent(path: Path | str) -> Agent:
    """Load the agent that a file defines, with all agents below it.

    Args:
        path: a YAML file, or a Python file with `agent: Agent` at its top level, which is run.

    Returns:
        The agent. Functions that files name by `./file.py:function` have absolute names in it.

    Raises:
        DefinitionError: with file, line and field of all that is wrong, and the remedies.
    """
    return load_definition(path).agent


def load_definition(path: Path | str) -> Defined:
    """Load what a file defines, as `load_agent` does, with the places of all fields, for further checks.

    Raises:
        DefinitionError: see `load_agent`.
    """
    return _load(Path(path).expanduser(), str(path), ())


def _load(path: Path, name: str, within: tuple[Path, ...]) -> Defined:
    """`within`: the files that are being loaded, each of which names the next."""
    if path.suffix == ".py":
        return _load_python(path, name)
    if path.suffix not in (".yaml", ".yml"):
        raise DefinitionError([Problem(name, None, "", "a hierarchy is defined in a .yaml, .yml or .py file")])
    data, source = read_yaml(path, name)
    try:
        shape = FileShape.model_validate(data)
    except ValidationError as error:
        raise DefinitionError(problems_of(error, source)) from None
    except RecursionError:
        raise DefinitionError([Problem(name, None, "", "is nested too deeply; use `agents`")]) from None

    def other(written: str) -> Defined:
        beside, opened = path.parent / written, (*within, path.resolve())
        if beside.resolve() in opened:
            circle = [file.name for file in (*opened[opened.index(beside.resolve()) :], beside)]
            raise ValueError(f"the files name each other in a circle: {' -> '.join(circle)}; take one out")
        if not beside.is_file():
            raise ValueError(f"there is no file {str(beside)!r}; paths are relative to this file")
        return _load(beside, str(Path(name).parent / written), opened)

    return build(shape, source, path.parent, other)


def _load_python(path: Path, name: str) -> Defined:
    module = import_file(path, name)
    agent = getattr(module, "agent", None)
    if not isinstance(agent, Agent):
        raise DefinitionError([Problem(name, None, "agent", _no_agent(module))])
    defined = _of_python(agent, Source(name, {}), path.parent, ())
    if defined.size > MAX_AGENTS:
        raise DefinitionError([defined.problem((), f"has {defined.size} agents; the most is {MAX_AGENTS}")])
    return defined


def _of_python(agent: Agent, source: Source, folder: Path, loc: Loc) -> Defined:
    below = tuple(
        _of_python(delegate, source, folder, (*loc, "delegates", n)) for n, delegate in enumerate(agent.delegates)
    )
    fields = {"orchestration": absolute_function(agent.orchestration, folder)}
    whole = agent.model_copy(update={**fields, "delegates": tuple(each.agent for each in below)})
    return Defined.of(whole, source, loc, below)


def _no_agent(module: ModuleType) -> str:
    rule = "a .py file must define `agent` at its top level"
    found = getattr(module, "agent", None)
    if found is not None:
        rule += f", and it must be an Agent (got {short(found)})"
    others = [name for name, value in vars(module).items() if isinstance(value, Agent)]
    if others:
        return f"{rule}; there is {', '.join(map(repr, others))}: write `agent = {others[-1]}` below"
    return f"{rule}; write `agent = Agent(name=…, role=…, description=…)`"
