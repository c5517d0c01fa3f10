"""A conversation without a terminal."""

import io
import json
import os
from typing import Any

import pytest

from repertory.apps.chat.batch import Batch, ChatPlain
from repertory.apps.chat.lines import Lines
from repertory.apps.runs.events import Asked, Event
from repertory.apps.runs.threads import Settings
from repertory.apps.screens.jsonl import JsonLines
from repertory.memory.errors import InputError, ModelError
from tests.apps.chat.acting import Played
from tests.apps.chat.told import MAIN, outcome, pending, plain, says, screen, streamed

SETTINGS = Settings(task="", workspace="/")
GOOD_DAY: list[Event] = [*streamed(MAIN, "Good day."), outcome("Good day.")]
ASKS = pending(says(MAIN, "Good day."))
WAITS: list[Event] = [*GOOD_DAY[:-1], Asked(pending=ASKS), outcome(asked=[ASKS], status="needs_decision")]


async def lines(talks: Played, *messages: str, stream: bool = False, **known: Any) -> tuple[int, list[dict[str, Any]]]:
    """Say messages; returns the status and the lines."""
    file = io.StringIO()
    view = JsonLines(file, stream=stream)
    batch = Batch(talks, SETTINGS, view, " --home h", lambda left: view.write({"event": "unsaid", "messages": left}))
    status = await batch.run("t" if known else None, messages, known=bool(known))
    talks.done()
    return status, [json.loads(line) for line in file.getvalue().splitlines()]


async def test_each_event_is_a_line_and_the_last_is_the_result() -> None:
    """Pieces only where they are wanted."""
    status, events = await lines(Played(("begin", None, "hello", GOOD_DAY)), "hello")
    assert status == 0
    assert [event["event"] for event in events] == ["started", "proposal", "result"]
    assert events[1]["proposal"]["path"] == ["lady"]
    _, events = await lines(Played(("begin", None, "hello", GOOD_DAY)), "hello", stream=True)
    assert "".join(event["text"] for event in events if event["event"] == "written") == "Good day."


async def test_messages_are_said_one_after_the_other() -> None:
    """Empty ones are left out; status 1 where any exchange failed."""
    talks = Played(
        ("begin", None, "one", GOOD_DAY),
        ("say", "t", "two", [outcome(status="failed")]),
        ("say", "t", "three", GOOD_DAY),
    )
    status, events = await lines(talks, "one\n", "\n", "two\n", "  three ")
    assert status == 1
    assert [event["status"] for event in events if event["event"] == "result"] == ["completed", "failed", "completed"]


async def test_it_ends_where_a_decision_is_needed() -> None:
    """With status 3, and the command that makes it; what would come after is not said, and that is told."""
    status, events = await lines(Played(("begin", None, "hello", WAITS)), "hello\n", "more\n", "\n", "and more")
    assert status == 3
    assert events[-2] == {"event": "unsaid", "messages": ["more", "and more"]}
    assert [asked["command"] for asked in events[-1]["pending"]] == [
        f"repertory answer t --home h --id {ASKS.id} --approve"
    ]


async def test_an_error_ends_it_with_a_result() -> None:
    """Status 1; before anything has begun it is the command's error."""
    status, events = await lines(Played(("begin", None, "hello", [ModelError("silent")])), "hello", "more")
    assert status == 1
    assert (events[-1]["status"], events[-1]["error"]) == ("error", "silent")
    assert events[-2]["messages"] == ["more"]


async def test_a_message_that_cannot_be_said_is_told_with_those_after_it() -> None:
    """One that is too long ends it."""
    told: list[str] = []
    batch = Batch(Played(("begin", None, "one", GOOD_DAY)), SETTINGS, JsonLines(io.StringIO()), "", told.extend)
    with pytest.raises(InputError, match="at most 20000"):
        await batch.run(None, ["one", "x" * 20_001, "three"], known=False)
    assert told == ["x" * 20_001, "three"]


def test_lines_that_wait_are_told_without_waiting_for_more() -> None:
    """The writer keeps the pipe open; what it has written is there."""
    source, sink = os.pipe()
    with os.fdopen(source, encoding="utf-8") as stream, os.fdopen(sink, "wb", buffering=0) as writer:
        writer.write("eins\nzwei\ndr\u00e4i".encode())
        lines = Lines(stream)
        assert next(iter(lines)) == "eins"
        assert lines.waiting() == ["zwei", "dr\u00e4i"]
        writer.write(b"vier")
        writer.close()
        assert list(lines) == ["vier"]


@pytest.mark.parametrize("messages", [[], ["", "  \n"]])
async def test_nothing_said_is_a_mistake(messages: list[str]) -> None:
    """It says how to say something."""
    with pytest.raises(InputError, match="--say"):
        await lines(Played(), *messages)


async def test_no_message_is_lost_while_a_decision_waits() -> None:
    """It is to be made first; at rest the conversation hears the message."""
    talks = Played()
    talks.stands = outcome(asked=[ASKS], status="needs_decision")
    with pytest.raises(InputError, match=ASKS.id):
        await lines(talks, "more", known=True)
    assert (await lines(Played(("say", "t", "more", GOOD_DAY)), "more", known=True))[0] == 0


async def test_in_a_pipe_without_json() -> None:
    """Proposals whole, then what is to be decided and how, or the cost."""
    for events, status, end in (
        (GOOD_DAY, 0, "lady\n    Good day.\nusage     2 model calls, 30 tokens in, 4 out\n"),
        (WAITS, 3, "            --edit JSON\n"),
    ):
        at, file = screen(terminal=False)
        batch = Batch(Played(("begin", None, "hello", events)), SETTINGS, ChatPlain(at, SETTINGS), "", _nothing)
        assert await batch.run(None, ["hello"], known=False) == status
        text = plain(file)
        assert text.startswith("policy    supervised\npersonas  lady\n")
        assert text.endswith(end)
        assert text.count("Good day.") == 1
        assert not set(text) & set("\x1b\r\b")


def _nothing(left: list[str]) -> None:
    raise AssertionError(f"not said: {left}")
