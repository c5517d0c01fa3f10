"""What the graphs need from outside: live objects, given once, when a graph is built."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from repertory.memory.retrieval.index import Index
from repertory.memory.retrieval.lexical import LexicalIndex
from repertory.nodes.live import LiveRuns
from repertory.nodes.models.configured import Models
from repertory.nodes.persona.orchestration import Orchestrations
from repertory.nodes.tools.toolbox import Toolbox

Node = Callable[..., Awaitable[Any]]
"""What a node's factory returns: an async function of the state and the runtime that returns a partial update."""


@dataclass(frozen=True)
class Deps:
    """Models, tools and the retrieval index. The checkpointer and the store are given to LangGraph instead.

    Raises:
        InputError: `shown` names a tool that is not in the toolbox.
    """

    models: Models
    """Gives the chat model for an agent's model settings: `configured_models(…)` or `given_model(…)`."""
    toolbox: Toolbox = field(default_factory=Toolbox)
    """The tools of this run. An agent that names others is never cast."""
    index: Index = field(default_factory=LexicalIndex)
    """Finds agents and cohorts; the truth about them is in the store."""
    orchestrations: Orchestrations = field(default_factory=dict)
    """Python functions of code-managed agents, by the names that the agents give."""
    runs: LiveRuns = field(default_factory=LiveRuns)
    """The runs being performed in this process."""
    shown: Collection[str] | None = None
    """Names of the tools that the planner is shown; None: all. Where it is not shown all, it plans with the agents of
    the registry that hold the others, and is shown what they are good at instead."""

    def __post_init__(self) -> None:
        _ = self.shown_tools

    @property
    def shown_tools(self) -> Toolbox:
        """The tools that the planner is shown."""
        return self.toolbox if self.shown is None else self.toolbox.only(self.shown)
