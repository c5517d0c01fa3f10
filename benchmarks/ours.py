"""Repertory as a user has it: its home on disk, the OpenAI path, nobody asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.cases import LOOKUPS
from benchmarks.server import KEY, MODEL
from repertory.graphs import build_planner
from repertory.memory.home import Home, open_home
from repertory.nodes.context import Context, Limits
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import configured_models
from repertory.nodes.tools.builtin import builtin_toolbox
from repertory.nodes.tools.toolbox import Toolbox

LIMITS = Limits(steps=250, model_calls=1000)


class Ours:
    """The planner over one home; every run has an owner of its own unless told, so that nothing is reused."""

    name = "ours"

    def __init__(self, deps: Deps, home: Home) -> None:
        self.toolbox = deps.toolbox
        self.graph = build_planner(deps, checkpointer=home.checkpointer, store=home.store)
        self._runs = 0

    async def run(self, task: str, *, owner: str | None = None) -> str:
        """Perform a task from beginning to end.

        Raises:
            RuntimeError: it was not completed; then what was measured means nothing.
        """
        config, context = self.settings(owner)
        out = await self.graph.ainvoke({"task": task}, config, context=context)
        if out["status"] != "completed":
            raise RuntimeError(f"the run ended {out['status']!r}: {out['error']}")
        return str(out["answer"])

    def settings(self, owner: str | None = None) -> tuple[Any, Context]:
        """Config and context of a new run."""
        self._runs += 1
        owner = owner or f"owner{self._runs}"
        context = Context(policy="autonomous", limits=LIMITS, owner=owner)
        return {"configurable": {"thread_id": f"thread{self._runs}"}}, context


@asynccontextmanager
async def open_ours(base_url: str, folder: Path, *, embeddings: str = "auto") -> AsyncIterator[Ours]:
    """Repertory over a new home.

    Args:
        base_url: of the loopback server.
        folder: an empty folder for home and workspace.
        embeddings: as REPERTORY_EMBEDDINGS; `auto` takes the loopback server's, which are there as there is a key.
    """
    workspace = folder / "workspace"
    workspace.mkdir(parents=True)
    for name, text in LOOKUPS.items():
        (workspace / name).write_text(text)
    environ = {"OPENAI_BASE_URL": base_url, "OPENAI_API_KEY": KEY}
    async with open_home(folder / "home", environ={**environ, "REPERTORY_EMBEDDINGS": embeddings}) as home:
        models = configured_models(f"openai:{MODEL}", environ=environ)
        yield Ours(Deps(models, builtin_toolbox(workspace), home.index), home)


def catalogue(toolbox: Toolbox) -> str:
    """The tools as the bare planner is shown them."""
    return "\n".join(f"- {tool.signature}: {tool.description}" for tool in toolbox)
