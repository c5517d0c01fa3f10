"""A client of the Agent Protocol: `Client`, and `AsyncClient` with the same methods to be awaited."""

from repertory.apps.client.asynchronous import AsyncClient
from repertory.apps.client.errors import ProtocolError, UnreachableError
from repertory.apps.client.records import (
    APPROVE,
    Action,
    AgentInfo,
    Artifact,
    Decision,
    Event,
    Interaction,
    Result,
    Step,
    Task,
    Topic,
)
from repertory.apps.client.sync import Client

__all__ = [
    "APPROVE",
    "Action",
    "AgentInfo",
    "Artifact",
    "AsyncClient",
    "Client",
    "Decision",
    "Event",
    "Interaction",
    "ProtocolError",
    "Result",
    "Step",
    "Task",
    "Topic",
    "UnreachableError",
]
