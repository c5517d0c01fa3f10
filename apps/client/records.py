"""What a server answers, as a client reads it, and what a client says; fields that are not known are passed over."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from repertory.memory.records import JsonObject
from repertory.memory.topics.records import (
    ENDED,
    SETTLED,
    ActionStatus,
    InteractionStatus,
    Party,
    PermissionMode,
    StepStatus,
    TaskStatus,
    Verdict,
)


class Answer(BaseModel):
    """Base of what a server answers: frozen, and open to fields that are not known here."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Artifact(Answer):
    """A file of a topic or of a task; it never changes."""

    artifact_id: str
    topic_id: str | None = None
    task_id: str | None = None
    """None: it belongs to the topic itself."""
    step_id: str | None = None
    """The step that made it."""
    agent_created: bool
    file_name: str
    relative_path: str | None = None
    size: int | None = None
    """Bytes."""
    created_at: str | None = None


class Topic(Answer):
    """A lasting conversation, with tasks that share a memory."""

    topic_id: str
    name: str | None = None
    input: str | None = None
    additional_input: JsonObject | None = None
    metadata: JsonObject | None = None
    artifacts: tuple[Artifact, ...] = ()
    implicit: bool = False
    created_at: str
    modified_at: str


class Interaction(Answer):
    """One exchange: what a user said and what came of it; or what the server had to say by itself."""

    interaction_id: str
    topic_id: str
    input: str | None = None
    additional_input: JsonObject | None = None
    output: str | None = None
    additional_output: JsonObject | None = None
    status: InteractionStatus
    created_by: Literal["client", "server"]
    task_ids: tuple[str, ...] = ()
    error: str | None = None
    created_at: str
    modified_at: str

    @property
    def ended(self) -> bool:
        """Whether it will not change any more."""
        return self.status in ENDED


class Task(Answer):
    """A goal within a topic."""

    task_id: str
    topic_id: str
    interaction_id: str | None = None
    input: str | None = None
    additional_input: JsonObject | None = None
    status: TaskStatus
    output: str | None = None
    error: str | None = None
    permission_mode: PermissionMode = "ask"
    created_by: Literal["client", "server"] = "client"
    metadata: JsonObject = Field(default_factory=dict)
    metadata_source: Party = "client"
    metadata_provenance: dict[str, Party] = Field(default_factory=dict)
    artifacts: tuple[Artifact, ...] = ()
    created_at: str
    modified_at: str

    @property
    def ended(self) -> bool:
        """Whether it will not change any more."""
        return self.status in ENDED


class Action(Answer):
    """Something that a step wants done, and for which it needs a permission."""

    action_id: str
    step_id: str
    task_id: str
    topic_id: str
    name: str
    args: JsonObject
    executor: Party
    """Where it runs."""
    status: ActionStatus
    decision: Verdict | None = None
    feedback: str | None = None
    decided_by: Literal["user", "server"] | None = None
    output: str | None = None
    additional_output: JsonObject | None = None
    error: str | None = None
    supersedes: str | None = None
    created_at: str
    modified_at: str

    @property
    def settled(self) -> bool:
        """Whether it will not change any more."""
        return self.status in SETTLED


class Step(Answer):
    """One stretch of work at a task."""

    step_id: str
    task_id: str
    topic_id: str
    name: str | None = None
    input: str | None = None
    additional_input: JsonObject | None = None
    status: StepStatus
    output: str | None = None
    additional_output: JsonObject | None = None
    error: str | None = None
    is_last: bool = False
    actions: tuple[Action, ...] = ()
    """In the order proposed."""
    artifacts: tuple[Artifact, ...] = ()
    created_at: str
    modified_at: str

    @property
    def ended(self) -> bool:
        """Whether it will not change any more."""
        return self.status in ENDED


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
