"""The reference SDK's app: run by the Python of its own environment (see `benchmarks.sdk`), never by ours."""

from agent_protocol import Agent, Step, Task
from agent_protocol.agent import base_router
from agent_protocol.server import app


async def on_task(task: Task) -> None:
    """Do nothing: what is measured is the handling of requests."""


async def on_step(step: Step) -> Step:
    """Do nothing."""
    return step


Agent.setup_agent(on_task, on_step)
app.include_router(base_router)
