"""A transcript as the sequence of what happened in it, each moment with a place that another run has, too."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from repertory.memory.proposals import Call, CallResult, Message, Turn, decided_calls
from repertory.memory.records import JsonObject, Record, StepResult
from repertory.memory.transcripts.records import Exchange, Transcript

Kind = Literal["told", "proposal", "outcome", "end"]
"""What the root was told; a proposal and what was decided about it; what a call brought; how an exchange ended."""

_AFTER = 1_000_000_000
"""Rank of what comes after any number of turns."""
_NOT_COMPARED = {"usage", "seconds", "branch", "turns", "call_id", "step_id"}
_PLANNER = "planner"


class Place(NamedTuple):
    """Where a moment stands in a run; the same in every run that came there."""

    exchange: str
    """Key of the exchange; empty for how a planner's run ended."""
    rank: tuple[int, ...]
    """Turn and call in turn, from the root down: in their order, a turn comes before the frames of its calls, and
    those before the outcomes of the calls."""


class Moment(Record):
    """One thing that happened."""

    kind: Kind
    frame: str
    """Key of the frame, for example `m0/1.0`."""
    path: tuple[str, ...] = ()
    """Whose frame it is: the names from the root."""
    n: int | None = None
    """Number of the turn."""
    call: Call | None = None
    """The call as it was decided, where this is its outcome."""
    content: JsonObject
    """What is compared."""


def moments(transcript: Transcript) -> dict[Place, Moment]:
    """What happened, in the order in which it was proposed: depth first, and exchange by exchange.

    What differs between equal runs is left out: run ids, usage, seconds.
    """
    found: dict[Place, Moment] = {}
    for exchange in sorted(transcript.exchanges, key=lambda exchange: exchange.key != _PLANNER):
        found.update(_exchange(exchange))
    state = {key: transcript.state[key] for key in ("status", "answer", "error") if transcript.state.get(key)}
    if state:
        found[Place("", (0,))] = Moment(kind="end", frame=_PLANNER, path=(_PLANNER,), content=state)
    for exchange in transcript.exchanges:
        for turn in exchange.turns:
            if turn.proposal.kind == "rating":
                found[Place("", (1,))] = _proposal(_PLANNER, turn)
    return found


def _exchange(exchange: Exchange) -> Iterator[tuple[Place, Moment]]:
    key = exchange.key
    first = next(iter(exchange.turns), exchange.call)
    path = first.proposal.path if first else ()
    if exchange.message:
        yield Place(key, (-2,)), Moment(kind="told", frame=key, path=path, content={"message": exchange.message})
    if exchange.call:  # the step's direct call came before any turn of an agent that took it over
        for rank, moment in _frame(f"{key}/call", [exchange.call.model_copy(update={"n": -1})]):
            yield Place(key, rank), moment.model_copy(update={"n": 0})
    for rank, moment in _frame(key, [turn for turn in exchange.turns if turn.proposal.kind != "rating"]):
        yield Place(key, rank), moment
    if exchange.result:
        yield Place(key, (_AFTER,)), Moment(kind="end", frame=key, path=path, content=_result(exchange.result))


def _frame(frame: str, turns: Iterable[Turn]) -> Iterator[tuple[tuple[int, ...], Moment]]:
    for turn in turns:
        yield (turn.n,), _proposal(frame, turn)
        outcomes = {result.call_id: result for result in turn.results}
        places = {call.id: place for place, call in enumerate(turn.proposal.calls)}
        for call in decided_calls(turn):
            result = outcomes.get(call.id)
            rank = (turn.n, places.get(call.id, len(places)))
            below = result.turns if result else turn.at_work.get(call.id, ())
            for deeper, moment in _frame(f"{frame}/{call.id}", below):
                yield (*rank, *deeper), moment
            if outcome := _outcome(turn, call, result):
                yield (
                    (*rank, _AFTER),
                    Moment(kind="outcome", frame=frame, path=turn.proposal.path, n=turn.n, call=call, content=outcome),
                )


def _proposal(frame: str, turn: Turn) -> Moment:
    proposal = turn.proposal
    content: JsonObject = {
        "heard": heard(turn.heard),
        **proposal.model_dump(mode="json", include={"kind", "text", "calls", "content"}),
        "decision": turn.decision.model_dump(mode="json") if turn.decision else None,
    }
    return Moment(kind="proposal", frame=frame, path=proposal.path, n=turn.n, content=content)


def heard(messages: Sequence[Message]) -> list[JsonObject]:
    """Messages without their ids, which no two runs share."""
    return [message.model_dump(mode="json", exclude={"id"}) for message in messages]


def _outcome(turn: Turn, call: Call, result: CallResult | None) -> JsonObject | None:
    if result is not None:
        return _result(result)
    if call.id in turn.at_work:
        return {"status": "at work"}
    return {"status": "begun", "attempt": turn.begun[call.id]} if call.id in turn.begun else None


def _result(result: CallResult | StepResult) -> JsonObject:
    return result.model_dump(mode="json", exclude=_NOT_COMPARED)
