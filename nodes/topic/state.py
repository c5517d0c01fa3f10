"""The state of a topic's conversation. Values are JSON-like; keys that tasks write at once have idempotent reducers."""

from typing import (
    Annotated,
    Literal,
    NotRequired,  # as in the planner's state
)

from langgraph.channels import EphemeralValue
from typing_extensions import TypedDict

from repertory.memory.proposals import merge
from repertory.memory.records import Usage

Status = Literal["created", "completed", "failed", "rejected", "stopped", "skipped"]
"""`created`: not ended yet. `skipped`: a task that it was to follow did not complete."""


class TopicTask(TypedDict):
    """A task that came from a message."""

    id: str
    task: str
    """What is to be done, in words."""
    after: str | None
    """The task that it follows: it begins when that one is completed. None: at once."""
    status: Status
    answer: str
    """What it brought."""
    error: str | None
    """Why it was not completed."""
    run_id: str | None
    """The planner's run that performed it."""


def merge_tasks(left: dict[str, TopicTask] | None, right: dict[str, TopicTask] | None) -> dict[str, TopicTask]:
    """Reducer: tasks by id, the newer one wins."""
    return {**(left or {}), **(right or {})}


class TopicInput(TypedDict):
    """What the user says."""

    input: str
    """The message."""
    create_task: NotRequired[bool | None]
    """True: it becomes one task as it is. False: it is only answered. None: the model decides."""
    parallel: NotRequired[bool | None]
    """Whether several tasks are performed at once, else one after the other. None: the model decides."""
    interaction_id: NotRequired[str | None]
    """What the topic remembers this exchange by; None: an id is made."""


class Asked(TypedDict):
    """A message as it was taken up: the fields of the input, all of them there."""

    input: str
    create_task: bool | None
    parallel: bool | None
    interaction_id: str


class TopicState(TypedDict, total=False):
    """One exchange of a conversation; the conversation itself is in the topic's memory."""

    input: Annotated[str, EphemeralValue]
    create_task: Annotated[bool | None, EphemeralValue]
    parallel: Annotated[bool | None, EphemeralValue]
    interaction_id: Annotated[str | None, EphemeralValue]
    """As given, for the node that takes it up: what one message says of itself does not hold for the next."""
    asked: Asked
    """The message."""
    topic: str
    """Whose memory is shared."""
    memory: list[str]
    """What the topic knows that bears on the message, as lines."""
    left: list[str]
    """Tasks of the message before that had not ended when this one came."""
    answer: str
    """What is said at once."""
    work: Annotated[dict[str, TopicTask], merge_tasks]
    """The tasks by id, in the order in which they are to be performed."""
    usage: Annotated[dict[str, Usage], merge]
    """What model calls cost: of the conversation, and by task."""
    output: str
    """What is said in the end: the answer, and what came of the tasks."""
    tasks: list[TopicTask]
    """The tasks as they ended."""


class TopicUpdate(TopicState, total=False):
    """What a node of the topic returns."""


class TopicOutput(TypedDict, total=False):
    """What an exchange leaves."""

    output: str
    tasks: list[TopicTask]
    usage: Annotated[dict[str, Usage], merge]


class TaskInput(TypedDict):
    """What the node that performs one task is sent."""

    task: TopicTask
    topic: str
