"""How much to write at a time, where writing holds up everything else."""

_GOAL = 0.015
"""Seconds of a write. Embedded Chroma holds the interpreter for that long, and now and then twice as long; the event
loop is to be free again within 50 ms."""
_FIRST = 10
_LEAST = 5  # most of the time of such a write is the same for one row
_MOST = 20


class Pace:
    """Finds out by measuring: a row costs 1 ms in a small collection and several in a large one or a busy machine."""

    def __init__(self) -> None:
        self._rows = float(_FIRST)

    @property
    def rows(self) -> int:
        """How many to write next."""
        return int(self._rows)

    def took(self, seconds: float) -> None:
        """Learn from the write that was just made, but not too much: Chroma saves its graph now and then."""
        factor = min(max(_GOAL / max(seconds, 1e-6), 0.5), 1.25)
        self._rows = min(max(self._rows * factor, float(_LEAST)), float(_MOST))
