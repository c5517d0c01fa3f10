"""Between the journal's entries and nested turns: a transcript is assembled from entries, and taken apart into them."""

from collections.abc import Iterable, Iterator, Mapping

from repertory.memory.journal import CallEntry
from repertory.memory.proposals import CallResult, Decision, Turn, decided_calls


class Assembly:
    """Turns by frame, nested.

    What a person decides is kept at once, what the policy decides with what comes of it: so a turn without a decision
    whose calls have begun was approved by the policy.

    Args:
        turns: entries of turns, by `frame#n`.
        calls: entries of calls, by `frame#call_id`.
    """

    def __init__(self, turns: Mapping[str, Turn], calls: Mapping[str, CallEntry]) -> None:
        self._calls = calls
        self._made: dict[str, tuple[Turn, ...]] = {}
        self._frames: dict[str, list[Turn]] = {}
        for key, turn in turns.items():
            self._frames.setdefault(key.rpartition("#")[0], []).append(turn)

    def frame(self, key: str) -> tuple[Turn, ...]:
        """The turns of a frame in order, with what became of their calls."""
        if key not in self._made:
            turns = sorted(self._frames.get(key, ()), key=lambda turn: turn.n)
            self._made[key] = tuple(self._whole(key, turn) for turn in turns)
        return self._made[key]

    def turns(self) -> dict[str, Turn]:
        """All turns by `frame#n`, each whole."""
        return {f"{key}#{turn.n}": turn for key in self._frames for turn in self.frame(key)}

    def _whole(self, frame: str, turn: Turn) -> Turn:
        known = {result.call_id: result for result in turn.results}
        at_work: dict[str, tuple[Turn, ...]] = {}
        begun: dict[str, int] = {}
        results: list[CallResult] = []
        for call in decided_calls(turn):
            entry = self._calls.get(f"{frame}#{call.id}")
            result = known.get(call.id) or (entry.result if entry else None)
            below = self.frame(f"{frame}/{call.id}")
            if result is not None:
                results.append(result.model_copy(update={"turns": below or result.turns}))
            elif below:
                at_work[call.id] = below
            elif entry is not None:
                begun[call.id] = entry.attempt
        decision = turn.decision
        if decision is None and (results or at_work or begun):
            decision = Decision(verdict="approve", by="policy")
        update = {"decision": decision, "results": tuple(results), "at_work": at_work, "begun": begun}
        return turn.model_copy(update=update)


def entries(frame: str, turns: Iterable[Turn]) -> Iterator[tuple[str, Turn]]:
    """Nested turns as `(frame key, turn)`, those of delegates under their own frames."""
    for turn in turns:
        yield frame, turn
        for result in turn.results:
            yield from entries(f"{frame}/{result.call_id}", result.turns)
        for call_id, below in turn.at_work.items():
            yield from entries(f"{frame}/{call_id}", below)
