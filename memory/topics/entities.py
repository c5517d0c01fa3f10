"""The six entities of the Agent Protocol as clients read them: topics, interactions, tasks, steps, actions, artifacts.

Fields that a server has beyond these are passed over. What the server keeps of an entity besides is in `records`.
"""

from typing import Literal

from pydantic import ConfigDict, Field

from repertory.memory.records import JsonObject, Record

Party = Literal["user", "client", "server"]
"""Who is at work: the owner of goals and permissions, the caller of the API, or the agent."""
PermissionMode = Literal["ask", "auto"]
"""Who permits what the agent proposes: the user, or the server itself."""
InteractionStatus = Literal["created", "running", "completed", "failed"]
TaskStatus = Literal["created", "running", "awaiting_input", "completed", "failed", "cancelled"]
StepStatus = Literal["created", "running", "awaiting_input", "completed", "failed", "cancelled"]
ActionStatus = Literal["proposed", "approved", "running", "rejected", "superseded", "completed", "failed", "cancelled"]
Verdict = Literal["approve", "reject", "feedback"]

ENDED: frozenset[str] = frozenset({"completed", "failed", "cancelled"})
"""States of tasks, steps and interactions that never change."""
SETTLED: frozenset[str] = ENDED | {"rejected", "superseded"}
"""States of actions that never change."""


class Entity(Record):
    """Base of the entities: frozen, and open to fields that are not known here."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Artifact(Entity):
    """A file of a topic, or of one of its tasks. It never changes."""

    artifact_id: str
    topic_id: str
    task_id: str | None = None
    """None: it belongs to the topic itself."""
    step_id: str | None = None
    """The step that made it."""
    agent_created: bool
    file_name: str
    relative_path: str | None = None
    size: int
    """Bytes."""
    created_at: str


class Topic(Entity):
    """A lasting conversation with tasks that share a memory."""

    topic_id: str
    name: str | None = None
    input: str | None = None
    """Opening words."""
    additional_input: JsonObject | None = None
    metadata: JsonObject | None = None
    implicit: bool = False
    """Made for one task by the v1 face."""
    created_at: str
    modified_at: str


class Interaction(Entity):
    """One exchange: what a user said and what came of it; or what the server had to say by itself."""

    interaction_id: str
    topic_id: str
    input: str | None
    additional_input: JsonObject | None = None
    create_task: bool | None = None
    """Whether a task is derived from it; None: the agent decides."""
    output: str | None = None
    additional_output: JsonObject | None = None
    status: InteractionStatus = "created"
    created_by: Literal["client", "server"] = "client"
    task_ids: tuple[str, ...] = ()
    error: str | None = None
    created_at: str
    modified_at: str

    @property
    def ended(self) -> bool:
        """Whether it will not change any more."""
        return self.status in ENDED


class Action(Entity):
    """Something that a step wants done, and for which it needs a permission. A changed action is a new one."""

    action_id: str
    step_id: str
    task_id: str
    topic_id: str
    name: str
    args: JsonObject
    executor: Party = "server"
    """Where it runs."""
    status: ActionStatus = "proposed"
    decision: Verdict | None = None
    feedback: str | None = None
    decided_by: Literal["user", "server"] | None = None
    output: str | None = None
    additional_output: JsonObject | None = None
    error: str | None = None
    supersedes: str | None = None
    """Id of the action that this one replaces, after feedback."""
    created_at: str
    modified_at: str

    @property
    def settled(self) -> bool:
        """Whether it will not change any more."""
        return self.status in SETTLED


class Step(Entity):
    """One stretch of work at a task."""

    step_id: str
    task_id: str
    topic_id: str
    name: str | None = None
    input: str | None = None
    additional_input: JsonObject | None = None
    status: StepStatus = "created"
    output: str | None = None
    additional_output: JsonObject | None = None
    error: str | None = None
    is_last: bool = False
    actions: tuple[Action, ...] = ()
    """In the order proposed."""
    artifacts: tuple[Artifact, ...] = ()
    """What it made."""
    created_at: str
    modified_at: str

    @property
    def ended(self) -> bool:
        """Whether it will not change any more."""
        return self.status in ENDED


class Task(Entity):
    """A goal within a topic, with the steps towards it."""

    task_id: str
    topic_id: str
    interaction_id: str | None = None
    """The interaction that it was derived from."""
    input: str | None = None
    additional_input: JsonObject | None = None
    status: TaskStatus = "created"
    output: str | None = None
    error: str | None = None
    permission_mode: PermissionMode = "ask"
    created_by: Literal["client", "server"] = "client"
    metadata: JsonObject = Field(default_factory=dict)
    metadata_source: Party = "client"
    metadata_provenance: dict[str, Party] = Field(default_factory=dict)
    """Who gave each key of `metadata`."""
    artifacts: tuple[Artifact, ...] = ()
    """What was uploaded to it and what its steps made."""
    created_at: str
    modified_at: str

    @property
    def ended(self) -> bool:
        """Whether it will not change any more."""
        return self.status in ENDED
