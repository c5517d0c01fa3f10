"""What a person at the terminal does, key by key, and what is made of it."""

import sys
from pathlib import Path
from typing import Any

import pytest

from repertory.apps.runs.events import Asked, Event
from repertory.apps.runs.runner import NoSuchDecisionError
from repertory.memory.errors import ModelError, ResourceError
from repertory.memory.transcripts.records import Tweak
from repertory.nodes.decisions.policy import Policy
from tests.apps.chat.acting import LONG, Played, talk
from tests.apps.chat.told import ANSWER, MAIN, delegates, outcome, pending, says, streamed
from tests.apps.chat.waiting import ASKS, ENDS, HELLO, ID, LEAVE, SPOKEN, WAITS
from tests.apps.terminal import editor


async def test_a_reply_is_approved_and_the_next_message_is_asked_for() -> None:
    """Until an empty line."""
    talks = Played(
        ("begin", None, "hello", WAITS),
        ("go_on", "t", {ID: {"verdict": "approve"}}, ENDS),
        ("say", "t", "and now?", [*streamed(MAIN, "Now?"), outcome("Now?")]),
    )
    status, text = await talk(talks, ">hello", "a", ">and now?", LEAVE)
    assert status == 0
    assert text.count("Good day.") == 1
    assert "usage     2 model calls, 30 tokens in, 4 out" in text


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (["r", ">be ruder"], {"verdict": "respond", "text": "be ruder"}),
        (["r", ">", "a"], {"verdict": "approve"}),
        (["x", ">too dull"], {"verdict": "reject", "text": "too dull"}),
        (["x", ">"], {"verdict": "reject", "text": ""}),
        (["x", EOFError, "a"], {"verdict": "approve"}),
        (["z", "", "?", "s", "A"], {"verdict": "approve"}),
    ],
)
async def test_answers(typed: list[Any], answer: dict[str, Any]) -> None:
    """Words, rejection with and without a reason, what is taken back, and keys that are none."""
    talks = Played(("begin", None, "hello", WAITS), ("go_on", "t", {ID: answer}, ENDS))
    status, text = await talk(talks, *typed, LEAVE, message="hello")
    assert status == 0
    assert ("'z' is none of the keys" in text) == ("z" in typed)
    assert ("b  back: go back some proposals" in text) == ("?" in typed)
    assert ("a lady of great ambition: is lady" in text) == ("s" in typed)


async def test_an_edit_is_made_in_the_editor(tmp_path: Path) -> None:
    """One that is no JSON is refused with the reason, and is there to be mended."""
    edits = editor(tmp_path, ('"Good day."', "Good night"), ('  "text": Good night', '  "text": "Good night."'))
    answer = {"verdict": "edit", "edit": {"text": "Good night."}}
    talks = Played(("begin", None, "hello", WAITS), ("go_on", "t", {ID: answer}, ENDS))
    status, text = await talk(talks, "e", "e", LEAVE, message="hello", editor=edits)
    assert status == 0
    assert "the edit is no JSON" in " ".join(text.split())


async def test_an_editor_that_fails_is_told_and_nothing_is_lost() -> None:
    """The question stays."""
    talks = Played(("begin", None, "hello", WAITS))
    status, text = await talk(talks, "e", "q", message="hello", editor=f"{sys.executable} -c 1/0")
    assert status == 3
    assert "did not work" in " ".join(text.split())  # wherever the terminal's width breaks the line


async def test_letting_it_run() -> None:
    """The policy becomes autonomous, and decides what is asked now: no answer is given."""
    talks = Played(("begin", None, "hello", WAITS), ("set_policy", "t", "autonomous"), ("go_on", "t", {}, ENDS))
    status, text = await talk(talks, "g", LEAVE, message="hello")
    assert status == 0
    assert "policy    autonomous" in text


@pytest.mark.parametrize(
    ("typed", "policy"),
    [
        (["t", ">3"], Policy.beside("lady/stylist")),
        (["t", ">9", ">nobody", ">rhymer"], Policy.beside("lady/stylist/rhymer")),
        (["t", ">*"], "interactive"),
    ],
)
async def test_taking_over_at_another_layer(typed: list[str], policy: Any) -> None:
    """By number or by name; or everywhere. Numbers and names that are none are asked again."""
    talks = Played(("begin", None, "hello", WAITS), ("set_policy", "t", policy), ("go_on", "t", {}, ENDS))
    status, text = await talk(talks, *typed, LEAVE, message="hello")
    assert status == 0
    assert "  4      rhymer" in text


