"""The transcript of a run: every proposal, decision and result, nested, in one versioned document."""

from typing import Any, Literal

from pydantic import Field, model_validator

from repertory.memory.plans import Company
from repertory.memory.proposals import Decision, Message, Turn
from repertory.memory.records import Agent, JsonObject, Name, Record, StepResult

VERSION: Literal[1] = 1


class Exchange(Record):
    """What the root of a hierarchy was told, and what came of it; in a planner's run, one step."""

    key: Name
    """`m0`, `m1` … in a conversation; the step's id in a planner's run; `planner` for its own proposals."""
    message: str = ""
    """What the root was told. Empty for a step: its message follows from the plan and the results that it needs."""
    call: Turn | None = None
    """In a planner's run: the direct tool call that the step began with (frame key `STEP/call`)."""
    turns: tuple[Turn, ...] = ()
    """The root's turns; those of delegates are nested in the results of their calls, or in `at_work`."""
    result: StepResult | None = None
    """How it ended; None while it is under way."""


class PersonaTweak(Record):
    """Another prompt, or another model, for one persona; what is None stays as it is."""

    prompt: str | None = None
    model: str | None = None
    """`provider:model`, for example `openai:gpt-5.1`."""
    temperature: float | None = Field(default=None, ge=0, le=2)


class Tweak(Record):
    """Where a replay leaves the recorded run, and what is different from there on."""

    at: str
    """Id of the proposal; `frame#n` will do. In a planner's run, the id of a step stands for its beginning."""
    decision: Decision | None = None
    """What is decided about that proposal instead. None: it is not taken over, but made anew."""
    personas: dict[str, PersonaTweak] = Field(default_factory=dict)
    """What changes for personas, each by its path: `lady/stylist`, or `perform/editor/stylist`."""


class Fork(Record):
    """Where a run comes from that is a replay."""

    run_id: str
    """The original."""
    tweak: Tweak


class Transcript(Record):
    """A run as one document."""

    version: Literal[1] = VERSION
    run_id: str
    agent: Agent | None = None
    """The hierarchy of a conversation; None in a planner's run."""
    task: str = ""
    """In a planner's run: what is to be done."""
    company: Company | None = None
    """In a planner's run: the plan and its agents."""
    state: JsonObject = Field(default_factory=dict)
    """In a planner's run: the rest of the planner's state, as JSON."""
    exchanges: tuple[Exchange, ...] = ()
    messages: dict[str, tuple[Message, ...]] = Field(default_factory=dict)
    """Messages left for personas, by path (by step id where agents of a plan left them), heard or not."""
    forked_from: Fork | None = None

    @model_validator(mode="before")
    @classmethod
    def _is_known(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("version", VERSION) != VERSION:
            raise ValueError(
                f"the transcript has version {data['version']!r}; this program reads version {VERSION}: "
                "take the release that wrote it"
            )
        return data
