"""Where a person at a terminal is asked: keys, words, and which persona."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Literal, Protocol

from repertory.apps.chat.beside import found_path
from repertory.apps.chat.sheet import Sheet
from repertory.apps.chat.tree import numbered
from repertory.memory.errors import InputError
from repertory.memory.records import Agent


class Keyboard(Protocol):
    """Where a person types; `Keys` is the terminal's."""

    def press(self, ready: Callable[[], None], /) -> str:
        """One key press; raises EOFError where there will be none."""
        ...

    def line(self, prompt: str, /) -> str:
        """A line; raises EOFError where it is left."""
        ...

    def watched(self, told: Callable[[str], None], /) -> AbstractContextManager[None]:
        """Tell of key presses while work goes on."""
        ...


class Desk:
    """Asks, and takes no for an answer: every question can be left with Enter, Escape or Ctrl-D.

    Args:
        sheet: where to ask.
        keys: the keyboard.
        agent: the hierarchy.
    """

    def __init__(self, sheet: Sheet, keys: Keyboard, agent: Agent) -> None:
        self.sheet = sheet
        self.keys = keys
        self.agent = agent

    def key(self, menu: dict[str, str]) -> str:
        """One key of a menu, or another one.

        Args:
            menu: what each key does, in a word or two.

        Raises:
            EOFError: Ctrl-D.
        """

        def ready() -> None:
            self.sheet.line()
            for line in _rows([f"{key} {words}" for key, words in menu.items()], self.sheet.width):
                self.sheet.line(line, wrap=False)
            self.sheet.write("> ")

        pressed = self.keys.press(ready)
        self.sheet.line(pressed if len(pressed) == 1 else "", wrap=False)
        return pressed.lower()

    def words(self, prompt: str) -> str:
        """What is typed; empty where it is left."""
        try:
            return self.keys.line(prompt)
        except EOFError:
            self.sheet.line()
            return ""

    def persona(self, question: str, *, everywhere: bool = False) -> str | Literal["*"] | None:
        """The path of a persona chosen by number, or by name; None where it is left, `*` for all of them."""
        for line in numbered(self.agent, self.sheet.width):
            self.sheet.line(line, wrap=False)
        hint = ", * everywhere" if everywhere else ""
        while chosen := self.words(f"{question} (number{hint}; Enter: none) "):
            if chosen == "*" and everywhere:
                return "*"
            paths = ["/".join(path) for path in self.agent.paths()]
            if chosen.isdecimal() and 0 < int(chosen) <= len(paths):
                return paths[int(chosen) - 1]
            try:
                return found_path(self.agent, chosen)
            except InputError as error:
                self.sheet.line(str(error), "red")
        return None

    def number(self, question: str, most: int) -> int | None:
        """A number from 1 to `most`; None where it is left."""
        while chosen := self.words(f"{question} (1-{most}; Enter: none) "):
            if chosen.isdecimal() and 0 < int(chosen) <= most:
                return int(chosen)
            self.sheet.line(f"{chosen!r} is no number from 1 to {most}", "red")
        return None


def _rows(items: list[str], width: int) -> list[str]:
    """Items side by side, none of them broken."""
    rows = [""]
    for item in items:
        if rows[-1] and len(rows[-1]) + 2 + len(item) > width:
            rows.append("")
        rows[-1] += f"  {item}" if rows[-1] else item
    return rows
