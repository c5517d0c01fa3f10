"""Opens what is served: a home, an agent, and the service over them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Literal, NamedTuple, cast

from repertory.apps.protocol.agents.agent import Live, ServedAgent
from repertory.apps.protocol.alive import joined
from repertory.apps.protocol.collecting import collect
from repertory.apps.protocol.driver import Driver
from repertory.apps.protocol.service import Service, report_back
from repertory.apps.protocol.services.common import Parts
from repertory.memory.home import Home, open_home
from repertory.memory.topics.changes import Change
from repertory.memory.topics.events import Broadcast
from repertory.memory.topics.files import ArtifactFiles
from repertory.memory.topics.ledger import Batch, Ledger
from repertory.memory.topics.records import Task

AgentName = Literal["planner", "scripted"]
UPLOAD_LIMIT = 100 * 2**20
"""Bytes of the largest artifact."""
PATIENCE = 20.0
"""Seconds that a call waits for a step to come to rest."""


class Serving(NamedTuple):
    """What is served, and how."""

    home: Path
    agent: AgentName = "planner"
    model: str | None = None
    """`provider:model`; None: what the environment says."""
    workspace: Path | None = None
    """The folder that all tasks work in; None: each topic has its own."""
    artifacts: str | None = None
    """Where the bytes of artifacts are, as an fsspec URL; None: in the home."""
    patience: float = PATIENCE
    """Seconds that a call waits for a step to come to rest."""
    upload_limit: int = UPLOAD_LIMIT
    """Bytes of the largest artifact."""


@asynccontextmanager
async def open_service(serving: Serving, *, environ: Mapping[str, str]) -> AsyncIterator[Service]:
    """Serve a home until the context is left; then work is broken off in an orderly way.

    Args:
        serving: what is served, and how.
        environ: keys and addresses of models, embeddings and databases.

    Raises:
        ResourceError: the home cannot be used, or another server has it.
        InputError: a setting is wrong.
    """
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(open_home(serving.home, environ=environ))
        servers = await stack.enter_async_context(joined(home, shared=bool(environ.get("REPERTORY_DATABASE"))))
        broadcast = Broadcast()

        def told(topic_id: str, number: int, _: Change) -> None:
            broadcast.publish(topic_id, number)

        def live(task: Task, happened: Live) -> None:
            broadcast.token(task.topic_id, task.task_id, happened.name, happened.data)

        def ended(batch: Batch, task: Task) -> None:
            report_back(batch, task, agent.feedback(task))

        ledger = Ledger(home.store, shared=servers.shared, told=told)
        files = ArtifactFiles(
            serving.artifacts or (home.path / "artifacts").absolute().as_uri(), limit=serving.upload_limit
        )
        agent = await _agent(serving, home, environ, files, ledger)
        driver = Driver(ledger, agent, servers, collect=partial(collect, files, agent), ended=ended, tell=live)
        service = Service(Parts(ledger, driver, agent, servers, files, broadcast, ended, serving.patience))
        stack.push_async_callback(service.close)
        yield service


async def _agent(
    serving: Serving, home: Home, environ: Mapping[str, str], files: ArtifactFiles, ledger: Ledger
) -> ServedAgent:
    if serving.agent == "scripted":
        scripted = await asyncio.to_thread(import_module, "repertory.apps.protocol.agents.scripted")  # reads files
        return cast(ServedAgent, scripted.ScriptedAgent(home))
    planner = await asyncio.to_thread(import_module, "repertory.apps.protocol.agents.planner")
    return cast(ServedAgent, planner.PlannerAgent(serving, home, environ, files, ledger))
