"""The keyboard of a real terminal."""

import os
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PRESS = """
from repertory.apps.chat.keys import Keys
import sys, time
print("wait", flush=True); time.sleep(float(sys.argv[1]))
try:
    print("got", repr(Keys().press(lambda: print("menu", flush=True))), flush=True)
except (EOFError, KeyboardInterrupt) as error:
    print("got", type(error).__name__, flush=True)
"""
WATCH = """
import asyncio
from repertory.apps.chat.keys import Keys
async def work():
    heard = []
    with Keys().watched(heard.append):
        print("menu", flush=True)
        try:
            await asyncio.sleep(30 if "x" not in heard else 0)
        except asyncio.CancelledError:
            print("heard", heard, flush=True)
            raise
try:
    asyncio.run(work())
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


class Tty:
    """A terminal with a Python program on it."""

    def __init__(self, code: str, *arguments: str) -> None:
        self.master, self.slave = os.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            start_new_session=True,
            preexec_fn=_own,
        )
        self.text = ""

    def expect(self, text: str) -> None:
        until = time.monotonic() + 40
        while text not in self.text:
            ready = select.select([self.master], [], [], max(0, until - time.monotonic()))[0]
            assert ready, f"not seen: {text!r}; seen: {self.text!r}"
            self.text += os.read(self.master, 4096).decode()

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())


@contextmanager
def tty(code: str, *arguments: str) -> Iterator[Tty]:
    at = Tty(code, *arguments)
    try:
        yield at
        at.process.wait(20)
        assert termios.tcgetattr(at.slave) == at.before, "the terminal is not as it was"
    finally:
        at.process.kill()
        at.process.wait()
        os.close(at.master)
        os.close(at.slave)


def _own() -> None:
    import fcntl

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.mark.parametrize(
    ("typed", "got"),
    [
        ("a", "'a'"),
        ("é", "'é'"),
        ("\x1b[A", "''"),
        ("\x1b", "''"),
        ("approve", "'approve'"),
        ("\n", "'\\n'"),
        ("\x03", "KeyboardInterrupt"),
        ("\x04", "EOFError"),
    ],
)
def test_one_key_without_enter(typed: str, got: str) -> None:
    """Arrows are no letters, pasted text is no key; Ctrl-C and Ctrl-D end the wait; the terminal is as it was."""
    with tty(PRESS, "0") as at:
        at.expect("menu")
        at.type(typed)
        at.expect(f"got {got}")


def test_what_was_typed_before_does_not_count() -> None:
    """Nobody approves what was not on the screen yet."""
    with tty(PRESS, "1") as at:
        at.expect("wait")
        at.type("a")
        at.expect("menu")
        assert "got" not in at.text
        at.type("x")
        at.expect("got 'x'")


def test_keys_are_heard_while_work_goes_on() -> None:
    """Unseen, and Ctrl-C still interrupts."""
    with tty(WATCH) as at:
        at.expect("menu")
        at.type("p")
        time.sleep(0.3)
        at.type("\x03")
        at.expect("interrupted\r\n")
        assert at.text.replace("\r", "") == "menu\nheard ['p']\ninterrupted\n"


def test_a_terminal_that_goes_away_ends_the_wait(tmp_path: Path) -> None:
    """As when its window is closed: it counts as Ctrl-D. SIGHUP comes with it, and is ignored here."""
    code = (
        "import signal, sys\nfrom pathlib import Path\nfrom repertory.apps.chat.keys import Keys\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "try:\n    Keys().press(lambda: print('menu', flush=True))\n"
        "except EOFError:\n    Path(sys.argv[1]).write_text('ended')\n"
    )
    at = Tty(code, str(tmp_path / "how"))
    at.expect("menu\r\n")
    time.sleep(0.3)  # until it reads
    os.close(at.master)
    os.close(at.slave)
    at.process.wait(20)
    assert (tmp_path / "how").read_text() == "ended"
