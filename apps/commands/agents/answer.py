"""What `repertory agents search` answers to a query."""

from collections.abc import Sequence
from typing import Literal, Self

from repertory.memory.records import Agent, AgentStatus, Record
from repertory.memory.registry import Found
from repertory.memory.retrieval.index import Thresholds


class HitTrack(Record):
    """The record that an agent has so far."""

    uses: int
    successes: int


class HitParts(Record):
    """What a score is made of; see `retrieval/ranking.py`."""

    dense: float | None
    words: float
    track: float


class Hit(Record):
    """An agent that was found."""

    id: str
    """What the collection that it came from calls it, else its name."""
    score: float
    name: str
    role: str
    status: AgentStatus
    parts: HitParts
    track: HitTrack

    @classmethod
    def of(cls, found: Found[Agent]) -> Self:
        """Say it of an agent."""
        agent = found.record
        return cls(
            id=agent.imported_as or agent.name,
            score=found.score,
            name=agent.name,
            role=agent.role,
            status=agent.status,
            parts=HitParts(**found.parts._asdict()),
            track=HitTrack(uses=agent.track.uses, successes=agent.track.successes),
        )


class Answer(Record):
    """What is answered to a query."""

    query: str
    hits: tuple[Hit, ...]
    """Best first."""
    decision: Literal["reuse", "create"]
    """What casting does where no model judges the doubtful."""
    threshold: float
    """From which score on the best is reused."""
    doubtful: float
    """From which score on a model is asked."""

    @classmethod
    def of(cls, query: str, found: Sequence[Found[Agent]], thresholds: Thresholds) -> Self:
        """Decide."""
        fits = bool(found) and found[0].score >= thresholds.fits
        return cls(
            query=query,
            hits=tuple(map(Hit.of, found)),
            decision="reuse" if fits else "create",
            threshold=thresholds.fits,
            doubtful=thresholds.doubtful,
        )