async def test_not_taking_over_after_all() -> None:
    """Enter changes nothing, and the question is asked again."""
    talks = Played(("begin", None, "hello", WAITS))
    assert (await talk(talks, "t", ">", "q", message="hello"))[0] == 3


async def test_a_message_for_any_persona() -> None:
    """It is left under the path, and the question is asked again."""
    talks = Played(("begin", None, "hello", WAITS), ("leave", "t", "lady/stylist/rhymer", "rhyme on love"))
    status, text = await talk(talks, "m", ">4", ">rhyme on love", "q", message="hello")
    assert status == 3
    assert "left      for lady/stylist/rhymer" in text


@pytest.mark.parametrize("key", ["q", EOFError])
async def test_leaving_it_for_later(key: Any) -> None:
    """Nothing is answered; status 3."""
    assert (await talk(Played(("begin", None, "hello", WAITS)), key, message="hello"))[0] == 3


def two() -> tuple[list[Event], str, str]:
    first, second = (pending(says(ANSWER, text, f"m0/0.{n}")) for n, text in enumerate(("A lady.", "A crown.")))
    asked = delegates(MAIN, ("answerer", "Who are you?"), ("answerer", "What do you want?"))
    return [asked, outcome(asked=[first, second], status="needs_decision")], first.id, second.id


async def test_siblings_who_wait_at_once_are_asked_about_one_after_the_other() -> None:
    """Each with its path, its frame and what it was told; the answers go to the right ones."""
    waits, first, second = two()
    answers = {first: {"verdict": "reject", "text": "no"}, second: {"verdict": "approve"}}
    talks = Played(("begin", None, "hello", waits), ("go_on", "t", answers, ENDS))
    status, text = await talk(talks, "x", ">no", "a", LEAVE, message="hello")
    assert status == 0
    for n, (frame, told, said) in enumerate(
        (("0.0", "Who are you?", "A lady."), ("0.1", "What do you want?", "A crown.")), 1
    ):
        assert f"decision  {n} of 2\nlady/answerer  [m0/{frame}]\n    was told: {told}\n    {said}\n" in text


async def test_answers_given_before_leaving_are_kept() -> None:
    """Queued for whoever goes on."""
    waits, first, _ = two()
    talks = Played(("begin", None, "hello", waits), ("queue", "t", {first: {"verdict": "approve"}}))
    assert (await talk(talks, "a", "q", message="hello"))[0] == 3


async def test_answers_given_before_it_is_let_run_count() -> None:
    """They go with it; what is left the policy decides."""
    waits, first, _ = two()
    given = {first: {"verdict": "approve"}}
    talks = Played(("begin", None, "hello", waits), ("set_policy", "t", "autonomous"), ("go_on", "t", given, ENDS))
    assert (await talk(talks, "a", "g", LEAVE, message="hello"))[0] == 0


async def test_answers_given_before_going_back_stay_with_the_original() -> None:
    """The new conversation has none of them."""
    waits, first, _ = two()
    talks = Played(
        ("begin", None, "hello", waits),
        ("replay", "t", Tweak(at="m0#0")),
        ("queue", "t", {first: {"verdict": "approve"}}),
        ("go_on", "t-2", {}, ENDS),
        transcript=SPOKEN,
    )
    assert (await talk(talks, "a", "b", ">3", "n", LEAVE, message="hello"))[0] == 0


async def test_an_answer_that_was_refused_is_asked_again_with_the_reason() -> None:
    """As the persona's graph says it."""
    again = pending(HELLO, "it has no words")
    refused: list[Event] = [Asked(pending=again), outcome(asked=[again], status="needs_decision")]
    talks = Played(
        ("begin", None, "hello", WAITS),
        ("go_on", "t", {ID: {"verdict": "approve"}}, refused),
        ("go_on", "t", {ID: {"verdict": "approve"}}, ENDS),
    )
    _, text = await talk(talks, "a", "a", LEAVE, message="hello")
    assert "Not accepted: it has no words" in text


async def test_between_messages_a_slash_does_the_same() -> None:
    """/m leaves a message, /b goes back, /? helps, /q leaves; an overlong message is refused."""
    talks = Played(
        ("begin", None, "hello", ENDS),
        ("leave", "t", "lady", "louder"),
        ("replay", "t", Tweak(at="m0#1")),
        ("go_on", "t-2", {}, ENDS),
        ("set_policy", "t-2", "autonomous"),
        ("say", "t-2", "more", ENDS),
        transcript=SPOKEN,
    )
    typed = ["> /?", ">/m", ">1", ">louder", ">/b", ">1", "n", ">/g", ">" + "x" * 20_001, ">more", ">/q"]
    status, text = await talk(talks, *typed, message="hello")
    assert status == 0
    assert "at most 20000" in text
    assert "p pauses" in text


