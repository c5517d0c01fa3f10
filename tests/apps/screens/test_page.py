"""Text for a screen."""

import io

import pytest

from repertory.apps.screens.page import Page, brief, call_text, clean


def printed(*pairs: tuple[str, str], indent: int = 0) -> list[str]:
    file = io.StringIO()
    page = Page(file)
    for label, text in pairs:
        page.pair(label, text, indent=indent)
    return file.getvalue().splitlines()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\ttab", "plain\n    tab"),
        ("a\r\nb", "a\nb"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("over\rwritten\b\b", "over\ufffdwritten\ufffd\ufffd"),
        ("turned \u202e round", "turned \ufffd round"),
        ("\u2066isolated", "\ufffdisolated"),
        ("csi \x9b2J", "csi \ufffd2J"),
        ("family 👨\u200d👩\u200d👧, naïve, 漢字", "family 👨\u200d👩\u200d👧, naïve, 漢字"),
    ],
)
def test_what_acts_on_a_terminal_becomes_a_mark(text: str, shown: str) -> None:
    """Escapes, control characters and turns of direction; joiners that words and emoji need stay."""
    assert clean(text) == shown


def test_texts_stand_in_a_column_beside_their_label() -> None:
    """Wrapped at 80 cells, wide characters counted as two; a long label has a line of its own."""
    lines = printed(("task", "word " * 30), ("a-label-that-is-long", "text"), ("wide", "漢字 " * 30))
    assert lines[0].startswith("task      word word")
    assert lines[1].startswith("          word")
    assert lines[lines.index("a-label-that-is-long") + 1] == "          text"
    assert all(len(line) + sum(char in "漢字" for char in line) <= 80 for line in lines)
    assert not any(line.endswith(" ") for line in lines)


def test_markup_is_text() -> None:
    """What looks like rich's markup or an emoji code is printed as it is."""
    assert printed(("", "[bold]no[/bold] :smile: [link]")) == ["[bold]no[/bold] :smile: [link]"]


def test_brief_and_calls() -> None:
    """One line, cut with a mark; arguments as JSON."""
    assert brief("one\n two   three") == "one two three"
    assert brief("x" * 100, 10) == "x" * 9 + "…"
    assert call_text("write", {"path": "ä", "n": 1}) == 'write(path="ä", n=1)'
    assert call_text("write", {"text": "y" * 50}, 10).startswith('write(text="yyyyyyyy…')
