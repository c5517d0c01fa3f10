"""A server process of the conformance agent, as a user starts it."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.apps.conftest import COMMAND, clean_environ

_PATIENCE = 120.0
_ADDRESS = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\]):(\d+)")


class Server:
    """`repertory serve --agent scripted` on a free port; killed at the end.

    Args:
        home: kept when it is killed, so that another can be started on it.
        options: more options of the command.
        environ: more of its environment.
    """

    def __init__(self, home: Path, *options: str, **environ: str) -> None:
        self.output: list[str] = []
        self._address: str | None = None
        self._told = threading.Event()
        self.process = subprocess.Popen(
            [COMMAND, "serve", "--agent", "scripted", "--port", "0", "--home", str(home), *options],
            env=clean_environ(**environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line)
            if found := _ADDRESS.search(line):
                self._address = found.group()
                self._told.set()
        self._told.set()

    @property
    def url(self) -> str:
        """Its address, as it says on its output."""
        self._told.wait(_PATIENCE)
        if self._address is None:
            raise AssertionError(f"the server did not say where it is: {''.join(self.output)}")
        return self._address

    def kill(self) -> None:
        """End it at once, as a crash does."""
        self.process.kill()
        self.process.wait()
        self._reader.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        if error is not None:
            sys.stderr.writelines(self.output[-100:])


def until(seen: Any, *, seconds: float = _PATIENCE, what: Callable[[], str] = str) -> Any:
    """Ask until the answer is true; that answer."""
    deadline = time.monotonic() + seconds
    while not (value := seen()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not so after {seconds} s: {what()}")
        time.sleep(0.01)
    return value