@pytest.mark.parametrize("typed", ["?", "/", "/help", "/mm", "/x"])
async def test_a_command_that_is_none_is_not_said(typed: str) -> None:
    """It shows the help; /s shows the tree."""
    status, text = await talk(Played(), f">{typed}", ">/s", LEAVE)
    assert status == 0
    assert "b  back: go back some proposals" in text
    assert text.count("└─ stylist") == 2  # at the beginning, and where it is asked for


async def test_before_the_first_message() -> None:
    """Who is beside whom can be chosen; there is nobody to leave a message for, and nothing to go back to."""
    talks = Played(("begin", None, "hello", ENDS))
    status, text = await talk(talks, ">/m", ">/b", ">/t", ">2", ">hello", LEAVE)
    assert status == 0
    assert talks.begun_with is not None
    assert talks.begun_with.policy == Policy.beside("lady/answerer")
    assert "nobody is there to read it" in text
    assert "nothing to go back to" in text


async def test_leaving_before_the_first_message() -> None:
    """Nothing was begun."""
    assert (await talk(Played(), EOFError))[0] == 0


async def test_an_error_is_told_and_it_can_be_tried_again() -> None:
    """`c` goes on where it broke off; `q` leaves, with the status of the conversation."""
    broke = [*streamed(MAIN, "Well")[:2], ModelError("the model is silent")]
    talks = Played(("begin", None, "hello", broke), ("go_on", "t", {}, broke), ("go_on", "t", {}, ENDS))
    status, text = await talk(talks, "c", "c", LEAVE, message="hello")
    assert status == 0
    assert text.count("the model is silent") == 2
    talks = Played(("begin", None, "hello", broke))
    talks.stands = outcome(status="unfinished")
    assert (await talk(talks, "q", message="hello"))[0] == 1


async def test_an_error_before_anything_began_is_the_commands() -> None:
    """As where the model cannot be reached at all."""

    class Broken(Played):
        async def _work(self, name: str, thread_id: str | None, *given: Any) -> Any:
            raise ResourceError("no key")
            yield

    with pytest.raises(ResourceError, match="no key"):
        await talk(Broken(), message="hello")


@pytest.mark.parametrize("keys", [["!m", ">2", ">be brief", "c"], ["!z", "!p", "m", ">2", ">be brief", "c"]])
async def test_work_is_paused_by_a_key(keys: list[str]) -> None:
    """`p` asks what to do, `m` leaves a message at once; other keys do nothing. Then it goes on from where it was."""
    talks = Played(
        ("begin", None, "hello", [*streamed(MAIN, "Well, ")[:2], LONG]),
        ("leave", "t", "lady/answerer", "be brief"),
        ("go_on", "t", {}, ENDS),
    )
    status, text = await talk(talks, *keys, LEAVE, message="hello")
    assert status == 0
    assert "paused; what was being written is made again" in text


async def test_work_is_paused_to_leave() -> None:
    """The status is that of an unfinished conversation."""
    talks = Played(("begin", None, "hello", [LONG]))
    talks.stands = outcome(status="unfinished")
    assert (await talk(talks, "!q", message="hello"))[0] == 1


async def test_somebody_else_was_faster() -> None:
    """The answer comes too late; it is said, and the conversation goes on as it stands."""
    talks = Played(
        ("begin", None, "hello", WAITS),
        ("go_on", "t", {ID: {"verdict": "approve"}}, [NoSuchDecisionError("it waits for none")]),
        ("go_on", "t", {}, ENDS),
    )
    status, text = await talk(talks, "a", LEAVE, message="hello")
    assert status == 0
    assert "notice    it waits for none" in text


@pytest.mark.parametrize("stands", ["needs_decision", "unfinished"])
async def test_taking_up_what_was_left(stands: str) -> None:
    """First what it was at, then the message that was given."""
    talks = Played(
        ("go_on", "t", {}, WAITS),
        ("go_on", "t", {ID: {"verdict": "approve"}}, ENDS),
        ("say", "t", "and?", ENDS),
        transcript=SPOKEN,
    )
    talks.stands = outcome(status=stands, asked=[ASKS] if stands == "needs_decision" else [])
    assert (await talk(talks, "a", LEAVE, known=True, message="and?"))[0] == 0


async def test_taking_up_what_is_at_rest() -> None:
    """It asks for the next message."""
    talks = Played(("say", "t", "and?", ENDS))
    status, text = await talk(talks, ">and?", LEAVE, known=True)
    assert status == 0
    assert "chat      t\n" in text
