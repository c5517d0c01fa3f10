"""What clients send. Unknown fields are ignored; a wrong type is an error, never a guess."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from repertory.memory.topics.entities import PermissionMode

Object = dict[str, JsonValue]


class _Request(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, use_attribute_docstrings=True)


class TopicRequest(_Request):
    """A new topic."""

    name: str | None = None
    input: str | None = None
    """Opening words."""
    additional_input: Object | None = None
    metadata: Object | None = None


class InteractionRequest(_Request):
    """What the user says in a topic."""

    input: str = Field(min_length=1)
    additional_input: Object | None = None
    create_task: bool | None = None
    """Whether to derive a task; null lets the agent decide."""


class TaskRequest(_Request):
    """A new task."""

    input: str | None = None
    additional_input: Object | None = None
    metadata: Object | None = None
    metadata_source: str | None = "client"
    """`client` or `user`: who made the metadata."""
    permission_mode: PermissionMode | None = "ask"


class TaskChange(_Request):
    """Changes of a task. Whatever else a task has cannot be changed."""

    metadata: Object | None = None
    """Merged: keys given replace, null deletes."""
    metadata_source: str | None = "client"
    permission_mode: PermissionMode | None = None


class StepRequest(_Request):
    """To execute the next step of a task."""

    input: str | None = None
    additional_input: Object | None = None


class AgentTaskRequest(_Request):
    """A new task, as version 1 has it."""

    input: str | None = None
    additional_input: Object | None = None


class DecisionRequest(_Request):
    """The user's word on an action."""

    decision: Literal["approve", "reject", "feedback"]
    feedback: str | None = None
    actor: str | None = "user"


class ResultRequest(_Request):
    """What came of an action that the client or the user performed."""

    status: Literal["completed", "failed"]
    output: str | None = None
    additional_output: Object | None = None
    error: str | None = None
    actor: str | None = "client"


class Page(BaseModel):
    """Which part of a list."""

    current_page: int = Field(default=1, ge=1)
    page_size: int = Field(default=10, ge=1)

    def of(self, name: str, items: list[Any], total: int) -> dict[str, Any]:
        """The answer: the items, and where they are in the list."""
        pages = -(-total // self.page_size)
        pagination = {
            "total_items": total,
            "total_pages": pages,
            "current_page": self.current_page,
            "page_size": self.page_size,
        }
        return {name: items, "pagination": pagination}
