"""The state of a persona. Values are JSON-like or records; shared keys have idempotent reducers."""

from typing import Annotated

from typing_extensions import TypedDict  # pydantic, and so Studio's forms, need this one before Python 3.12

from repertory.memory.proposals import Call, CallResult, Turn, merge, merge_turns
from repertory.memory.records import Record


class Frame(Record):
    """Where a persona is at work: what its turns are journaled under, and who it is in paths."""

    run_id: str
    branch: str
    """With the run, what its turns are journaled under."""
    step_id: str | None = None
    key: str
    """The step, or the message of a conversation, then the calls that led here: the same after a restart."""
    path: tuple[str, ...] = ()
    """Names from the root to this persona."""
    granted: bool = False
    """A person approved exactly the call that is made here, in the plan."""

    @property
    def root(self) -> str:
        """The step, or the message of a conversation, that this is part of."""
        return self.key.partition("/")[0]

    @property
    def is_root(self) -> bool:
        """Whether this is the root of a hierarchy."""
        return self.root == self.key

    def below(self, call: Call) -> "Frame":
        """Where a delegate is at work that is called here."""
        return self.model_copy(
            update={"key": f"{self.key}/{call.id}", "path": (*self.path, call.name), "granted": False}
        )


class PersonaState(TypedDict, total=False):
    """One persona's own conversation."""

    message: str
    """What it was told."""
    frame: Frame
    """Where it is at work."""
    turns: Annotated[list[Turn], merge_turns]
    """Its turns so far."""
    reported: Annotated[dict[str, CallResult], merge]
    """What came back from delegates, by the key of their frame; at its end, its own report and nothing else."""
    unknown: dict[str, int]
    """Calls that were running when the process died: attempts so far, by call id."""
    retries: dict[str, int]
    """Calls allowed to run once more: the attempts that had been made then, by call id."""
    objection: str | None
    """Why the last answer was refused."""
    call_id: str
    """The id under which the coordinator called this persona."""
    reply: str | None
    """Its reply, once it is approved."""


class PersonaUpdate(PersonaState, total=False):
    """What a persona's node returns."""


class PersonaInput(TypedDict, total=False):
    """What starts a persona."""

    message: str
    frame: Frame
    call_id: str


class PersonaOutput(TypedDict, total=False):
    """What a persona leaves: for its coordinator, its report and nothing else."""

    reported: Annotated[dict[str, CallResult], merge]


class RootOutput(TypedDict, total=False):
    """What the root of a hierarchy leaves."""

    reply: str | None
    turns: Annotated[list[Turn], merge_turns]
    reported: Annotated[dict[str, CallResult], merge]
