"""The state of the master planner. Values are JSON-like or records; shared keys have idempotent reducers."""

from typing import Annotated, Any, Literal

from typing_extensions import TypedDict  # pydantic, and so Studio's forms, need this one before Python 3.12

from repertory.memory.plans import Company, Step
from repertory.memory.proposals import merge
from repertory.memory.records import Agent, JsonObject, StepResult, Usage

PATH = ("planner",)
"""Who proposes plans and ratings."""


def merge_seconds(left: dict[str, float] | None, right: dict[str, float] | None) -> dict[str, float]:
    """Reducer: seconds by node; the larger wins, since parallel writers each know a part."""
    left, right = left or {}, right or {}
    return {key: max(left.get(key, 0.0), right.get(key, 0.0)) for key in {**left, **right}}


def merge_results(
    left: dict[str, StepResult] | None, right: dict[str, StepResult | JsonObject | None] | None
) -> dict[str, StepResult]:
    """Reducer: results by step, the newer one wins; None takes one away, so that its step is performed again.

    Studio writes JSON; it becomes records here.
    """
    merged: dict[str, Any] = {**(left or {}), **(right or {})}
    return {step_id: StepResult.model_validate(result) for step_id, result in merged.items() if result is not None}


def latest_company(_: Company | None, company: Company | JsonObject | None) -> Company | None:
    """Reducer: the newer one, also where it comes as JSON, as from Studio."""
    return None if company is None else Company.model_validate(company)


Source = Literal["new", "equal", "similar"]
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
    memory: list[str]
    """What its topic knows that bears on the task, as lines; empty where it has none."""
    status: Status
    """How far it is, or how it ended."""
    source: Source
    """Whether the plan is new, or from a cohort that did an equal or a similar task."""
    cohort_id: str | None
    """The cohort that the plan came from."""
    known_task: str | None
    """The task that the cohort did."""
    known_record: JsonObject | None
    """How it did: `uses`, `successes`, `ratings`, `liked`, `rated_by`."""
    changes: list[JsonObject]
    """What was said anew for this task, each with `step`, `field`, `before` and `after`."""
    passed_over: list[str]
    """Why cohorts that did this task, or one like it, are not used."""
    drafted: list[str]
    """Agents whose prompts were just drafted."""
    company: Annotated[Company, latest_company]
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
    preset: JsonObject | None
    """What a replay has decided about the plan at hand beforehand."""
    results: Annotated[dict[str, StepResult], merge_results]
    """How each step ended."""
    repairable: bool
    """Whether steps that failed may be planned in another way."""
    replans: int
    """Times that the rest was planned anew."""
    answer: str
    """The report."""
    error: str | None
    """Why the run failed or stopped."""
    rating: Literal["satisfied", "unsatisfied"] | None
    """Whether the user is satisfied."""
    rated_by: Literal["user", "policy"] | None
    """Who said so; None: nobody yet."""
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
    source: Source
    answer: str
    error: str | None
    results: Annotated[dict[str, StepResult], merge_results]
    company: Annotated[Company, latest_company]
    rating: Literal["satisfied", "unsatisfied"] | None
    usage: Annotated[dict[str, Usage], merge]


class StepInput(TypedDict):
    """What a lane of the step graph is sent: its step and nothing that grows with the plan."""

    run_id: str
    branch: str
    """With the run, what this round of lanes is journaled under."""
    step: Step
    agent: Agent | None
    granted: bool
    """Whether a person approved its direct tool call exactly as it is."""
    ended: list[StepResult]
    """Results of its needs, as far as they are in the run's state: a fork has them, and no journal."""
    memory: list[str]
    """What its topic knows that bears on the task."""
    spent: Usage
    """What the run cost before it was performed."""
    elapsed: float
    """Seconds of the run's work before this round of lanes, and those of them spent performing."""
    performed: float
