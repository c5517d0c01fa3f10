"""A page on which text also appears piece by piece, as it is written."""

import re
from typing import TextIO

from rich.cells import cell_len, chop_cells

from repertory.apps.screens.page import Page, clean

_PARTS = re.compile(r"[^\S\n\u00a0\u202f]+|\n|(?:\S|[\u00a0\u202f])+")
"""White space where a line may end, ends of lines, and what stays together."""
_DRAWN = "├└│●"


class Sheet(Page):
    """A page that knows its width.

    Args:
        file: the stream.
        width: columns; None: those of the terminal; in a pipe 80, or what COLUMNS says.
    """

    def __init__(self, file: TextIO, width: int | None = None) -> None:
        super().__init__(file)
        self._file = file
        if width is not None:
            self._console.width = width

    @property
    def width(self) -> int:
        """Columns."""
        return max(20, self._console.width)

    @property
    def draws(self) -> bool:
        """Whether trees are drawn with lines; in a pipe, and where the character set has none, with plain signs."""
        try:
            _DRAWN.encode(getattr(self._file, "encoding", None) or "ascii")
        except UnicodeEncodeError:
            return False
        return self.is_terminal

    def write(self, text: str) -> None:
        """A piece of a line, as it is, at once: the caller has cleaned it."""
        self._file.write(text)
        self._file.flush()


class Stream:
    """A text that comes in pieces: wrapped between words as it comes, and cleaned, however the pieces are cut.

    A word appears when it is complete. Nothing is written but the text: no cursor is moved.

    Args:
        sheet: where it appears.
        indent: columns before each line.
    """

    def __init__(self, sheet: Sheet, indent: int = 4) -> None:
        self._sheet = sheet
        self._margin = " " * indent
        self._width = max(16, sheet.width - indent - 1)
        self._column = 0
        self._gap = ""
        self._word = ""
        self._held = ""
        self._begun = False
        """Something of this line of the text has been written."""
        self.text = ""
        """All that came."""

    def add(self, piece: str) -> None:
        """The next piece."""
        self.text += piece
        piece = self._held + piece
        self._held = "\r" if piece.endswith("\r") else ""  # half of a line end, perhaps
        piece = piece.removesuffix("\r").replace("\t", "    ")
        written: list[str] = []
        for part in _PARTS.findall(clean(piece)):
            if part == "\n":
                self._place(written)
                self._break(written)
                self._begun = False
            elif part.isspace() and part[0] not in "\u00a0\u202f":
                self._place(written)
                self._gap += part
            else:
                self._word += part
                self._chop(written)
        self._sheet.write("".join(written))

    def end(self) -> None:
        """The text is complete: what is held back appears, and the line ends."""
        written: list[str] = []
        if self._held:
            self._word += clean(self._held)
            self._held = ""
        self._place(written)
        if self._column:
            self._break(written)
        self._sheet.write("".join(written))

    def _place(self, written: list[str]) -> None:
        """Put the word that is complete on this line, or on the next."""
        if not self._word:
            return
        if self._begun and self._column + len(self._gap) + cell_len(self._word) > self._width:
            self._break(written)
        gap = self._gap[: self._width // 2]
        written.append((gap if self._column else self._margin + gap) + self._word)
        self._column += len(gap) + cell_len(self._word)
        self._gap, self._word, self._begun = "", "", True

    def _chop(self, written: list[str]) -> None:
        """A word longer than a line does not wait for its end."""
        while cell_len(self._word) > self._width:
            head, *tail = chop_cells(self._word, self._width)
            if not tail:
                return
            self._word = head
            self._place(written)
            self._break(written)
            self._word = "".join(tail)

    def _break(self, written: list[str]) -> None:
        written.append("\n")
        self._column, self._gap = 0, ""
