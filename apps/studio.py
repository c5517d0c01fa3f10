"""The graphs for `langgraph dev` and LangGraph Studio: the server brings its own checkpointer and store.

Settings come from the environment: REPERTORY_MODEL, OPENAI_API_KEY and OPENAI_BASE_URL as everywhere,
REPERTORY_WORKSPACE for the folder that file tools see (default `./workspace`), REPERTORY_HOME for the index,
REPERTORY_PERSONA for the file of the hierarchy that the graph `persona` is.
Policy and limits of a run are its LangGraph context, with the fields of `Context`.
"""

import asyncio
import os
from functools import cache
from pathlib import Path
from typing import Any

from langgraph.graph.state import CompiledStateGraph

from repertory.apps.commands.agents.files import open_agent
from repertory.graphs import build_persona, build_planner, build_topic
from repertory.memory.records import Agent
from repertory.memory.retrieval.embedded import HomeIndex
from repertory.memory.storage.locks import FileLocks
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import configured_models
from repertory.nodes.persona.functions import Functions
from repertory.nodes.tools.builtin import builtin_toolbox


async def planner() -> CompiledStateGraph[Any, Any, Any, Any]:
    """The graph, the same one for all runs of the server.

    Raises:
        InputError: the environment names a model or embeddings that are unknown.
    """
    return await asyncio.to_thread(_planner)  # it looks at files, which the server's loop forbids


async def persona() -> CompiledStateGraph[Any, Any, Any, Any]:
    """A conversation with the hierarchy of the file that REPERTORY_PERSONA names, or with an assistant.

    Raises:
        InputError: as `planner`, or the file is wrong.
    """
    return await asyncio.to_thread(_persona)


async def topic() -> CompiledStateGraph[Any, Any, Any, Any]:
    """A conversation whose tasks share its memory; a thread is a topic.

    Raises:
        InputError: as `planner`.
    """
    return await asyncio.to_thread(_topic)


@cache
def _topic() -> CompiledStateGraph[Any, Any, Any, Any]:
    return build_topic(_deps())


@cache
def _planner() -> CompiledStateGraph[Any, Any, Any, Any]:
    return build_planner(_deps())


@cache
def _persona() -> CompiledStateGraph[Any, Any, Any, Any]:
    deps, file = _deps(), os.environ.get("REPERTORY_PERSONA")
    if file:
        return build_persona(open_agent(Path(file), deps.toolbox.names, deps.orchestrations), deps)
    tools = tuple(tool.name for tool in deps.toolbox if tool.risk == "read")
    role, description = "Assistant", "Answers questions about the files of the workspace."
    return build_persona(
        Agent(name="assistant", role=role, description=description, tools=tools, memory="thread"), deps
    )


@cache
def _deps() -> Deps:
    """The same for all graphs of the server."""
    folder = Path(os.environ.get("REPERTORY_HOME") or ".repertory").expanduser().absolute() / "studio"
    (folder / "locks").mkdir(parents=True, exist_ok=True)
    workspace = Path(os.environ.get("REPERTORY_WORKSPACE") or "workspace").expanduser().absolute()
    return Deps(
        models=configured_models(None, environ=os.environ),
        toolbox=builtin_toolbox(workspace),
        index=HomeIndex(folder, os.environ, FileLocks(folder / "locks")),
        orchestrations=Functions(),
    )
