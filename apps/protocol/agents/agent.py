"""What the protocol asks of an agent, whatever graph it is."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, BinaryIO, NamedTuple, Protocol

from repertory.memory.records import JsonObject
from repertory.memory.topics.records import Interaction, Task, TaskStep, Topic
from repertory.memory.topics.work import MadeFile, Work


class Live(NamedTuple):
    """Something that happens while a step is performed, told as it happens and not kept."""

    name: str
    """`token`, `call` …"""
    data: JsonObject


class Conversed(NamedTuple):
    """What came of an interaction."""

    output: str
    """The agent's answer."""
    tasks: tuple[str, ...] = ()
    """Tasks to be made from it, in words."""
    after: tuple[int | None, ...] = ()
    """The place of the task that each is to follow; None, or nothing: it can begin at once."""
    additional_output: JsonObject | None = None


class ServedAgent(Protocol):
    """An agent graph behind the protocol: a task is a thread of it, and a step an invocation that comes to rest."""

    @property
    def name(self) -> str:
        """What the agent is called."""
        ...

    @property
    def options(self) -> JsonObject:
        """Settings that clients are told of."""
        ...

    def check(self, task: Task) -> None:
        """Look at a new task before it is kept.

        Raises:
            UnprocessableError: its `additional_input` has something for this agent that is wrong.
        """
        ...

    def describe(self, task: Task) -> JsonObject:
        """Metadata for a task that came without any."""
        ...

    def perform(self, task: Task, step: TaskStep, answers: Mapping[str, Any]) -> AsyncGenerator[Live, None]:
        """Go on with a task until its graph rests.

        Args:
            task: the task.
            step: its open step.
            answers: to interrupts, by id; those that do not wait any more are left out.

        Raises:
            ResourceError, ModelError: it can be tried again.
            RepertoryError: it cannot.
        """
        ...

    async def work(self, task: Task, step: TaskStep) -> Work:
        """Where the graph rests."""
        ...

    def open_file(self, task: Task, file: MadeFile) -> BinaryIO:
        """Open a file that a step made; called in a thread.

        Raises:
            OSError, RepertoryError: it cannot be read.
        """
        ...

    async def opened(self, topic: Topic) -> None:
        """A topic was made."""
        ...

    async def converse(self, topic: Topic, interaction: Interaction, /) -> Conversed:
        """Answer an interaction, and say which tasks it means.

        Raises:
            RepertoryError: it could not.
        """
        ...

    def feedback(self, task: Task) -> str:
        """What is said in the topic when a task has ended."""
        ...

    async def close(self) -> None:
        """Let go of what it holds."""
        ...
