"""Following a topic: everything once and in order, whoever is slow, comes back, or writes elsewhere."""

import asyncio
import gc
import weakref
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repertory.memory.topics.broadcast import Broadcast
from repertory.memory.topics.errors import RefusedError
from repertory.memory.topics.events import Event, follow

NEVER = 3600.0
"""Seconds after which a log is read though nobody in this process wrote: here, somebody always tells."""


class Log:
    """A topic's log, as several servers write it; it is read in batches, and each read takes a moment."""

    def __init__(self, *, most: int = 3) -> None:
        self.events: list[tuple[int, str, dict[str, Any]]] = []
        self.reads = 0
        self._most = most

    def write(self, **data: Any) -> int:
        """Write an event; its number."""
        self.events.append((len(self.events) + 1, "step", data))
        return len(self.events)

    async def read(self, after: int) -> Sequence[tuple[int, str, dict[str, Any]]]:
        """Some events after a number."""
        self.reads += 1
        found = self.events[after : after + self._most]
        await asyncio.sleep(0)
        return found


async def take(events: AsyncGenerator[Event, None], count: int) -> list[Event]:
    """The next events, after which the client is gone."""
    async with aclosing(events), asyncio.timeout(60):
        return [await anext(events) for _ in range(count)]


def token(broadcast: Broadcast, text: str, *, speaker: str = "a", task_id: str = "k", name: str = "token") -> None:
    broadcast.token("t", task_id, name, {"path": [speaker], "text": text})


@pytest.fixture
def broadcast() -> Broadcast:
    return Broadcast()


async def test_from_the_beginning(broadcast: Broadcast) -> None:
    """Without an id: the log, what was said in between at its place, and then what comes."""
    log = Log(most=2)
    for number in range(1, 6):
        broadcast.publish("t", log.write(n=number))
        if number in (2, 5):
            token(broadcast, f"after {number}")
    events = await follow(broadcast, "t", log.read, None, pause=NEVER)
    async with aclosing(events), asyncio.timeout(60):
        first = [await anext(events) for _ in range(7)]
        assert [event[0].rpartition(".")[0] or event[0] for event in first] == ["1", "2", "2.1", "3", "4", "5", "5.2"]
        coming = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        broadcast.publish("t", log.write(n=6))
        assert await coming == ("6", "step", {"n": 6})


async def test_after_an_id(broadcast: Broadcast) -> None:
    """Only what follows, be it the id of an event or of something said."""
    log = Log()
    broadcast.publish("t", log.write(n=1))
    token(broadcast, "one", speaker="a")
    token(broadcast, "two", speaker="b")
    broadcast.publish("t", log.write(n=2))
    everything = await take(await follow(broadcast, "t", log.read, None, pause=NEVER), 4)
    for place, (event_id, _, _) in enumerate(everything[:-1], 1):
        rest = await take(await follow(broadcast, "t", log.read, event_id, pause=NEVER), 4 - place)
        assert rest == everything[place:]


async def test_tokens_are_joined(broadcast: Broadcast) -> None:
    """Those of one speaker that nobody fetched yet come as one, with the id of the last; nothing else is joined."""
    log = Log()
    broadcast.publish("t", log.write())
    for text in ("a", "b", "c"):
        token(broadcast, text)
    token(broadcast, "d", speaker="other")
    token(broadcast, "e")
    token(broadcast, "f", name="call")
    token(broadcast, "g", name="call")
    told = await take(await follow(broadcast, "t", log.read, "1", pause=NEVER), 5)
    assert [(name, data["path"][0], data["text"]) for _, name, data in told] == [
        ("token", "a", "abc"),
        ("token", "other", "d"),
        ("token", "a", "e"),
        ("call", "a", "f"),
        ("call", "a", "g"),
    ]
    assert told[0][0] == f"1.3.{broadcast.process}"


async def test_one_task(broadcast: Broadcast) -> None:
    """Who follows a task hears of no other, and can go on from an id though others' events lie between."""
    log = Log()
    for task_id in ("k", "other", "k"):
        broadcast.publish("t", log.write(task_id=task_id))
        token(broadcast, f"said in {task_id}", task_id=task_id)
    broadcast.publish("t", log.write(task_id=None))
    broadcast.publish("t", log.write(task_id="k"))
    told = await take(await follow(broadcast, "t", log.read, None, task_id="k", pause=NEVER), 5)
    assert [event_id.split(".")[0] for event_id, _, _ in told] == ["1", "1", "3", "3", "5"]
    rest = await take(await follow(broadcast, "t", log.read, told[2][0], task_id="k", pause=NEVER), 2)
    assert rest == told[3:]


@pytest.mark.parametrize("after", ["x", "-1", "1.", "1.2", "1.2.x", " 1", "1\n", "9" * 19, "٣", "3", "3.1.00000000"])
async def test_an_id_that_nobody_sent(broadcast: Broadcast, after: str) -> None:
    """It is refused before anything is sent."""
    log = Log()
    log.write(), log.write()
    with pytest.raises(RefusedError, match="event") as refused:
        await follow(broadcast, "t", log.read, after)
    assert refused.value.status == 400


async def test_what_other_servers_write(broadcast: Broadcast) -> None:
    """The log is read again though nobody here tells of it; and what is said then comes after it, not before."""
    log = Log()
    log.write(n=1)
    events = await follow(broadcast, "t", log.read, None, pause=0.01)
    async with aclosing(events), asyncio.timeout(60):
        assert (await anext(events))[0] == "1"
        log.write(n=2)
        assert (await anext(events))[0] == "2"
        token(broadcast, "x")
        assert (await anext(events))[0] == f"2.1.{broadcast.process}"


