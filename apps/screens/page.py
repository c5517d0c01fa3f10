"""Text on a terminal or in a pipe: wrapped, labelled, plain where it must be, and with nothing in it that acts."""

import json
import unicodedata
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

_LABEL = 10
_HARMLESS = "\n\u00ad\u200c\u200d"
"""Line ends, and joiners that words and emoji need."""
_ACTING = {"Cc", "Cf", "Cs", "Zl", "Zp"}


class Page:
    """Where words for a person go.

    Args:
        file: the stream; colours only where it is a terminal, and NO_COLOR is not set.
        plain: no colours wherever it is; FORCE_COLOR, which the kernels of notebooks set, counts for nothing then.
    """

    def __init__(self, file: TextIO, *, plain: bool = False) -> None:
        self._console = Console(
            file=file,
            markup=False,
            highlight=False,
            emoji=False,
            force_terminal=False if plain else None,
            force_jupyter=False,  # in a notebook's kernel rich would show HTML instead of writing to the file
        )

    def line(self, text: str = "", style: str = "", *, indent: int = 0, wrap: bool = True) -> None:
        """A paragraph, or several."""
        self.pair("", text, style, indent=indent, wrap=wrap)

    def pair(self, label: str, text: str, style: str = "", *, indent: int = 0, wrap: bool = True) -> None:
        """A label, and what belongs to it, in a column of its own."""
        margin = " " * indent
        column = _LABEL if label else 0
        if len(label) >= _LABEL:
            self._console.print(Text(margin + label, "bold"), soft_wrap=True)
            label = " "
        width = max(20, self._console.width - indent - column)
        head = Text(label.ljust(column - 1) + " " if label else "", "bold")
        for paragraph in clean(text).split("\n"):
            words = Text(paragraph, style)
            lines = list(words.wrap(self._console, width)) if wrap and paragraph else [words]
            for part in lines:
                part.rstrip()
                whole = Text(margin) + head + part
                whole.rstrip()
                self._console.print(whole, soft_wrap=True)
                head = Text(" " * column)

    @property
    def is_terminal(self) -> bool:
        """Whether a person looks at it."""
        return self._console.is_terminal


def clean(text: str) -> str:
    """The text with a mark in place of what moves the cursor, colours, or turns the direction of writing.

    Texts come from models, files and pages; none of them may change what a person sees of another. A mark, since what
    is approved must be what was shown.
    """
    text = text.replace("\r\n", "\n").expandtabs(4)
    return "".join(
        char if char in _HARMLESS or unicodedata.category(char) not in _ACTING else "\ufffd" for char in text
    )


def brief(text: str, limit: int = 64) -> str:
    """The text in one line, cut to a number of characters."""
    words = " ".join(clean(text).split())
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"


def call_text(tool: str, arguments: dict[str, Any], limit: int | None = None) -> str:
    """A call as one writes it; values whole, or cut to a number of characters each."""
    values = {name: json.dumps(value, ensure_ascii=False) for name, value in arguments.items()}
    if limit is not None:
        values = {name: brief(value, limit) for name, value in values.items()}
    return f"{tool}({', '.join(f'{name}={value}' for name, value in values.items())})"
