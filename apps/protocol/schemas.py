"""What clients read, as models for the OpenAPI document: the entities of topics.

Nothing is validated with them: what the service returns is answered as it is.
"""

from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from repertory.memory.records import JsonObject, Record
from repertory.memory.topics import entities


class Error(BaseModel):
    """Why a call was refused."""

    message: str = Field(description="Names the value and the remedy.")
    code: str = Field(description="A word that programs can look at.")


class Pagination(BaseModel):
    """Where a page is in its list."""

    total_items: int
    total_pages: int
    current_page: int
    page_size: int


class Versions(BaseModel):
    """The versions of the protocol that this server speaks."""

    versions: list[int]


class AgentInfo(BaseModel):
    """What serves."""

    name: str
    protocol: Literal[2]
    version: str
    config_options: JsonObject


def _shown(name: str, record: type[Record], **instead: Any) -> type[BaseModel]:
    """A record as clients read it: all fields are there."""
    fields: dict[str, Any] = {
        field: (instead.get(field, info.annotation), ...) for field, info in record.model_fields.items()
    }
    fields |= {field: (kind, ...) for field, kind in instead.items() if field not in fields}
    model: type[BaseModel] = create_model(name, __doc__=record.__doc__, **fields)
    return model


def _list_of(plural: str, item: type[BaseModel]) -> type[BaseModel]:
    fields: dict[str, Any] = {plural: (list[item], ...), "pagination": (Pagination, ...)}  # type: ignore[valid-type]
    model: type[BaseModel] = create_model(f"{item.__name__}List", __doc__=f"A page of {plural}.", **fields)
    return model


Artifact = _shown("Artifact", entities.Artifact)
Topic = _shown("Topic", entities.Topic, artifacts=list[Artifact])  # type: ignore[valid-type]
Interaction = _shown("Interaction", entities.Interaction, task_ids=list[str])
Action = _shown("Action", entities.Action)
Step = _shown("Step", entities.Step, actions=list[Action], artifacts=list[Artifact])  # type: ignore[valid-type]
Task = _shown("Task", entities.Task, artifacts=list[Artifact])  # type: ignore[valid-type]

TopicList = _list_of("topics", Topic)
InteractionList = _list_of("interactions", Interaction)
TaskList = _list_of("tasks", Task)
StepList = _list_of("steps", Step)
ActionList = _list_of("actions", Action)
ArtifactList = _list_of("artifacts", Artifact)


class AgentArtifact(BaseModel):
    """An artifact as version 1 has it."""

    artifact_id: str
    agent_created: bool
    file_name: str
    relative_path: str | None


class AgentTask(BaseModel):
    """A task as version 1 has it."""

    task_id: str
    input: str | None
    additional_input: JsonObject
    artifacts: list[AgentArtifact]


class AgentStep(BaseModel):
    """A step as version 1 has it."""

    step_id: str
    task_id: str
    name: str | None
    input: str | None
    additional_input: JsonObject
    status: Literal["created", "running", "completed"]
    output: str | None
    additional_output: JsonObject | None
    artifacts: list[AgentArtifact]
    is_last: bool


AgentTaskList = _list_of("tasks", AgentTask)
AgentStepList = _list_of("steps", AgentStep)
AgentArtifactList = _list_of("artifacts", AgentArtifact)
