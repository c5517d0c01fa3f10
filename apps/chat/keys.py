"""Key presses and lines of a person at a terminal."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from repertory.apps.screens.decide import interruptible

_CTRL_C, _CTRL_D, _ESCAPE = "\x03", "\x04", "\x1b"
_MOST = 64
"""Bytes taken at once: more than the sequence of any key, so that an arrow is never taken for letters."""


class Keys:
    """The keyboard of the terminal that is the process's standard input."""

    def press(self, ready: Callable[[], None]) -> str:
        """One key press, without Enter.

        What was typed before is dropped: nobody approves what was not on the screen yet.

        Args:
            ready: called when keys count from now on; it shows the menu.

        Returns:
            The character; empty for Escape, arrows and the like; several where text was pasted.

        Raises:
            KeyboardInterrupt: Ctrl-C.
            EOFError: Ctrl-D, or the terminal is gone.
        """
        with _single_keys(signals=False):
            ready()
            typed = _read()
        if typed == _CTRL_C:
            raise KeyboardInterrupt
        if typed in ("", _CTRL_D):
            raise EOFError
        return "" if typed.startswith(_ESCAPE) else typed

    def line(self, prompt: str) -> str:
        """A line, with the means to edit it that the terminal has.

        Raises:
            KeyboardInterrupt: Ctrl-C.
            EOFError: Ctrl-D.
        """
        with suppress(ImportError):
            import readline  # noqa: F401 - input() uses it from here on
        with interruptible():
            return input(prompt).strip()

    @contextmanager
    def watched(self, told: Callable[[str], None]) -> Iterator[None]:
        """While work goes on: what is typed is not shown, and each key press is told of.

        Args:
            told: gets the character.
        """
        loop, source = asyncio.get_running_loop(), sys.stdin.fileno()
        with _single_keys(signals=True):
            loop.add_reader(source, lambda: told(_read()))
            try:
                yield
            finally:
                loop.remove_reader(source)


def _read() -> str:
    """What was typed; nothing where the terminal is gone."""
    try:
        return os.read(sys.stdin.fileno(), _MOST).decode(errors="replace")
    except OSError:
        return ""


@contextmanager
def _single_keys(*, signals: bool) -> Iterator[None]:
    """Keys come at once and unseen; without `signals`, Ctrl-C is a key, too."""
    import termios

    source = sys.stdin.fileno()
    before = termios.tcgetattr(source)
    mode = termios.tcgetattr(source)
    mode[3] &= ~(termios.ICANON | termios.ECHO | (0 if signals else termios.ISIG))
    mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
    termios.tcsetattr(source, termios.TCSAFLUSH, mode)
    try:
        yield
    finally:
        with suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(source, termios.TCSADRAIN, before)
