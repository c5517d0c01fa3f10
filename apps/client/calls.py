"""The operations of the protocol as data: what is sent, and how the answer is read. Nothing here reads or writes.

Each function has the parameters of a method of both clients, and is its documentation.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from repertory.apps.client.errors import ProtocolError, refused
from repertory.apps.client.records import (
    Action,
    AgentInfo,
    Answer,
    Artifact,
    Decision,
    Interaction,
    Result,
    Step,
    Task,
    Topic,
    Versions,
)
from repertory.memory.records import JsonObject, describe
from repertory.memory.topics.entities import PermissionMode

T = TypeVar("T")
A = TypeVar("A", bound=Answer)

PAGE = 100
"""Entities asked for at once: as many as every server must give."""
_BUSY = frozenset({502, 503, 504})
_DELAYS = (0.1, 0.4, 1.6)
"""Seconds before a call that changes nothing is made again."""


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request, and how to read what comes back."""

    method: Literal["GET", "POST", "PATCH"]
    path: str
    parse: Callable[[bytes], T]
    json: JsonObject | None = None
    params: dict[str, int] | None = None

    @property
    def delays(self) -> Iterator[float]:
        """Seconds to wait before each further attempt; none where a second one might do something twice."""
        return iter(_DELAYS if self.method == "GET" else ())

    def read(self, status: int, body: bytes) -> T:
        """The answer.

        Raises:
            ProtocolError: the server refused the call, or says what is no answer to it.
        """
        if status >= 400:
            raise refused(status, body)
        try:
            return self.parse(body)
        except ValidationError as error:
            raise ProtocolError(status, "unreadable", f"{self.method} {self.path}: {describe(error)}") from error


@dataclass(frozen=True)
class Part(Generic[T]):
    """A page of a list."""

    items: tuple[T, ...]
    pages: int
    """How many pages the list has."""


@dataclass(frozen=True)
class Listing(Generic[T]):
    """A list, page by page."""

    path: str
    parse: Callable[[bytes], Part[T]]

    def page(self, number: int) -> Call[Part[T]]:
        """One page, from 1."""
        return Call("GET", self.path, self.parse, params={"current_page": number, "page_size": PAGE})


def is_busy(status: int) -> bool:
    """Whether the same call may be answered a moment later."""
    return status in _BUSY


def path(*parts: str | None) -> str:
    """The path of an entity; parts that are None are left out with the word before them."""
    kept: list[str] = []
    for part in parts:
        if part is None:
            kept.pop()
        else:
            kept.append(quote(part, safe=""))
    return "/".join(("/ap/v2", *kept))


def get_versions() -> Call[Versions]:
    """The versions of the protocol that the server speaks."""
    return Call("GET", "/ap/versions", Versions.model_validate_json)


def get_agent_info() -> Call[AgentInfo]:
    """Who serves."""
    return Call("GET", path("agent", "info"), AgentInfo.model_validate_json)


def create_topic(
    *,
    name: str | None = None,
    input: str | None = None,  # noqa: A002 - the protocol's word
    additional_input: JsonObject | None = None,
    metadata: JsonObject | None = None,
) -> Call[Topic]:
    """Begin a topic; `input` are its opening words."""
    return _post(path("topics"), Topic, name=name, input=input, additional_input=additional_input, metadata=metadata)


def list_topics() -> Listing[Topic]:
    """All topics, oldest first."""
    return _list(path("topics"), "topics", Topic)


def get_topic(topic_id: str) -> Call[Topic]:
    """A topic."""
    return _get(path("topics", topic_id), Topic)


def create_interaction(
    topic_id: str,
    input: str,  # noqa: A002 - the protocol's word
    *,
    create_task: bool | None = None,
    additional_input: JsonObject | None = None,
) -> Call[Interaction]:
    """Say something in a topic; `create_task` says whether a task is derived, None lets the agent decide."""
    at = path("topics", topic_id, "interactions")
    return _post(at, Interaction, input=input, create_task=create_task, additional_input=additional_input)


def list_interactions(topic_id: str) -> Listing[Interaction]:
    """What was said in a topic, oldest first."""
    return _list(path("topics", topic_id, "interactions"), "interactions", Interaction)


def get_interaction(topic_id: str, interaction_id: str) -> Call[Interaction]:
    """One exchange, and how far it is."""
    return _get(path("topics", topic_id, "interactions", interaction_id), Interaction)


