"""The six entities of the Agent Protocol: topics, interactions, tasks, their steps, actions and artifacts.

A record is what a client reads, but for the fields in `PRIVATE`, which tie an entity to
the graph that works on it. Absent values are None, never left out.
"""

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field

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

PRIVATE: dict[str, frozenset[str]] = {
    "Topic": frozenset(),
    "Interaction": frozenset({"server"}),
    "Task": frozenset({"steps", "server", "setbacks"}),
    "TaskStep": frozenset({"key"}),
    "Action": frozenset({"key", "interrupt"}),
    "TopicArtifact": frozenset({"sha256"}),
}
"""Fields that no client sees, by record."""


def now() -> str:
    """This moment in RFC 3339, UTC."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class TopicArtifact(Record):
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
    sha256: str
    """Where its bytes are."""
    created_at: str


class Topic(Record):
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


class Interaction(Record):
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
    server: str | None = None
    """The server that answers it."""
    created_at: str
    modified_at: str


class Action(Record):
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
    key: str
    """Tells it apart in its graph: `proposal id#call id`."""
    interrupt: str | None = None
    """Id of the interrupt that its decision answers; None where the graph asked nobody."""
    created_at: str
    modified_at: str

    @property
    def settled(self) -> bool:
        """Whether it will not change any more."""
        return self.status in SETTLED


class TaskStep(Record):
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
    artifacts: tuple[TopicArtifact, ...] = ()
    """What it made."""
    key: str | None = None
    """What the graph calls it, where it was planned ahead."""
    created_at: str
    modified_at: str

    @property
    def ended(self) -> bool:
        """Whether it will not change any more."""
        return self.status in ENDED


class Task(Record):
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
    artifacts: tuple[TopicArtifact, ...] = ()
    """What was uploaded to it and what its steps made."""
    steps: tuple[TaskStep, ...] = ()
    """In the order made. Read one by one by clients."""
    server: str | None = None
    """The server that performs its open step."""
    setbacks: int = 0
    """Steps in a row that failed for no fault of the plan: the model could not be reached, say."""
    created_at: str
    modified_at: str

    @property
    def ended(self) -> bool:
        """Whether it will not change any more."""
        return self.status in ENDED

    @property
    def open_step(self) -> TaskStep | None:
        """The step that runs or waits for input."""
        return next((step for step in self.steps if step.status in ("running", "awaiting_input")), None)

    def step(self, step_id: str) -> TaskStep | None:
        """The step of that id."""
        return next((step for step in self.steps if step.step_id == step_id), None)

    def with_step(self, step: TaskStep) -> "Task":
        """The task with a step changed, or added at the end."""
        if self.step(step.step_id) is None:
            return self.model_copy(update={"steps": (*self.steps, step)})
        steps = tuple(step if each.step_id == step.step_id else each for each in self.steps)
        return self.model_copy(update={"steps": steps})


def shown(entity: Record) -> JsonObject:
    """An entity as a client reads it."""
    hidden = PRIVATE[type(entity).__name__]
    return {name: _shown(getattr(entity, name)) for name in type(entity).model_fields if name not in hidden}


def _shown(value: Any) -> Any:
    if isinstance(value, Record):
        return shown(value)
    return [_shown(item) for item in value] if isinstance(value, tuple) else value
