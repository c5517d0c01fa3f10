"""What happens in a run, as it happens: what screens, JSON lines and servers are made from."""

from typing import Any, Literal

from repertory.memory.proposals import Decision, Proposal
from repertory.memory.records import Artifact, JsonObject, Record, StepResult, Usage


class Pending(Record):
    """A decision that a person is asked for."""

    id: str
    """Id of the interrupt: answers name it."""
    title: str
    kind: str
    step_id: str | None = None
    objection: str | None = None
    """Why the last answer was refused."""
    proposal: JsonObject
    """The whole proposal."""

    @property
    def awaited(self) -> list[str]:
        """Names of the calls that this program does not execute: their results are waited for."""
        where = self.proposal["content"].get("executors", {})
        return [call["name"] for call in self.proposal["calls"] if where.get(call["id"], "server") != "server"]

    @classmethod
    def of(cls, interrupt: Any) -> "Pending":
        """From LangGraph's interrupt."""
        asked = interrupt.value["repertory"]
        proposal = asked["proposal"]
        return cls(
            id=interrupt.id,
            title=asked["title"],
            kind=proposal["kind"],
            step_id=proposal["step_id"],
            objection=asked["objection"],
            proposal=proposal,
        )


class Started(Record):
    """A process takes up a run: from its beginning, or where it was left."""

    event: Literal["started"] = "started"
    thread_id: str
    task: str
    workspace: str
    resumed: bool
    notices: tuple[str, ...]
    """What a user should know: which model serves, how well the index ranks."""


class NodeBegan(Record):
    """A node of the planner is at work."""

    event: Literal["node"] = "node"
    status: Literal["running"] = "running"
    node: str


class NodeEnded(Record):
    """A node of the planner is done."""

    event: Literal["node"] = "node"
    status: Literal["done"] = "done"
    node: str
    seconds: float
    detail: JsonObject
    """What came of it: `source`, `steps`, `agents` …"""


class Asked(Record):
    """A decision is needed."""

    event: Literal["asked"] = "asked"
    pending: Pending


class Speaking(Record):
    """A persona's model, or its function, begins to make a proposal."""

    event: Literal["speaking"] = "speaking"
    path: tuple[str, ...]
    frame: str
    """Key of the frame: tells parallel calls of the same persona apart."""


class Written(Record):
    """A piece of a proposal as it is written."""

    event: Literal["written"] = "written"
    path: tuple[str, ...]
    frame: str
    text: str


class Proposed(Record):
    """A persona made a proposal; whether a person is asked about it shows next."""

    event: Literal["proposal"] = "proposal"
    proposal: Proposal


class Decided(Record):
    """A decision was made."""

    event: Literal["decision"] = "decision"
    id: str | None
    """Of the interrupt; None where the policy decided without one."""
    title: str
    verdict: str
    step_id: str | None = None
    by: Literal["user", "policy", "--yes"]


class Settled(Record):
    """The decision about a persona's proposal, as it is recorded."""

    event: Literal["settled"] = "settled"
    proposal_id: str
    path: tuple[str, ...]
    decision: Decision


class StepChanged(Record):
    """A step started or ended."""

    event: Literal["step"] = "step"
    step_id: str
    status: str
    performer: str
    seconds: float | None = None
    output: str = ""
    error: str | None = None
    artifacts: tuple[Artifact, ...] = ()


class Called(Record):
    """A tool was called, by an agent or by the plan itself."""

    event: Literal["call"] = "call"
    step_id: str
    path: tuple[str, ...]
    tool: str
    arguments: JsonObject
    status: str
    text: str


class Noticed(Record):
    """Something to know that came up on the way."""

    event: Literal["notice"] = "notice"
    text: str


class StepOutcome(Record):
    """A step as far as it is."""

    id: str
    instruction: str
    needs: tuple[str, ...]
    performer: str
    status: str
    """As in `StepResult`, or `needs_decision`, or `waiting`."""
    output: str = ""
    error: str | None = None
    seconds: float | None = None
    usage: Usage = Usage()
    artifacts: tuple[Artifact, ...] = ()

    @classmethod
    def ended(cls, step: Any, result: StepResult) -> "StepOutcome":
        """Of a step that ended."""
        shared = result.model_dump(include={"status", "output", "error", "seconds", "usage", "artifacts", "performer"})
        return cls(id=step.id, instruction=step.instruction, needs=step.needs, **shared)


class UsageReport(Record):
    """What a run cost."""

    total: Usage
    by_node: dict[str, Usage]
    """`perform` is what the steps cost together."""


class Kept(Record):
    """What a run taught."""

    cohort: str
    """Id of the company that is kept."""
    known: bool
    """It was there before, and has one more success to its record."""
    agents: tuple[str, ...]
    """Names of the agents that are new in the registry."""


class Outcome(Record):
    """How a run stands when nobody performs it: at its end, or where a decision is needed."""

    event: Literal["result"] = "result"
    status: str
    """`completed`, `failed`, `rejected`, `stopped`, `needs_decision`, or `unfinished`, which `resume` takes up."""
    answer: str = ""
    error: str | None = None
    thread_id: str
    run_id: str | None = None
    task: str
    steps: tuple[StepOutcome, ...] = ()
    agents: tuple[JsonObject, ...] = ()
    """The agents, each with its origin and the reason for it."""
    source: str | None = None
    rating: str | None = None
    artifacts: tuple[Artifact, ...] = ()
    usage: UsageReport
    kept: Kept | None = None
    pending: tuple[Pending, ...] = ()


Event = (
    Started
    | NodeBegan
    | NodeEnded
    | Asked
    | Speaking
    | Written
    | Proposed
    | Settled
    | Decided
    | StepChanged
    | Called
    | Noticed
    | Outcome
)
