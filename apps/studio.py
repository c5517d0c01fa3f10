"""The planner for `langgraph dev` and LangGraph Studio: the server brings its own checkpointer and store.

Settings come from the environment: REPERTORY_MODEL, OPENAI_API_KEY and OPENAI_BASE_URL as everywhere,
REPERTORY_WORKSPACE for the folder that file tools see (default `./workspace`), REPERTORY_HOME for the index.
Policy and limits of a run are its LangGraph context, with the fields of `Context`.
"""

import asyncio
import os
from functools import cache
from pathlib import Path
from typing import Any

from langgraph.graph.state import CompiledStateGraph

from repertory.graphs import build_planner
from repertory.memory.retrieval.embedded import HomeIndex
from repertory.memory.storage.locks import FileLocks
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import configured_models
from repertory.nodes.tools.builtin import builtin_toolbox


async def planner() -> CompiledStateGraph[Any, Any, Any, Any]:
    """The graph, the same one for all runs of the server.

    Raises:
        InputError: the environment names a model or embeddings that are unknown.
    """
    return await asyncio.to_thread(_planner)  # it looks at files, which the server's loop forbids


@cache
def _planner() -> CompiledStateGraph[Any, Any, Any, Any]:
    folder = Path(os.environ.get("REPERTORY_HOME") or ".repertory").expanduser().absolute() / "studio"
    (folder / "locks").mkdir(parents=True, exist_ok=True)
    workspace = Path(os.environ.get("REPERTORY_WORKSPACE") or "workspace").expanduser().absolute()
    deps = Deps(
        models=configured_models(None, environ=os.environ),
        toolbox=builtin_toolbox(workspace),
        index=HomeIndex(folder, os.environ, FileLocks(folder / "locks")),
    )
    return build_planner(deps)
