"""Going back some proposals, key by key."""

from pathlib import Path
from typing import Any

import pytest

from repertory.memory.proposals import Decision
from repertory.memory.transcripts.records import Tweak
from tests.apps.chat.acting import Played, talk
from tests.apps.chat.waiting import ENDS, LEAVE, SPOKEN, WAITS
from tests.apps.terminal import editor


@pytest.mark.parametrize(
    ("typed", "tweak"),
    [
        ([">2", "r", ">be ruder"], Tweak(at="m0/0.0#0", decision=Decision(verdict="respond", text="be ruder"))),
        ([">3", "n"], Tweak(at="m0#0")),
        ([">4", ">1", "z", "s", "r", ">", "n"], Tweak(at="m0#1")),
    ],
)
async def test_going_back(typed: list[str], tweak: Tweak) -> None:
    """The last proposals are numbered from the last; what is to be different there makes a new conversation."""
    talks = Played(
        ("begin", None, "hello", WAITS), ("replay", "t", tweak), ("go_on", "t-2", {}, ENDS), transcript=SPOKEN
    )
    status, text = await talk(talks, "b", *typed, LEAVE, message="hello")
    assert status == 0
    assert (
        '  3 lady [m0#0]: answerer(message="Who are you?")\n'
        '  2 lady/answerer [m0/0.0#0] (edited): "I am Sara."\n'
        '  1 lady [m0#1]: "Good day."\n'
    ) in text
    assert "t-2 goes on from there; t stays as it is" in text


async def test_going_back_with_an_edit(tmp_path: Path) -> None:
    """In the editor, in the form of an answer."""
    tweak = Tweak(at="m0/0.0#0", decision=Decision(verdict="edit", edit={"text": "I am Ann."}))
    talks = Played(
        ("begin", None, "hello", WAITS), ("replay", "t", tweak), ("go_on", "t-2", {}, ENDS), transcript=SPOKEN
    )
    edits = editor(tmp_path, ("Sara", "Ann"))
    assert (await talk(talks, "b", ">2", "e", LEAVE, message="hello", editor=edits))[0] == 0


@pytest.mark.parametrize("typed", [[">"], [">2", "q"], [">2", EOFError]])
async def test_not_going_back_after_all(typed: list[Any]) -> None:
    """The question is asked again."""
    talks = Played(("begin", None, "hello", WAITS), transcript=SPOKEN)
    assert (await talk(talks, "b", *typed, "q", message="hello"))[0] == 3
