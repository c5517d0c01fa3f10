"""What a server answers, as a client reads it, and what a client says; fields that are not known are passed over."""

from typing import Any, Literal

from repertory.memory.records import JsonObject
from repertory.memory.topics import entities
from repertory.memory.topics.entities import Action as Action
from repertory.memory.topics.entities import Artifact as Artifact
from repertory.memory.topics.entities import Interaction as Interaction
from repertory.memory.topics.entities import Step as Step
from repertory.memory.topics.entities import Task as Task
from repertory.memory.topics.entities import Verdict

Answer = entities.Entity
"""Base of what a server answers: frozen, and open to fields that are not known here."""


class Topic(entities.Topic):
    """A topic, with its files and those of its tasks."""

    artifacts: tuple[entities.Artifact, ...] = ()


class AgentInfo(Answer):
    """Who serves."""

    name: str
    protocol: int
    version: str
    config_options: JsonObject


class Versions(Answer):
    """The versions of the protocol that a server speaks."""

    versions: tuple[int, ...]


class Event(Answer):
    """Something that happened in a topic or a task."""

    id: str | None
    """Where to go on after a break."""
    event: str
    """What kind it is."""
    data: Any


class Decision(Answer):
    """The user's word on an action."""

    decision: Verdict
    feedback: str | None = None
    """What should be otherwise, or why not."""


APPROVE = Decision(decision="approve")


class Result(Answer):
    """What came of an action that the client or the user performed: the answer of a user is the `output` of one."""

    status: Literal["completed", "failed"] = "completed"
    output: str | None = None
    additional_output: JsonObject | None = None
    error: str | None = None
