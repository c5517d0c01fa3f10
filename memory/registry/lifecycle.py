"""The life cycle of an agent: the moves that there are, from where they lead, and where to."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from repertory.memory.errors import InputError
from repertory.memory.records import Agent, AgentStatus

Move = Literal["approve", "rest", "wake", "retire"]


class Passage(NamedTuple):
    """Where a move leads from, and where to."""

    sources: tuple[AgentStatus, ...]
    target: AgentStatus
    done: str
    """What has then happened to the agent."""


PASSAGES: Mapping[Move, Passage] = MappingProxyType(
    {
        "approve": Passage(("draft",), "active", "approved"),
        "rest": Passage(("active",), "inactive", "put to rest"),
        "wake": Passage(("inactive",), "active", "woken"),
        "retire": Passage(("draft", "active", "inactive"), "retired", "retired"),
    }
)
"""All moves. They are the owner's, and nobody else's: runs create agents and count their uses, and move none."""

_REMEDIES: Mapping[AgentStatus, str] = MappingProxyType(
    {
        "draft": "it is a draft; approve it first: `repertory agents approve {name}`",
        "inactive": "it is at rest; wake it: `repertory agents wake {name}`",
        "retired": "it is retired, and that is for good; keep one like it under another name",
    }
)


def moved(agent: Agent, move: Move) -> Agent:
    """The agent where a move leads; the same one where it is there already.

    Raises:
        InputError: the move does not lead on from its status.
    """
    sources, target, done = PASSAGES[move]
    if agent.status == target:
        return agent
    if agent.status not in sources:
        remedy = _REMEDIES[agent.status].format(name=agent.name)
        raise InputError(f"the agent {agent.name!r} cannot be {done}: {remedy}")
    return agent.model_copy(update={"status": target})
