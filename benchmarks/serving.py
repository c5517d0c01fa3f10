"""Servers in processes of their own, and what they cost."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

_PATIENCE = 60.0
"""Seconds in which a server answers its first request."""


@dataclass(frozen=True)
class Server:
    """A server that is up."""

    url: str
    process: psutil.Process

    @property
    def processor(self) -> float:
        """Seconds of processor time so far, user's and system's."""
        times = self.process.cpu_times()
        return times.user + times.system

    @property
    def memory(self) -> int:
        """Bytes in memory."""
        return int(self.process.memory_info().rss)


@contextmanager
def served_home(home: Path, *options: str, environ: Mapping[str, str] | None = None) -> Iterator[Server]:
    """`repertory serve` over a home.

    Args:
        home: where it keeps what it keeps.
        options: more of the command's.
        environ: more of the environment, such as the model's address.
    """
    port = free_port()
    command = [str(Path(sys.executable).with_name("repertory")), "serve", "--port", str(port), "--home", str(home)]
    with started([*command, *options], port, environ=environ) as server:
        yield server


@contextmanager
def started(
    command: list[str], port: int, *, cwd: Path | None = None, environ: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Start a server, wait until it answers, and end it.

    Raises:
        RuntimeError: it did not start.
    """
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "REPERTORY_"))}
    with subprocess.Popen(command, cwd=cwd, env={**ours, **(environ or {})}, stdout=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _await(url, process)
            yield Server(url, psutil.Process(process.pid))
        finally:
            process.terminate()
            process.wait(30)


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _await(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/openapi.json", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server at {url} did not start; see what it printed above")
