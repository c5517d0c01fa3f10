"""The states that flow through the graphs. Values are JSON-like or records; shared keys have idempotent reducers."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, TypedDict

from repertory.memory.proposals import CallResult, Turn, merge, merge_turns
from repertory.memory.records import Agent, Company, Record, Step, StepResult, Usage

Node = Callable[..., Awaitable[Any]]
"""An async function of the state and the runtime that returns a partial update."""


class Frame(Record):
    """Where a persona is at work: what its turns are journaled under, and who it is in paths."""

    run_id: str = ""
    """Empty for a persona that runs by itself: then nothing is journaled."""
    step_id: str | None = None
    key: str = ""
    """The step, then the calls that led here: unique within the run, the same after a restart."""
    path: tuple[str, ...] = ()
    """Names from the root to this persona."""
    granted: bool = False
    """A person approved exactly the call that is made here, in the plan."""


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


def merge_seconds(left: dict[str, float] | None, right: dict[str, float] | None) -> dict[str, float]:
    """Reducer: seconds by node; the larger wins, since parallel writers each know a part."""
    left, right = left or {}, right or {}
    return {key: max(left.get(key, 0.0), right.get(key, 0.0)) for key in {**left, **right}}


Status = Literal["planning", "performing", "completed", "failed", "rejected", "stopped"]


class PlannerInput(TypedDict):
    """What starts the planner."""

    task: str
    """What is to be done, in words."""


class PlannerState(TypedDict, total=False):
    """One run of the master planner."""

    task: str
    """What is to be done."""
    run_id: str
    """This run; results and the journal are kept under it."""
    status: Status
    """How far it is, or how it ended."""
    source: Literal["new", "equal", "similar"]
    """Whether the plan is new, or from a cohort that did an equal or a similar task."""
    cohort_id: str | None
    """The cohort that the plan came from."""
    known_task: str | None
    """The task that the cohort did."""
    drafted: list[str]
    """Agents whose prompts were just drafted."""
    company: Company
    """The plan and its agents: as planned, cast, proposed, edited and approved so far."""
    approved_by: Literal["user", "policy"] | None
    """Who approved it."""
    granted: list[str]
    """Steps whose direct tool call a person approved exactly as it is."""
    proposals: int
    """Plans proposed so far."""
    feedback: list[str]
    """What a person answered in words, in order."""
    objection: str | None
    """Why the last answer was refused."""
    results: Annotated[dict[str, StepResult], merge]
    """How each step ended."""
    replans: int
    """Times that the rest was planned anew."""
    answer: str
    """The report."""
    error: str | None
    """Why the run failed or stopped."""
    rating: Literal["satisfied", "unsatisfied"] | None
    """Whether the user is satisfied."""
    rated_by: Literal["user", "policy"]
    """Who said so."""
    usage: Annotated[dict[str, Usage], merge]
    """What model calls cost, by node."""
    seconds: Annotated[dict[str, float], merge_seconds]
    """Seconds of work, by node."""
    notices: list[str]
    """What the user should know about how this run was made."""


class PlannerUpdate(PlannerState, total=False):
    """What a node of the planner returns."""


class PlannerOutput(TypedDict, total=False):
    """What a run of the planner leaves."""

    run_id: str
    status: Status
    answer: str
    error: str | None
    results: Annotated[dict[str, StepResult], merge]
    company: Company
    rating: Literal["satisfied", "unsatisfied"] | None
    usage: Annotated[dict[str, Usage], merge]


class StepInput(TypedDict):
    """What a lane of the step graph is sent: its step and nothing that grows with the plan."""

    run_id: str
    step: Step
    agent: Agent | None
    granted: bool
    """Whether a person approved its direct tool call exactly as it is."""
    ended: list[StepResult]
    """Results of its needs, as far as they are in the run's state: a fork has them, and no journal."""
    spent: Usage
    """What the run cost before it was performed."""
    elapsed: float
    """Seconds of the run's work before this round of lanes, and those of them spent performing."""
    performed: float
