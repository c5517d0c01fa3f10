"""Whether the turns of one persona, and of those below it, fit their place in a transcript."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from pydantic import ValidationError

from repertory.memory.errors import TranscriptError
from repertory.memory.proposals import Call, Turn, decided_calls
from repertory.memory.records import Agent

Path = tuple[str, ...]


@dataclass(frozen=True)
class FrameCheck:
    """Checks what one persona did.

    Attributes:
        run_id: of the run.
        key: of the frame.
        path: of the persona.
        agent: the persona; None where it is not known, and so whom it may call is not, either.
        beside: what it may call beside its tools and delegates.
    """

    run_id: str
    key: str
    path: Path
    agent: Agent | None = None
    beside: tuple[str, ...] = ()

    def check(self, turns: Sequence[Turn]) -> None:
        """Check all turns of the frame, and of the frames below.

        Raises:
            TranscriptError: naming the proposal or call that does not fit.
        """
        for n, turn in enumerate(turns):
            proposal = turn.proposal
            check_place(turn, n, f"{self.run_id}/{self.key}#{n}", self.path)
            if proposal.supersedes is not None and (n == 0 or proposal.supersedes != turns[n - 1].proposal.id):
                refuse(f"proposal {proposal.id!r} supersedes {proposal.supersedes!r}, which is not the one before it")
            self._check_calls(turn, n)
            self._check_outcomes(turn, last=n + 1 == len(turns))

    def _check_calls(self, turn: Turn, n: int) -> None:
        id_, kind, decided = turn.proposal.id, turn.proposal.kind, _decided(turn)
        if kind not in (("delegate", "tool") if turn.proposal.calls else ("reply",)):
            refuse(f"proposal {id_!r} of kind {kind!r} has {len(turn.proposal.calls)} calls")
        for index, call in enumerate(turn.proposal.calls):
            if call.id != f"{n}.{index}":
                refuse(f"call {call.id!r} of proposal {id_!r} should be '{n}.{index}'")
        ids = [call.id for call in decided]
        if len(set(ids)) < len(ids) or not set(ids) <= {call.id for call in turn.proposal.calls}:
            refuse(f"the decision on proposal {id_!r} edits calls {ids}; they must be of the proposal, each once")
        if self.agent is None:
            return
        allowed = {*self.agent.tools, *self._delegates, *self.beside}
        for call in (*turn.proposal.calls, *decided):
            if call.name not in allowed:
                refuse(
                    f"call {call.id!r} of proposal {id_!r} is to {call.name!r}; {self.path[-1]!r} has {sorted(allowed)}"
                )

    def _check_outcomes(self, turn: Turn, *, last: bool) -> None:
        id_, decision = turn.proposal.id, turn.decision
        if not last and decision is None:
            refuse(f"proposal {id_!r} is not decided, and not the last of its frame")
        if not last and decision and not turn.proposal.calls and decision.verdict in ("approve", "edit"):
            refuse(f"proposal {id_!r} is a reply that was accepted, and another proposal follows")
        applied = decision is not None and decision.verdict in ("approve", "edit")
        made = {call.id: call for call in _decided(turn)} if applied else {}
        told = [result.call_id for result in turn.results]
        for call_id in (*told, *turn.at_work, *turn.begun, *(decision.outcomes if decision else ())):
            if call_id not in made:
                refuse(f"call {call_id!r} of proposal {id_!r} has an outcome, and nobody decided that it be made")
        if refused := [call_id for call_id in turn.at_work if decision and call_id in decision.refused]:
            refuse(f"call {refused[0]!r} of proposal {id_!r} was refused, and is at work")
        if twice := [call_id for call_id in told if [*told, *turn.at_work, *turn.begun].count(call_id) > 1]:
            refuse(f"call {twice[0]!r} of proposal {id_!r} has two outcomes")
        if not last and (missing := sorted(set(made) - set(told))):
            refuse(f"call {missing[0]!r} of proposal {id_!r} has no result, and another proposal follows")
        if attempts := [call_id for call_id, attempt in turn.begun.items() if attempt < 1]:
            refuse(f"call {attempts[0]!r} of proposal {id_!r} was begun {turn.begun[attempts[0]]} times; at least 1")
        for result in turn.results:
            self._check_below(turn, made[result.call_id], result.turns)
            if result.status == "done" and result.turns and result.turns[-1].decision is None:
                refuse(
                    f"call {result.call_id!r} of proposal {id_!r} is done, and the last proposal below is not decided"
                )
        for call_id, turns in turn.at_work.items():
            self._check_below(turn, made[call_id], turns)

    def _check_below(self, turn: Turn, call: Call, turns: Sequence[Turn]) -> None:
        """What a delegate did."""
        if not turns:
            return
        delegate = self._delegates.get(call.name)
        if self.agent is not None and delegate is None:
            refuse(
                f"call {call.id!r} of proposal {turn.proposal.id!r} is to {call.name!r}, no delegate, and holds turns"
            )
        FrameCheck(self.run_id, f"{self.key}/{call.id}", (*self.path, call.name), delegate).check(turns)

    @property
    def _delegates(self) -> dict[str, Agent]:
        return {delegate.name: delegate for delegate in self.agent.delegates} if self.agent else {}


def check_place(turn: Turn, n: int, id_: str, path: Path) -> None:
    """Check that a turn has the number, the id and the path of its place.

    Raises:
        TranscriptError: it has not.
    """
    proposal = turn.proposal
    if turn.n != n:
        refuse(f"turn {turn.n} (proposal {proposal.id!r}) stands where turn {n} belongs")
    if proposal.id != id_:
        refuse(f"proposal {proposal.id!r} stands where {id_!r} belongs")
    if proposal.path != path:
        refuse(f"proposal {id_!r} has the path {'/'.join(proposal.path)!r}, and is by {'/'.join(path)!r}")


def _decided(turn: Turn) -> tuple[Call, ...]:
    try:
        return decided_calls(turn)
    except (ValidationError, TypeError):
        edit = turn.decision.edit if turn.decision else None
        refuse(f"the decision on proposal {turn.proposal.id!r} edits it to {edit!r}, which are no calls")


def refuse(what: str) -> NoReturn:
    """Refuse a transcript.

    Raises:
        TranscriptError: with what is wrong in it, and the remedy.
    """
    raise TranscriptError(f"the transcript does not hold together: {what}; export it from its run again")
