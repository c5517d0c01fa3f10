"""Following a topic: the events of its log, and in between what is said and not kept; nothing missed, nothing twice."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from repertory.memory.records import JsonObject
from repertory.memory.topics.broadcast import Broadcast, Piece, Said
from repertory.memory.topics.errors import RefusedError

__all__ = ["Broadcast", "Event", "ReadLog", "follow"]

Event = tuple[str, str, JsonObject]
"""Id, name and data."""
ReadLog = Callable[[int], Awaitable[Sequence[tuple[int, str, JsonObject]]]]
"""Gives events of a log after a number, the oldest first: some of them, if there are any. None is added before them."""

_ID = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,18})\.([0-9a-f]{8}))?")


class _Item(NamedTuple):
    """An event of the log, or a piece, which has a place."""

    number: int
    place: int
    task_id: str | None
    name: str
    data: JsonObject


async def follow(
    broadcast: Broadcast,
    topic_id: str,
    read_log: ReadLog,
    after: str | None,
    *,
    task_id: str | None = None,
    pause: float = 0.5,
) -> AsyncGenerator[Event, None]:
    """All events of a topic after one, and then whatever comes, until the broadcast is closed.

    Ids are `n` for the event with number n in the log, and `n.k.process` for a piece that was said after it: who
    comes back to another process gets every event of the log, but not the pieces that it did not hear.

    Args:
        broadcast: of this process.
        topic_id: the topic.
        read_log: reads its log.
        after: id of the last event that is known; None: from the beginning.
        task_id: only what has this `task_id`; None: all.
        pause: seconds after which the log is read, even if nobody in this process wrote to it: others may have.

    Raises:
        RefusedError: there is no event with that id.
    """
    number, place = _position(after, broadcast.process)
    batch = await read_log(max(number - 1, 0))
    if number:
        if not batch or batch[0][0] != number:
            raise RefusedError(f"there is no event {after!r} in topic {topic_id!r}: give the id of one that was sent")
        batch = batch[1:]
    return _events(broadcast, broadcast.said(topic_id), read_log, (number, place), batch, task_id, pause)


async def _events(
    broadcast: Broadcast,
    said: Said,
    read_log: ReadLog,
    position: tuple[int, int],
    batch: Sequence[tuple[int, str, JsonObject]],
    task_id: str | None,
    pause: float,
) -> AsyncGenerator[Event, None]:
    clock = asyncio.get_running_loop().time
    due = clock() + pause
    tried = position[0]  # as far as the log was known to go when it was read
    while True:
        last = batch[-1][0] if batch else position[0]
        # Between reading and this there is no await: whatever is said from now on gets a number that is not less.
        said.advance(last)
        items = list(_merged(batch, said.between(position, last)))
        position = max([position, (last, 0), *(item[:2] for item in items)])
        for item in _joined(item for item in items if task_id in (None, item.task_id)):
            yield _id(item, broadcast.process), item.name, item.data
        if not batch and said.latest <= tried and not said.between(position, position[0]):
            if broadcast.closed:
                return
            try:
                async with asyncio.timeout_at(due):
                    await said.change()
            except TimeoutError:
                pass
        if batch or said.latest > tried or clock() >= due:
            tried = said.latest
            batch = await read_log(position[0])
            due = clock() + pause
        else:
            batch = ()


def _merged(batch: Sequence[tuple[int, str, JsonObject]], pieces: Sequence[Piece]) -> Iterator[_Item]:
    """Events, each followed by what was said after it."""
    events = [_Item(number, 0, _task(data), name, data) for number, name, data in batch]
    yield from sorted([*events, *(_Item(*piece[:5]) for piece in pieces)], key=lambda item: item[:2])


def _joined(items: Iterator[_Item]) -> Iterator[_Item]:
    """Tokens in a row of the same speaker as one, with the place of the last."""
    for _, group in groupby(items, _speaker):
        same = list(group)
        if len(same) == 1:
            yield same[0]
        else:
            text = "".join(item.data["text"] for item in same)
            yield same[-1]._replace(data={**same[-1].data, "text": text})


def _speaker(item: _Item) -> object:
    if item.place and item.name == "token" and isinstance(item.data.get("text"), str):
        return item.task_id, {key: value for key, value in item.data.items() if key != "text"}
    return item[:2]


def _task(data: JsonObject) -> str | None:
    task_id = data.get("task_id")
    return task_id if isinstance(task_id, str) else None


def _id(item: _Item, process: str) -> str:
    return f"{item.number}.{item.place}.{process}" if item.place else str(item.number)


def _position(after: str | None, process: str) -> tuple[int, int]:
    """Number and place after which to go on."""
    if not after:
        return 0, 0
    match = _ID.fullmatch(after)
    if match is None:
        raise RefusedError(f"{after[:100]!r} is no id of an event: give the id of one that was sent, or none")
    number, place, where = match.groups()
    # Places of another process say nothing here.
    return int(number), int(place) if where == process else 0