async def test_another_process(broadcast: Broadcast) -> None:
    """Who comes from another server, or comes back after a restart, hears all that this one said since the event."""
    log = Log()
    broadcast.publish("t", log.write())
    token(broadcast, "said here")
    told = await take(await follow(broadcast, "t", log.read, f"1.25.{Broadcast().process}", pause=NEVER), 1)
    assert told[0][2]["text"] == "said here"


async def test_quiet_costs_nothing(broadcast: Broadcast) -> None:
    """Tokens make nobody read the log, and neither does silence."""
    log = Log()
    broadcast.publish("t", log.write())
    events = await follow(broadcast, "t", log.read, "1", pause=NEVER)
    async with aclosing(events), asyncio.timeout(60):
        token(broadcast, "0")
        await anext(events)
        reads = log.reads
        for number in range(100):
            token(broadcast, str(number))
            assert (await anext(events))[2]["text"] == str(number)
        waiting = asyncio.ensure_future(anext(events))
        for _ in range(100):
            await asyncio.sleep(0)
        assert log.reads == reads
        broadcast.publish("t", log.write())
        assert (await waiting)[0] == "2"


async def test_a_number_that_cannot_be_read_yet(broadcast: Broadcast) -> None:
    """Who is told of an event that the log does not show yet waits for it, and does not spin."""
    log = Log()
    events = await follow(broadcast, "t", log.read, None, pause=NEVER)
    async with aclosing(events), asyncio.timeout(60):
        waiting = asyncio.ensure_future(anext(events))
        broadcast.publish("t", 1)
        for _ in range(100):
            await asyncio.sleep(0)
        assert log.reads < 5
        log.write(), log.write()
        broadcast.publish("t", 2)
        assert (await waiting)[0] == "1"


async def test_the_slow_and_the_gone() -> None:
    """Nobody waits for them: what is remembered is bounded, the log comes whole, and what was said last is there."""
    broadcast = Broadcast(room=20_000, topics=3)
    log = Log(most=500)
    broadcast.publish("t", log.write())
    slow = await follow(broadcast, "t", log.read, None, pause=NEVER)
    async with aclosing(slow), asyncio.timeout(60):
        assert (await anext(slow))[0] == "1"
        for number in range(5000):
            token(broadcast, f"{number},")
        broadcast.publish("t", log.write())
        name, text = (event := await anext(slow))[1], event[2]["text"]
        assert name == "token"
        assert text.endswith("4998,4999,")
        assert len(text) < 20_000
        assert (await anext(slow))[0] == "2"

        forgotten = weakref.ref(broadcast.said("another topic"))
        for number in range(100):
            broadcast.publish(f"topic {number}", 1)
        gc.collect()
        assert forgotten() is None
        token(broadcast, "still followed")
        assert (await anext(slow))[2]["text"] == "still followed"


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_reconnecting_misses_nothing(seed: int) -> None:
    """Clients that break off anywhere and come back see exactly the log, and every text said, once and in order.

    Events are written here and by other servers, told late or not at all; tokens are said meanwhile.
    """
    asyncio.run(_play(Random(seed)))


async def _play(random: Random) -> None:
    broadcast, log = Broadcast(), Log(most=random.randint(1, 5))
    total, said, done = random.randint(1, 25), [], asyncio.Event()

    async def produce() -> None:
        for number in range(total):
            for _ in range(random.randint(0, 4)):
                await asyncio.sleep(0)
            kind = random.choice(["event", "event", "elsewhere", "token", "token", "token"])
            if kind == "token":
                said.append(f"{number},")
                token(broadcast, said[-1], speaker=random.choice("ab"))
            else:
                written = log.write(n=number)
                if kind == "event":
                    for _ in range(random.randint(0, 3)):
                        await asyncio.sleep(0)
                    broadcast.publish("t", written)
        broadcast.publish("t", log.write(last=True))
        done.set()

    async def consume() -> list[Event]:
        seen: list[Event] = []
        while not (seen and seen[-1][2].get("last")):
            last = seen[-1][0] if seen else None
            events = await follow(broadcast, "t", log.read, last, pause=random.choice([0.0005, NEVER]))
            async with aclosing(events):
                for _ in range(random.randint(1, 6)):
                    seen.append(await anext(events))
                    await asyncio.sleep(0)
                    if seen[-1][2].get("last"):
                        break
        return seen

    async with asyncio.timeout(60):
        *seen_by_all, _ = await asyncio.gather(consume(), consume(), produce())
    for seen in seen_by_all:
        assert [(int(n), name, data) for n, name, data in seen if name == "step"] == log.events
        texts = "".join(data["text"] for _, name, data in seen if name == "token")
        assert texts == "".join(said)
        order = [tuple(map(int, event_id.split(".")[:2])) for event_id, _, _ in seen]
        assert order == sorted(set(order))


async def test_followers_of_a_closed_broadcast_stop_once_they_have_what_there_is() -> None:
    """Those who wait are woken, and those who come later get the log and no more."""
    broadcast = Broadcast()

    async def read(number: int) -> list[tuple[int, str, dict[str, Any]]]:
        return [(n, "task", {}) for n in range(number + 1, 3)]

    async def told() -> list[str]:
        return [id_ async for id_, _, _ in await follow(broadcast, "t", read, None, pause=3600)]

    waiting = asyncio.create_task(told())
    await asyncio.sleep(0.05)
    broadcast.close()
    assert await waiting == ["1", "2"]
    assert await told() == ["1", "2"]
