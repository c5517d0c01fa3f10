"""What a graph tells of a task it works on: where it rests, what it proposes, and what came of that."""

from typing import Literal

from pydantic import Field

from repertory.memory.records import JsonObject, Record
from repertory.memory.topics.entities import Party


class Act(Record):
    """Something the graph proposed to do, and what became of it as far as the graph knows."""

    key: str
    """`proposal id#call id`: unique in the task."""
    name: str
    args: JsonObject = Field(default_factory=dict)
    executor: Party = "server"
    status: Literal["proposed", "rejected", "superseded", "completed", "failed"]
    """`proposed`: the graph waits for an answer about it."""
    interrupt: str | None = None
    """Id of the interrupt that waits; only where it is proposed."""
    auto: bool = False
    """The policy permitted it without asking anybody."""
    supersedes: str | None = None
    """Key of the act in whose place it was proposed."""
    output: str | None = None
    data: JsonObject | None = None
    error: str | None = None
    objection: str | None = None
    """Why the last answer about it was of no use; it is asked again."""


class Planned(Record):
    """A step that is known ahead."""

    key: str
    name: str
    input: str | None = None


class MadeFile(Record):
    """A file that a step made."""

    path: str
    """Relative to the workspace."""
    sha256: str
    content: str | None = None
    """What it says, where it is in no workspace."""


class Work(Record):
    """How a step of a task stands where its graph rests."""

    key: str | None = None
    name: str | None = None
    input: str | None = None
    """What it is to do, where nobody said so."""
    status: Literal["waiting", "completed", "failed"]
    """`waiting`: for answers about acts."""
    is_last: bool = False
    hopeless: bool = False
    """Failed, and the agent cannot go on with the task."""
    setback: bool = False
    """Failed for no fault of the work: the same can be tried again."""
    output: str | None = None
    additional_output: JsonObject | None = None
    error: str | None = None
    acts: tuple[Act, ...] = ()
    planned: tuple[Planned, ...] = ()
    """Steps to come, all that are known."""
    files: tuple[MadeFile, ...] = ()
    metadata: JsonObject = Field(default_factory=dict)
    """What the agent has to say about the task; it joins the metadata where nobody else has set these keys."""
