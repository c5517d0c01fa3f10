"""A file that defines a hierarchy, checked against what there is here: tools, functions and kinds of models."""

from collections.abc import Collection
from pathlib import Path

from repertory.memory.definitions.build import Defined
from repertory.memory.definitions.load import load_definition
from repertory.memory.definitions.problems import DefinitionError, Loc, Problem, suggestion
from repertory.memory.errors import InputError
from repertory.memory.records import Agent
from repertory.nodes.models.configured import parse_name
from repertory.nodes.persona.orchestration import Orchestrations


def open_agent(path: Path | str, tools: Collection[str], functions: Orchestrations) -> Agent:
    """Load the hierarchy that a file defines, and check that it can be performed.

    Args:
        path: the file; see `load_agent`.
        tools: names of the tools that there are.
        functions: Python functions by name; those that files name are imported.

    Raises:
        DefinitionError: with file, line and field of all that is wrong, and the remedies.
    """
    defined = load_definition(path)
    problems = [problem for each in defined.walk() for problem in _problems(each, tools, functions)]
    if problems:
        raise DefinitionError(problems)
    return defined.agent


def _problems(defined: Defined, tools: Collection[str], functions: Orchestrations) -> list[Problem]:
    agent = defined.agent
    problems = [
        defined.problem(("tools", n), f"there is no tool {name!r}; {suggestion(name, tools)}")
        for n, name in enumerate(agent.tools)
        if name not in tools
    ]
    if agent.model.name is not None:
        try:
            parse_name(agent.model.name)
        except InputError as error:
            problems.append(defined.problem(_model_name(defined), str(error)))
    if agent.orchestration != "model":
        try:
            functions[agent.orchestration]
        except InputError as error:
            problems.append(defined.problem(("orchestration",), str(error)))
    return problems


def _model_name(defined: Defined) -> Loc:
    """Where the name of the model is: files may write it without its settings."""
    whole: Loc = ("model", "name")
    short = defined.source.lines and (*defined.loc, *whole) not in defined.source.lines
    return whole[:1] if short else whole
