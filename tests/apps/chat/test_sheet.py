"""Text that comes in pieces."""

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from repertory.apps.chat.sheet import Sheet, Stream
from repertory.apps.screens.page import clean


def streamed(pieces: list[str], width: int = 40, indent: int = 4) -> str:
    file = io.StringIO()
    stream = Stream(Sheet(file, width), indent)
    for piece in pieces:
        stream.add(piece)
    stream.end()
    return file.getvalue()


def test_words_are_wrapped_as_they_come() -> None:
    """Between words, with a margin; the words already there are never moved."""
    file = io.StringIO()
    stream = Stream(Sheet(file, 30), 4)
    seen = ""
    for char in "Mayhaps if thou couldst possess a greater knowledge of me.":
        stream.add(char)
        assert file.getvalue().startswith(seen)
        seen = file.getvalue()
    stream.end()
    assert file.getvalue() == "    Mayhaps if thou couldst\n    possess a greater\n    knowledge of me.\n"


def test_a_word_appears_when_it_is_complete() -> None:
    """Not before the white space after it, and at once then."""
    file = io.StringIO()
    stream = Stream(Sheet(file, 40), 0)
    stream.add("one tw")
    assert file.getvalue() == "one"
    stream.add("o ")
    assert file.getvalue() == "one two"


def test_lines_of_the_text_stay_lines_with_their_own_margins() -> None:
    """Code keeps its indentation, empty lines stay, a line end cut in two is one."""
    assert streamed(["def f():\r", "\n    return 1\n", "\n# done"], indent=2) == (
        "  def f():\n      return 1\n\n  # done\n"
    )


def test_words_without_an_end_are_broken_at_the_width() -> None:
    """Wide characters count as two, and appear line by line before the text ends."""
    file = io.StringIO()
    stream = Stream(Sheet(file, 25), 4)
    stream.add("漢字" * 15)
    assert file.getvalue().count("\n") == 2
    stream.end()
    lines = file.getvalue().splitlines()
    assert "".join(line.strip() for line in lines) == "漢字" * 15
    assert all(cell_len(line) <= 24 for line in lines)


def test_nothing_acts_on_the_terminal_however_it_is_cut() -> None:
    """An escape sequence in pieces is as harmless as one in a piece."""
    text = "a\x1b[2Jb\x9b1Ac\u202ed\r\be"
    for cut in range(len(text)):
        assert streamed([text[:cut], text[cut:]]).strip() == clean(text)


@given(st.text(alphabet=st.sampled_from("ab \n\t\r\x1b漢é\u00a0\u200d\u202e👨"), max_size=200), st.data())
def test_however_it_is_cut_it_reads_the_same(text: str, data: st.DataObject) -> None:
    """What appears does not depend on the pieces, fits the width, has no control characters, and loses no word."""
    whole = streamed([text], width=30)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert streamed(pieces, width=30) == whole
    assert all(cell_len(line) <= 30 for line in whole.splitlines())
    assert not set(whole) & set("\x1b\r\t\u202e")
    assert "".join(whole.split()) == "".join(clean(text).split())
