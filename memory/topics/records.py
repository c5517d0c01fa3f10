"""What is kept of the entities of a topic: what clients read, and what ties it to the graph that works on it.

Absent values are None, never left out.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from repertory.memory.records import JsonObject, Record
from repertory.memory.topics import entities


def now() -> str:
    """This moment in RFC 3339, UTC."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class TopicArtifact(entities.Artifact):
    """A file, and where its bytes are."""

    sha256: str
    """Their address."""


class Topic(entities.Topic):
    """A topic; its artifacts are a list of their own."""


class Interaction(entities.Interaction):
    """An interaction, and who is at it."""

    server: str | None = None
    """The server that answers it."""


class Action(entities.Action):
    """An action, and the question of a graph that it answers."""

    key: str
    """Tells it apart in its graph: `proposal id#call id`."""
    interrupt: str | None = None
    """Id of the interrupt that its decision answers; None where the graph asked nobody."""


class TaskStep(entities.Step):
    """A step, and what the graph calls it."""

    actions: tuple[Action, ...] = ()
    artifacts: tuple[TopicArtifact, ...] = ()
    key: str | None = None
    """What the graph calls it, where it was planned ahead."""


class Task(entities.Task):
    """A task with its steps, which clients read one by one, and who is at it."""

    artifacts: tuple[TopicArtifact, ...] = ()
    steps: tuple[TaskStep, ...] = ()
    """In the order made."""
    server: str | None = None
    """The server that performs its open step."""
    setbacks: int = 0
    """Steps in a row that failed for no fault of the plan: the model could not be reached, say."""

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
    return {name: _shown(getattr(entity, name)) for name in read_by_clients(type(entity)).model_fields}


@cache
def read_by_clients(record: type[Record]) -> type[Record]:
    """What clients read of what is kept."""
    return next(base for base in record.__mro__ if base.__module__ == entities.__name__)


def _shown(value: Any) -> Any:
    if isinstance(value, Record):
        return shown(value)
    return [_shown(item) for item in value] if isinstance(value, tuple) else value
