"""What a persona did before in the same conversation, and which messages it has not heard yet: read from the turns."""

from collections.abc import Sequence
from typing import NamedTuple

from repertory.memory.proposals import Message, Turn
from repertory.memory.transcripts.keys import message_number
from repertory.nodes.live import LiveRun
from repertory.nodes.persona.state import Frame


class EarlierFrame(NamedTuple):
    """One message that a persona was told before, and what it did about it."""

    message: str
    turns: tuple[Turn, ...]


def earlier_frames(run: LiveRun, frame: Frame, most: int) -> tuple[EarlierFrame, ...]:
    """What the persona of this frame was told before, oldest first.

    Calls made in one turn are at work at the same time: none is earlier than the other, so that what a persona
    remembers does not depend on who was faster.

    Args:
        run: the run.
        frame: where the persona is at work.
        most: how many; the latest.
    """
    found = [
        EarlierFrame(run.told(key), tuple(turns))
        for key, turns in sorted(_frames(run, frame).items(), key=lambda item: _order(item[0]))
        if _precedes(key, frame)
    ]
    return tuple(found[-most:]) if most else ()


def unheard(run: LiveRun, frame: Frame, turns: Sequence[Turn]) -> tuple[Message, ...]:
    """Messages left for the persona of this frame, or for the step whose agent it is, that it has not read.

    What an earlier frame of the same persona has read is read; frames that are at work at the same time each read it.
    """
    left = [*run.messages.get("/".join(frame.path), ())]
    if frame.step_id == frame.key:
        left += run.messages.get(frame.step_id, ())
    if not left:
        return ()
    before = [turn for key, others in _frames(run, frame).items() if _precedes(key, frame) for turn in others]
    heard = {message.id for turn in (*before, *turns) for message in turn.heard}
    return tuple(message for message in left if message.id not in heard)


def _frames(run: LiveRun, frame: Frame) -> dict[str, list[Turn]]:
    """Turns of other frames of the same persona, by frame."""
    found: dict[str, list[Turn]] = {}
    for key, turn in sorted(run.turns.items(), key=lambda item: item[1].n):
        owner = key.rpartition("#")[0]
        # a direct call stands under the name of its step, which may be that of an agent
        if turn.proposal.path == frame.path and owner != frame.key and not owner.endswith("/call"):
            found.setdefault(owner, []).append(turn)
    return found


def _order(key: str) -> tuple[tuple[int, int], ...]:
    """The turns, and the calls in them, that lead to a frame: `m2/0.1` is message 2, then turn 0, call 1."""
    root, *calls = key.split("/")
    numbers = (call.split(".") for call in calls)
    return (message_number(root), 0), *((int(turn), int(index)) for turn, index in numbers)


def _precedes(key: str, frame: Frame) -> bool:
    """Whether a frame had ended before another began: where they part, its turn comes first."""
    if frame.step_id is not None and key.partition("/")[0] != frame.root:
        return False  # of two steps of a plan neither is earlier
    for one, other in zip(_order(key), _order(frame.key), strict=False):
        if one != other:
            return one[0] < other[0]
    return False
