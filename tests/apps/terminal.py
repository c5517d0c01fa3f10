"""A terminal for the real command, and an editor that a test writes."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.apps.conftest import COMMAND, Shell

MENU = "q leave it for later: "


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, shell: Shell, *arguments: str, **environ: str) -> None:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            [COMMAND, *arguments],
            cwd=shell.folder,
            env={**shell.environ, "TERM": "xterm-256color", "COLUMNS": "80", **environ},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=_own_terminal,
        )
        os.close(slave)
        self.raw = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def expect(self, text: str, seconds: float = 40) -> str:
        """Read until the text appears; returns what came before it, and forgets both."""
        self._read(lambda: text in self.text, seconds)
        assert text in self.text, f"it ended without {text!r}: {self.text!r}"
        before, _, self.raw = self.text.partition(text)
        return before

    def type(self, text: str) -> None:
        """Type a line, or a control character."""
        os.write(self._master, text.encode())

    def end(self, seconds: float = 40) -> tuple[int, str]:
        """Read to the end; returns the exit status and the rest of the text."""
        self._read(lambda: False, seconds)
        return self._process.wait(10), self.text

    @property
    def text(self) -> str:
        """What is on the screen, without colours."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.raw).replace("\r\n", "\n")

    def _read(self, enough: Callable[[], bool], seconds: float) -> None:
        until = time.monotonic() + seconds
        while not enough():
            if not select.select([self._master], [], [], max(0, until - time.monotonic()))[0]:
                raise TimeoutError(f"not seen in {seconds} s; on the screen: {self.text!r}")
            try:
                data = os.read(self._master, 65536)
            except OSError:  # the terminal was closed at the other end
                data = b""
            if not data:
                return
            self.raw += data.decode(errors="replace")


def _own_terminal() -> None:
    """Make the terminal the controlling one, so that Ctrl-C reaches the command."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


Open = Callable[..., Terminal]


def editor(folder: Path, *replacements: tuple[str, str]) -> str:
    """An editor that makes the first replacement when it is first opened, and so on."""
    script = folder / "editor.py"
    script.write_text(
        "import sys, pathlib\n"
        f"todo = {list(replacements)!r}\n"
        f"count = pathlib.Path({str(folder / 'edits')!r})\n"
        "n = int(count.read_text()) if count.exists() else 0\n"
        "count.write_text(str(n + 1))\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "text = path.read_text()\n"
        "old, new = todo[n]\n"
        f"pathlib.Path({str(folder)!r}, f'opened-{{n}}').write_text(text)\n"
        "assert old in text, text\n"
        "path.write_text(text.replace(old, new, 1))\n"
    )
    return f"{sys.executable} {script}"


@pytest.fixture
def terminal(shell: Shell) -> Iterator[Open]:
    """Opens terminals."""
    opened: list[Terminal] = []

    def open_one(*arguments: str, **environ: str) -> Terminal:
        opened.append(Terminal(shell, *arguments, **environ))
        return opened[-1]

    yield open_one
    for each in opened:
        each.__exit__()
