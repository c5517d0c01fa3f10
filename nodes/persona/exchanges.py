"""The state of a conversation with a persona: messages, and what came of each."""

from collections.abc import Mapping
from typing import Annotated

from typing_extensions import TypedDict  # pydantic, and so Studio's forms, need this one before Python 3.12

from repertory.memory.journal import digest
from repertory.memory.proposals import Turn, merge
from repertory.memory.records import Record, Usage
from repertory.memory.transcripts.keys import message_number

BEGIN = "begin"
"""The node that takes a message up."""


class Said(Record):
    """A message to the root of a hierarchy."""

    message: str
    branch: str
    """The branch of the run's journal that has what came of it."""


class ConversationState(TypedDict, total=False):
    """A conversation, which is one run of a hierarchy."""

    message: str
    """The latest message."""
    run_id: str
    """The journal is kept under it."""
    key: str
    """The latest message's: `m0`, `m1` …"""
    exchanges: Annotated[dict[str, Said], merge]
    """All messages by key."""
    reply: str | None
    """The reply to the latest message; None while it is under way, or where there is none."""
    error: str | None
    """Why there is none."""
    turns: list[Turn]
    """The root's turns about the latest message, those of delegates nested."""
    usage: Usage
    """What the latest message cost in model calls, faulty answers included."""


class ConversationInput(TypedDict):
    """What goes on with a conversation."""

    message: str
    """What the persona is told."""


class ConversationOutput(TypedDict, total=False):
    """What came of the latest message."""

    run_id: str
    reply: str | None
    error: str | None
    turns: list[Turn]
    usage: Usage


def in_order(exchanges: Mapping[str, Said]) -> dict[str, Said]:
    """Messages in the order in which they were said."""
    return {key: exchanges[key] for key in sorted(exchanges, key=message_number)}


def earlier(state: ConversationState) -> dict[str, Said]:
    """The messages before the latest, oldest first."""
    before = in_order(state.get("exchanges", {}))
    return {key: said for key, said in before.items() if message_number(key) < message_number(state["key"])}


def latest(state: ConversationState) -> Said:
    """The message that is being dealt with; edited in a fork of the thread, it has a branch of its own."""
    message = state["message"]
    return Said(message=message, branch=branch_of(state["run_id"], state["key"], message, earlier(state)))


def branch_of(run_id: str, key: str, message: str, before: Mapping[str, Said]) -> str:
    """The branch in which a message is dealt with: a fork that says something else has another."""
    return digest(run_id, key, message, [said.branch for said in before.values()])
