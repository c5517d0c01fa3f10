"""What changed in a topic, told small: which entity, and what it is now."""

from collections.abc import Iterator
from typing import Literal

from repertory.memory.records import Record
from repertory.memory.topics.records import Interaction, Task, Topic, TopicArtifact

Subject = Literal["topic", "interaction", "task", "step", "action", "artifact"]


class Change(Record):
    """An entity that is new, or in another state."""

    subject: Subject
    id: str
    status: str | None = None
    at: str
    task_id: str | None = None
    step_id: str | None = None


def changes(before: Task | None, after: Task) -> Iterator[Change]:
    """What changed in a task, from the inside out."""
    task_id = after.task_id
    old_steps = {step.step_id: step for step in before.steps} if before else {}
    old_files = {artifact.artifact_id for artifact in before.artifacts} if before else set[str]()
    for artifact in after.artifacts:
        if artifact.artifact_id not in old_files:
            yield told_artifact(artifact)
    for step in after.steps:
        old = old_steps.get(step.step_id)
        known = {action.action_id: action.status for action in old.actions} if old else {}
        for action in step.actions:
            if known.get(action.action_id) != action.status:
                yield Change(
                    subject="action",
                    id=action.action_id,
                    status=action.status,
                    at=action.modified_at,
                    task_id=task_id,
                    step_id=step.step_id,
                )
        if old is None or old.status != step.status:
            yield Change(
                subject="step",
                id=step.step_id,
                status=step.status,
                at=step.modified_at,
                task_id=task_id,
                step_id=step.step_id,
            )
    if before is None or _visible(before) != _visible(after):
        yield Change(subject="task", id=task_id, status=after.status, at=after.modified_at, task_id=task_id)


def told_topic(topic: Topic) -> Change:
    """A topic was made."""
    return Change(subject="topic", id=topic.topic_id, at=topic.created_at)


def told_interaction(interaction: Interaction) -> Change:
    """An interaction is new, or got on."""
    return Change(
        subject="interaction", id=interaction.interaction_id, status=interaction.status, at=interaction.modified_at
    )


def told_artifact(artifact: TopicArtifact) -> Change:
    """A file is new."""
    return Change(
        subject="artifact",
        id=artifact.artifact_id,
        at=artifact.created_at,
        task_id=artifact.task_id,
        step_id=artifact.step_id,
    )


def _visible(task: Task) -> tuple[object, ...]:
    return task.status, task.metadata, task.permission_mode
