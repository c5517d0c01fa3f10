"""What a persona knows when it is to choose what to do next, and what it chose."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from repertory.memory.proposals import Message, Turn
from repertory.memory.records import JsonObject, Usage
from repertory.nodes.live import LiveRun
from repertory.nodes.persona.past import EarlierFrame
from repertory.nodes.persona.state import Frame


@dataclass(frozen=True)
class Situation:
    """Where a persona stands."""

    run: LiveRun
    frame: Frame
    message: str
    """What it was told."""
    turns: Sequence[Turn]
    """Its turns since then, each decided and done."""
    heard: Sequence[Message]
    """Messages that came since its last turn."""
    earlier: Sequence[EarlierFrame]
    """What it was told and did before, in the same conversation."""


@dataclass(frozen=True)
class Choice:
    """Words, calls, or both."""

    text: str = ""
    calls: tuple[tuple[str, JsonObject], ...] = ()
    """Names of tools and delegates, with checked arguments."""
    delegates: frozenset[str] = frozenset()
    """Which of the names are delegates."""
    content: JsonObject = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)


Chooser = Callable[[Situation], Awaitable[Choice]]
