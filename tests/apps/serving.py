"""`repertory serve` in a process of its own, which can be killed and started again."""

import re
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.apps.conftest import COMMAND, clean_environ


class Served:
    """A server over a home, on a port that stays the same.

    Args:
        folder: where it runs; its home is below.
        options: of `repertory serve`.
        environ: more of the environment.
    """

    def __init__(self, folder: Path, *options: str, **environ: str) -> None:
        self.url = ""
        self._options, self._port = options, "0"
        self._folder, self._environ = folder, clean_environ(**environ)
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        command = [COMMAND, "serve", "--port", self._port, "--home", str(self._folder / "home"), *self._options]
        self._process = subprocess.Popen(
            command, cwd=self._folder, env=self._environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", said)
        assert found, f"it did not start, and said {said!r}"
        self.url, self._port = found[0], found[1]

    def kill(self) -> None:
        """End it without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
