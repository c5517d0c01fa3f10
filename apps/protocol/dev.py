"""The Agent Protocol beside the graphs of `langgraph dev`, by `"http": {"app": "repertory.apps.protocol.dev:app"}`.

Settings come from the environment: REPERTORY_HOME, REPERTORY_WORKSPACE and REPERTORY_MODEL as for the graphs;
REPERTORY_AGENT, `planner` (default) or `scripted`; REPERTORY_TOKEN. Without a token only this machine may call.
"""

import os
from contextlib import AbstractAsyncContextManager
from functools import cache
from pathlib import Path
from typing import get_args

from fastapi import FastAPI

from repertory.apps.protocol.app import create_app
from repertory.apps.protocol.service import Service
from repertory.apps.protocol.serving import AgentName, Serving, open_service
from repertory.memory.errors import InputError

app: FastAPI


def __getattr__(name: str) -> FastAPI:
    """`app`, made when it is asked for: at the import of a module no environment is read."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _app()


@cache
def _app() -> FastAPI:
    return create_app(_open, token=os.environ.get("REPERTORY_TOKEN") or None, loopback=True)


def _open() -> AbstractAsyncContextManager[Service]:
    given = os.environ.get("REPERTORY_AGENT") or "planner"
    agent: AgentName | None = next((each for each in get_args(AgentName) if each == given), None)
    if agent is None:
        raise InputError(f"REPERTORY_AGENT is {given!r}; it can be {' or '.join(get_args(AgentName))}")
    workspace = os.environ.get("REPERTORY_WORKSPACE")
    home = Path(os.environ.get("REPERTORY_HOME") or ".repertory")
    return open_service(Serving(home, agent, workspace=Path(workspace) if workspace else None), environ=os.environ)
