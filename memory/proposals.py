"""Proposal and decision: whatever a model wants to do next is proposed, and nothing happens until it is decided."""

from typing import Any, Literal

from pydantic import Field

from repertory.memory.records import Artifact, JsonObject, Name, Record, Usage

Kind = Literal["plan", "reply", "delegate", "tool", "retry", "rating"]
"""What is proposed. `retry`: to run again a call whose outcome is unknown because the process died while it ran."""

Verdict = Literal["approve", "edit", "respond", "reject"]

Executor = Literal["server", "client", "user"]
"""Who executes a call: this program, the client that uses it through its API, or the user."""


class Call(Record):
    """A tool, or a delegate, to be called."""

    id: str
    """`turn.index` within its persona: unique there, and the same in a replay."""
    name: Name
    arguments: JsonObject = Field(default_factory=dict)


class Proposal(Record):
    """What a persona wants to do next."""

    id: str
    path: tuple[str, ...]
    """Who proposes: the names from the root, for example `("perform", "editor", "stylist")`."""
    kind: Kind
    text: str = ""
    """The words of a reply, or what the model said beside its calls."""
    calls: tuple[Call, ...] = ()
    content: JsonObject = Field(default_factory=dict)
    """What is proposed where it is neither words nor calls: a company to approve, a rating."""
    step_id: str | None = None
    supersedes: str | None = None
    """Id of the proposal that this one replaces, after a `respond`."""


class Outcome(Record):
    """What a call brought back that was executed elsewhere, as whoever executed it reports it."""

    status: Literal["completed", "failed"]
    output: str | None = None
    """In words; where it failed, why."""
    data: JsonObject | None = None
    """Structure for later steps to refer to."""


class Decision(Record):
    """What was decided about a proposal, and by whom."""

    verdict: Verdict
    text: str = ""
    """`respond`: the words to the persona. `reject`: the reason."""
    edit: JsonObject | None = None
    """`edit`: what to apply instead: `{"text"}`, `{"calls"}`, or the fields of a company."""
    refused: dict[str, str] = Field(default_factory=dict)
    """Calls of the proposal that must not run, by id, with the reason; the other calls run."""
    outcomes: dict[str, Outcome] = Field(default_factory=dict)
    """What calls brought back that were executed elsewhere, by id."""
    by: Literal["user", "policy"] = "user"


class CallResult(Record):
    """What a call brought back."""

    call_id: str
    status: Literal["done", "failed", "refused"]
    text: str
    data: JsonObject = Field(default_factory=dict)
    trusted: bool = True
    artifacts: tuple[Artifact, ...] = ()
    usage: Usage = Usage()
    """What it cost in model calls: those of a delegate, or of an agent that was asked."""
    turns: tuple["Turn", ...] = ()
    """The transcript of a delegate."""


class Message(Record):
    """A message left for a persona, which reads it before it next proposes."""

    sender: str
    text: str
    id: str = ""
    """The call that left it, as `frame#call_id`: hearing it twice, or leaving it twice, is hearing it once."""
    by: Literal["agent", "user"] = "agent"
    """Another agent of the plan, whose words are data; or a person, whose words count."""


class Turn(Record):
    """One turn of a persona: what it heard before, what it proposed, what was decided, what came of it."""

    n: int
    proposal: Proposal
    heard: tuple[Message, ...] = ()
    decision: Decision | None = None
    results: tuple[CallResult, ...] = ()
    usage: Usage = Usage()
    at_work: dict[str, tuple["Turn", ...]] = Field(default_factory=dict)
    """In a transcript: the turns so far of delegates that have not reported yet, by the id of their call."""
    begun: dict[str, int] = Field(default_factory=dict)
    """In a transcript: calls begun whose outcome is not known, with the number of attempts."""


CallResult.model_rebuild()


def decided_calls(turn: Turn) -> tuple[Call, ...]:
    """The calls of a turn as they were decided: edited where a person edited them."""
    edit = turn.decision.edit if turn.decision else None
    if edit and "calls" in edit:
        return tuple(Call.model_validate(call) for call in edit["calls"])
    return turn.proposal.calls


def decided_text(turn: Turn) -> str:
    """The words of a turn as they were decided."""
    edit = turn.decision.edit if turn.decision else None
    return str(edit["text"]) if edit and "text" in edit else turn.proposal.text


def merge_turns(left: list[Turn] | None, right: list[Turn] | None) -> list[Turn]:
    """Reducer: turns by number, the newer one wins; applying the same update twice changes nothing."""
    turns = {turn.n: turn for turn in (left or [])} | {turn.n: turn for turn in (right or [])}
    return [turns[n] for n in sorted(turns)]


def merge(left: dict[str, Any] | None, right: dict[str, Any] | None) -> dict[str, Any]:
    """Reducer: dictionaries by key, the newer one wins."""
    return {**(left or {}), **(right or {})}
