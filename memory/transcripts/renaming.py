"""Turns of one run as those of another: a replay has ids of its own, and pays for what it does itself only."""

from collections.abc import Callable

from repertory.memory.proposals import Turn
from repertory.memory.records import Usage
from repertory.memory.transcripts.records import Exchange

Change = Callable[[Turn], Turn]
"""Makes a turn, and all below it, another run's."""


def as_new(exchange: Exchange, change: Change) -> Exchange:
    """An exchange under a new run's id, at no cost: what the original paid, the replay does not pay again.

    Args:
        exchange: of the original.
        change: made by `renaming`.
    """
    return exchange.model_copy(
        update={
            "turns": tuple(change(turn) for turn in exchange.turns),
            "call": change(exchange.call) if exchange.call else None,
            "result": exchange.result.model_copy(update={"usage": Usage()}) if exchange.result else None,
        }
    )


def renaming(old: str, new: str) -> Change:
    """How a turn of one run, and all below it, become another run's.

    Args:
        old: id of the run that the turns are of.
        new: id of the run that they are to be of.
    """

    def renamed(id_: str) -> str:
        return f"{new}/{id_.removeprefix(f'{old}/')}"

    def change(turn: Turn) -> Turn:
        proposal = turn.proposal
        ids = {"id": renamed(proposal.id), "supersedes": proposal.supersedes and renamed(proposal.supersedes)}
        results = tuple(
            result.model_copy(update={"usage": Usage(), "turns": tuple(map(change, result.turns))})
            for result in turn.results
        )
        update = {
            "proposal": proposal.model_copy(update=ids),
            "usage": Usage(),
            "results": results,
            "at_work": {call_id: tuple(map(change, below)) for call_id, below in turn.at_work.items()},
        }
        return turn.model_copy(update=update)

    return change
