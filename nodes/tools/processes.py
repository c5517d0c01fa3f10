"""Run a program with limits: on time and on output, and with nothing left behind."""

import os
import secrets
import select
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MAX_OUTPUT = 20_000
"""Bytes of output that are kept, the last ones; the program is not held up by what it prints beyond them."""

_INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "VIRTUAL_ENV", "SYSTEMROOT")
"""What a program needs to run at all. Keys, tokens and passwords have other names; so they stay here."""

_MARK = "REPERTORY_PROCESS"
_STEP = 0.05  # seconds between two looks at the program


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    code: int
    """Exit status; the negative number of the signal where one ended it."""
    output: str
    """The end of what it printed, errors included."""
    printed: int
    """Bytes that it printed in all."""
    seconds: float
    timed_out: bool


def run(
    command: Sequence[str],
    *,
    folder: Path,
    home: Path,
    seconds: float,
    stop: threading.Event,
    environ: Mapping[str, str],
) -> Ended:
    """Run a program to its end, or until its time is up; then end every process that it started.

    The program is in a process group of its own, which is killed as a whole. Processes that left the group are found
    by a mark in their environment, where the system has `/proc`. This limits accidents. It is no sandbox: the program
    reads and writes what the user may, and reaches the network.

    Args:
        command: program and arguments.
        folder: where it runs.
        home: what it takes for its home and for its folder for temporary files.
        seconds: the most it may take, by the clock.
        stop: set from another thread to end it at once.
        environ: where `PATH` and the like are taken from; nothing else of it is passed on.
    """
    mark = secrets.token_hex(16)
    given = {name: environ[name] for name in _INHERITED if name in environ}
    given |= {"HOME": str(home), "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1", _MARK: mark}
    began = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - the command is ours; what it runs is limited as described
        list(command),
        cwd=folder,
        env=given,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    output = _Output(process)
    timed_out = False
    try:
        while process.poll() is None and not stop.is_set() and not timed_out:
            output.read(_STEP)
            timed_out = time.monotonic() - began > seconds
    finally:
        _end(process, mark)
        output.close()
    return Ended(process.wait(), output.kept.decode(errors="replace"), output.size, time.monotonic() - began, timed_out)


class _Output:
    """The end of what a program prints."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        self._pipe = process.stdout
        self._ended = False
        self.kept, self.size = b"", 0

    def read(self, seconds: float) -> None:
        """Take what is there, waiting a moment for it."""
        if self._ended:
            time.sleep(seconds)
        elif select.select([self._pipe], [], [], seconds)[0]:
            piece = os.read(self._pipe.fileno(), 1 << 16)
            self._ended = not piece
            self.kept, self.size = (self.kept + piece)[-MAX_OUTPUT:], self.size + len(piece)

    def close(self) -> None:
        """Take the rest, as far as it is there already."""
        while not self._ended and select.select([self._pipe], [], [], 0)[0]:
            self.read(0)
        self._pipe.close()


def _end(process: subprocess.Popen[bytes], mark: str) -> None:
    for _ in range(20):  # one that is just being started by another is found in the next round
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        escaped = _marked(mark)
        for pid in escaped:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not escaped:
            return
        time.sleep(0.01)


def _marked(mark: str) -> list[int]:
    """Living processes with that mark in their environment; none where there is no `/proc`."""
    wanted, found = f"{_MARK}={mark}".encode(), []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found
