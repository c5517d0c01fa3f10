"""What is said in topics and not kept: tokens as they come, told in this process to whoever follows."""

import asyncio
import itertools
import json
import secrets
from collections import OrderedDict, deque
from typing import NamedTuple
from weakref import WeakValueDictionary

from repertory.memory.records import JsonObject

_OVERHEAD = 300  # bytes that a piece takes beside its data, about


class Piece(NamedTuple):
    """Something that was said, and is not kept."""

    number: int
    """Of the event in the topic's log that came before it."""
    place: int
    """Grows with every piece of the process."""
    task_id: str
    name: str
    data: JsonObject
    weight: int
    """Bytes."""


class Said:
    """The latest pieces of a topic, and how far its log is known to go."""

    def __init__(self, room: int) -> None:
        self.latest = 0
        """Number of the latest event that somebody in this process wrote or read."""
        self._room = room
        self._pieces: deque[Piece] = deque()
        self._weight = 0
        self._changed = asyncio.Event()

    def advance(self, number: int) -> None:
        """An event of that number is in the log: what is said from now on comes after it."""
        if number > self.latest:
            self.latest = number
            self.wake()

    def add(self, place: int, task_id: str, name: str, data: JsonObject) -> None:
        """Something is said; what was said long ago makes room for it."""
        weight = len(json.dumps(data)) + _OVERHEAD
        self._pieces.append(Piece(self.latest, place, task_id, name, data, weight))
        self._weight += weight
        while self._weight > self._room:
            self._weight -= self._pieces.popleft().weight
        self.wake()

    def between(self, position: tuple[int, int], last: int) -> list[Piece]:
        """What was said after a number and a place, and before the event that follows number `last`."""
        newer = itertools.takewhile(lambda piece: piece[:2] > position, reversed(self._pieces))
        return [piece for piece in newer if piece.number <= last][::-1]

    async def change(self) -> None:
        """Wait until something is said, or written, or `wake` is called."""
        await self._changed.wait()

    def wake(self) -> None:
        """Have all who wait look again."""
        self._changed.set()
        self._changed = asyncio.Event()


class Broadcast:
    """Passes on what happens in topics. To be used in one event loop.

    Nobody waits for followers: a slow one reads what is still there, in larger pieces. What it missed is
    in the events of the log, which tell the whole.

    Args:
        room: bytes of pieces that are remembered of a topic, for those who are slow or come back.
        topics: how many topics that nobody follows are remembered.
    """

    def __init__(self, *, room: int = 128_000, topics: int = 500) -> None:
        self.process = secrets.token_hex(4)
        """Tells the places of this process from those of others."""
        self.closed = False
        """Whether those who follow are to stop."""
        self._room = room
        self._most = topics
        self._places = itertools.count(1)
        self._topics: WeakValueDictionary[str, Said] = WeakValueDictionary()  # followers hold theirs
        self._recent: OrderedDict[str, Said] = OrderedDict()

    def publish(self, topic_id: str, number: int) -> None:
        """An event was written to a topic's log: followers read it there."""
        self.said(topic_id).advance(number)

    def token(self, topic_id: str, task_id: str, name: str, data: JsonObject) -> None:
        """Pass on something that is not kept.

        Args:
            topic_id: where.
            task_id: at which task.
            name: what it is. Of a `token`, those of the same speaker may be joined; others are passed on as they are.
            data: JSON; tokens have a `text`, and beside it what tells whose they are.
        """
        self.said(topic_id).add(next(self._places), task_id, name, data)

    def close(self) -> None:
        """Have all who follow stop, once they have what there is."""
        self.closed = True
        for said in list(self._topics.values()):
            said.wake()

    def said(self, topic_id: str) -> Said:
        """What is said in a topic."""
        said = self._topics.get(topic_id)
        if said is None:
            said = self._topics[topic_id] = Said(self._room)
        self._recent[topic_id] = said
        self._recent.move_to_end(topic_id)
        if len(self._recent) > self._most:
            self._recent.popitem(last=False)
        return said
