"""Two runs beside each other, as a person and as a program see them."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from repertory.apps.screens.compare import _windows, comparison_json, comparison_text
from repertory.memory.transcripts.difference import compare
from repertory.memory.transcripts.records import Transcript
from tests.memory.transcripts.making import a_talk, lady, transcripts
from tests.memory.transcripts.test_difference import branch

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def printed(a: Transcript, b: Transcript, width: int = 80) -> list[str]:
    return comparison_text(compare(a, b), ("first", "second"), width=width).splitlines()


def with_reply(text: str) -> Transcript:
    """The talk with other words in its last proposal."""
    document = a_talk().model_dump(mode="json")
    document["exchanges"][1]["turns"][0]["proposal"]["text"] = text
    return Transcript.model_validate(document)


def test_side_by_side() -> None:
    """What is shared, where they part, and two columns from there on; what is the same again in one line."""
    assert printed(a_talk(), branch()) == [
        "A: first                               | B: second",
        "B is a replay of A from m0/0.0#1 on.",
        "2 proposals are the same.",
        "",
        "They part at m0/0.0#1, lady/stylist proposes: decision differs.",
        "",
        "m0/0.0#1, lady/stylist proposes",
        "= reply: Mayhaps.",
        "approved by the policy                 | answered by the user: Ruder.",
        "",
        "m0/0.0#2, lady/stylist proposes",
        "(nothing)                              | reply: Nay.",
        "                                       | waits for a decision",
        "",
        "m0#0, lady hears back from stylist",
        "done: Mayhaps.                         | at work",
        "",
        "m0#1, lady proposes",
        "reply: I am Sara. Mayhaps.             | (nothing)",
        "approved by the policy                 |",
        "",
        "m0, lady ends",
        "done: I am Sara. Mayhaps.              | (nothing)",
        "",
        "m1, lady is told",
        "told: You are a fool.                  | (nothing)",
        "",
        "m1#0, lady proposes",
        "reply: A fool?                         | (nothing)",
        "waits for a decision                   |",
    ]


def test_one_under_the_other_where_there_is_little_room() -> None:
    """In fewer than 60 columns each side is marked, and nothing is cut."""
    lines = printed(a_talk(), with_reply("Thou?"), width=59)
    assert lines[:2] == ["A         first", "B         second"]
    assert lines[-4:] == [
        "m1#0, lady proposes",
        "A         reply: A fool?",
        "B         reply: Thou?",
        "= waits for a decision",
    ]
    assert not any("|" in line for line in lines)
    assert printed(a_talk(), with_reply("Thou?"), width=60)[-2] == "reply: A fool?               | reply: Thou?"


def test_runs_that_are_the_same() -> None:
    """Said in one line; and where only what they had to go by differs, that."""
    assert printed(a_talk(), a_talk())[1:] == ["They are the same: 5 proposals."]
    lines = printed(a_talk(), a_talk().model_copy(update={"agent": lady("Be rude.")}))
    assert lines[1:] == [
        "The same happened in both: 5 proposals.",
        "",
        "What they had to go by differs:",
        "persona lady: prompt",
        "You are a lady.                        | Be rude.",
    ]


def test_what_is_the_same_again_takes_one_line() -> None:
    """After another message at the beginning, all else is as it was."""
    document = a_talk().model_dump(mode="json")
    document["exchanges"][0]["message"] = "What?"
    lines = printed(a_talk(), Transcript.model_validate(document))
    assert "told: Who are you?                     | told: What?" in lines
    assert lines[-1] == "= the same again: m0#0, lady proposes to m1#0, lady proposes"


def test_long_texts_are_shown_from_where_they_part() -> None:
    """Not from the beginning, nor to the end; the JSON has all of it."""
    same, rest = "the same words " * 100, "more " * 1000
    a, b = with_reply(f"{same}thou {rest}"), with_reply(f"{same}you {rest}")
    lines = printed(a, b)
    shown = "\n".join(lines)
    assert "thou" in shown
    assert "you more" in shown
    assert shown.count("…") >= 4
    assert len(lines) < 14
    assert rest in comparison_json(compare(a, b))["pairs"][0]["a"]["content"]["text"]


def test_long_texts_that_differ_to_the_end_are_cut() -> None:
    """With the number of characters that are left out."""
    assert "characters)" in "\n".join(printed(with_reply("thou " * 1000), with_reply("you " * 1001)))


@given(same=st.text(max_size=400), a=st.text(max_size=30), b=st.text(max_size=30), rest=st.text(max_size=400))
def test_what_differs_is_never_cut_away(same: str, a: str, b: str, rest: str) -> None:
    """Two different texts have different windows, parts of each."""
    one, other = same + a + rest, same + b + rest
    ours, theirs = _windows(one, other)
    assert (ours == theirs) == (one == other)
    assert ours.removeprefix("… ").removesuffix(" …") in one


def test_what_cannot_be_seen_in_the_words_is_said() -> None:
    """Where a result differs in its data only, the data is shown."""
    document = a_talk().model_dump(mode="json")
    document["exchanges"][0]["turns"][0]["results"][0]["data"] = {"n": [1, {"x": None}]}
    lines = printed(a_talk(), Transcript.model_validate(document))
    assert 'data.n: (none)                         | data.n: [1, {"x": null}]' in lines


def test_a_text_of_a_run_does_nothing_to_a_terminal() -> None:
    """Escapes and turns of direction become marks; markup is text."""
    lines = printed(a_talk(), with_reply("\x1b[2J[bold]x[/bold]\u202e :smile:"))
    shown = "\n".join(lines)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\ufffd[2J[bold]x[/bold]\ufffd :smile:" in shown


@quick
@given(transcripts(), transcripts())
def test_no_line_is_longer_than_the_page(a: Transcript, b: Transcript) -> None:
    """Whatever the runs hold; wide characters count as two."""
    for width in (80, 61):
        for line in printed(a, b, width):
            if " | " in line:
                assert cell_len(line) <= width


@quick
@given(transcripts(), transcripts())
def test_json_is_one_whole_object(a: Transcript, b: Transcript) -> None:
    """With where they part, and every pair from there on."""
    comparison = compare(a, b)
    data = json.loads(json.dumps(comparison_json(comparison)))
    assert data["same"] == comparison.same
    assert data["shared"] == comparison.shared
    assert len(data["pairs"]) == len(comparison.pairs)
    first = comparison.divergence
    assert data["divergence"] == (first and {"at": first.at, "kind": first.kind, "what": list(first.what)})


@pytest.mark.parametrize(("a", "b", "said"), [(0, 1, "(nothing)"), (1, 0, "there")])
def test_a_persona_that_only_one_has(a: int, b: int, said: str) -> None:
    """It is named, and which side has it."""
    runs = [a_talk().model_copy(update={"agent": lady().model_copy(update={"delegates": ()})}), a_talk()]
    lines = printed(runs[a], runs[b])
    assert lines[lines.index("persona lady/stylist") + 1].startswith(said)


def test_as_text_it_has_no_colours_whatever_the_environment_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernels of notebooks set FORCE_COLOR."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-color")
    assert "\x1b" not in "".join(printed(a_talk(), branch()))
