"""Which graph performs a thread: the planner, or a conversation with a persona."""

from collections.abc import Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel
from langgraph.graph.state import CompiledStateGraph

from repertory.apps.runs.threads import Settings
from repertory.graphs import build_persona, build_planner
from repertory.memory.errors import RepertoryError
from repertory.memory.home import Home
from repertory.memory.records import ModelSpec
from repertory.nodes.deps import Deps
from repertory.nodes.live import LiveRuns
from repertory.nodes.models.configured import ConfiguredModels, Models
from repertory.nodes.persona.functions import Functions
from repertory.nodes.tools.builtin import builtin_toolbox

Graph = CompiledStateGraph[Any, Any, Any, Any]


class Stage:
    """Builds graphs over a home.

    Args:
        home: keeps checkpoints and store, and has the index.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._runs = LiveRuns()
        self._functions = Functions()

    def graph(self, settings: Settings, models: ConfiguredModels | None = None) -> Graph:
        """The graph of a thread with these settings; without models it is good for looking only.

        Raises:
            InputError: the persona names a tool or a function that is not there.
        """
        serving: Models = models or _no_model
        toolbox = builtin_toolbox(settings.workspace, allow_private=settings.allow_private)
        deps = Deps(
            models=serving, toolbox=toolbox, index=self._home.index, orchestrations=self._functions, runs=self._runs
        )
        keeping: Mapping[str, Any] = {"checkpointer": self._home.checkpointer, "store": self._home.store}
        return build_persona(settings.agent, deps, **keeping) if settings.agent else build_planner(deps, **keeping)


def _no_model(spec: ModelSpec) -> BaseChatModel:
    raise RepertoryError(f"no model is needed to look at a run, but {spec!r} was asked for")