def create_task(
    topic_id: str,
    input: str | None = None,  # noqa: A002 - the protocol's word
    *,
    additional_input: JsonObject | None = None,
    metadata: JsonObject | None = None,
    metadata_source: Literal["client", "user"] = "client",
    permission_mode: PermissionMode = "ask",
) -> Call[Task]:
    """Make a task. Nothing is done at it before its first step is executed."""
    return _post(
        path("topics", topic_id, "tasks"),
        Task,
        input=input,
        additional_input=additional_input,
        metadata=metadata,
        metadata_source=metadata_source,
        permission_mode=permission_mode,
    )


def list_tasks(topic_id: str) -> Listing[Task]:
    """The tasks of a topic, oldest first."""
    return _list(path("topics", topic_id, "tasks"), "tasks", Task)


def get_task(topic_id: str, task_id: str) -> Call[Task]:
    """A task."""
    return _get(path("topics", topic_id, "tasks", task_id), Task)


def update_task(
    topic_id: str,
    task_id: str,
    *,
    metadata: JsonObject | None = None,
    metadata_source: Literal["client", "user"] = "client",
    permission_mode: PermissionMode | None = None,
) -> Call[Task]:
    """Change a task: `metadata` is merged, keys with None are deleted."""
    body = _given(metadata=metadata, metadata_source=metadata_source, permission_mode=permission_mode)
    return Call("PATCH", path("topics", topic_id, "tasks", task_id), Task.model_validate_json, body)


def cancel_task(topic_id: str, task_id: str) -> Call[Task]:
    """End a task where it stands."""
    return _post(path("topics", topic_id, "tasks", task_id, "cancel"), Task)


def execute_step(
    topic_id: str,
    task_id: str,
    *,
    input: str | None = None,  # noqa: A002 - the protocol's word
    additional_input: JsonObject | None = None,
) -> Call[Step]:
    """Have the next step of a task done; it comes back at rest, or still running when it takes long."""
    at = path("topics", topic_id, "tasks", task_id, "steps")
    return _post(at, Step, input=input, additional_input=additional_input)


def list_steps(topic_id: str, task_id: str) -> Listing[Step]:
    """The steps of a task, oldest first."""
    return _list(path("topics", topic_id, "tasks", task_id, "steps"), "steps", Step)


def get_step(topic_id: str, task_id: str, step_id: str) -> Call[Step]:
    """A step with its actions."""
    return _get(path("topics", topic_id, "tasks", task_id, "steps", step_id), Step)


def list_actions(topic_id: str, task_id: str, step_id: str) -> Listing[Action]:
    """The actions of a step, in the order proposed."""
    return _list(path("topics", topic_id, "tasks", task_id, "steps", step_id, "actions"), "actions", Action)


def get_action(topic_id: str, task_id: str, step_id: str, action_id: str) -> Call[Action]:
    """An action."""
    return _get(path("topics", topic_id, "tasks", task_id, "steps", step_id, "actions", action_id), Action)


def decide(action: Action, decision: Decision) -> Call[Action]:
    """Give the user's word on an action."""
    return _post(_of(action, "decision"), Action, **decision.model_dump(exclude_none=True), actor="user")


def report(action: Action, result: Result) -> Call[Action]:
    """Say what came of an action that its client or its user performed."""
    return _post(_of(action, "result"), Action, **result.model_dump(exclude_none=True), actor=action.executor)


def list_artifacts(topic_id: str, task_id: str | None = None) -> Listing[Artifact]:
    """The files of a task, or of a topic and all its tasks, oldest first."""
    return _list(path("topics", topic_id, "tasks", task_id, "artifacts"), "artifacts", Artifact)


def _of(action: Action, what: str) -> str:
    within = ("topics", action.topic_id, "tasks", action.task_id, "steps", action.step_id)
    return path(*within, "actions", action.action_id, what)


def _get(at: str, model: type[A]) -> Call[A]:
    return Call("GET", at, model.model_validate_json)


def _post(at: str, model: type[A], **fields: Any) -> Call[A]:
    return Call("POST", at, model.model_validate_json, _given(**fields))


def _given(**fields: Any) -> JsonObject:
    return {name: value for name, value in fields.items() if value is not None}


class _Pagination(BaseModel):
    total_pages: int


class _Envelope(BaseModel):
    model_config = ConfigDict(extra="allow")
    pagination: _Pagination


def _list(at: str, name: str, model: type[A]) -> Listing[A]:
    items = TypeAdapter(tuple[model, ...])  # type: ignore[valid-type]  # mypy wants no variable in a type

    def parse(body: bytes) -> Part[A]:
        envelope = _Envelope.model_validate_json(body)
        return Part(items.validate_python((envelope.model_extra or {}).get(name)), envelope.pagination.total_pages)

    return Listing(at, parse)
