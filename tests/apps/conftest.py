"""The real command, in processes of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.openai_answers import Answer
from tests.openai_server import OpenAIServer

COMMAND = str(Path(sys.executable).with_name("repertory"))


@dataclass
class Ran:
    """A command that ended."""

    status: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its output as JSON lines; every line must be one."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def result(self) -> dict[str, Any]:
        """The last event."""
        return self.events[-1]


@dataclass
class Shell:
    """Runs the command in a folder of its own, with a workspace `ws` and the home `home`."""

    folder: Path
    environ: dict[str, str]
    processes: list["subprocess.Popen[str]"] = field(default_factory=list)

    def __call__(self, *arguments: str, stdin: str = "", **environ: str) -> Ran:
        """Run it to its end, without a terminal."""
        done = subprocess.run(
            [COMMAND, *arguments],
            cwd=self.folder,
            env={**self.environ, **environ},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=100,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start it and go on; it is killed at the end of the test."""
        process = subprocess.Popen(
            [COMMAND, *arguments],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def online(self, server: OpenAIServer) -> None:
        """Use that server from now on."""
        self.environ |= server.environ()

    @property
    def workspace(self) -> Path:
        """The folder that file tools see."""
        return self.folder / "ws"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell with two small files in its workspace, and the offline model."""
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws" / "a.txt").write_text("alpha alpha beta\n")
    (tmp_path / "ws" / "b.txt").write_text("gamma\n")
    shell = Shell(tmp_path, clean_environ(REPERTORY_HOME=str(tmp_path / "home")))
    yield shell
    for process in shell.processes:
        process.kill()
        process.communicate()


Serve = Callable[[Callable[[dict[str, Any]], Answer]], OpenAIServer]


@pytest.fixture
def serve(shell: Shell) -> Iterator[Serve]:
    """Start a loopback server with a responder, and have the shell use it."""
    servers: list[OpenAIServer] = []

    def start(responder: Callable[[dict[str, Any]], Answer]) -> OpenAIServer:
        server = OpenAIServer(responder).__enter__()
        servers.append(server)
        shell.online(server)
        return server

    yield start
    for server in servers:
        server.__exit__(None)


def clean_environ(**more: str) -> dict[str, str]:
    """This environment without what would choose a model or a home, with ranking by words, which starts fastest."""
    ours: Mapping[str, str] = {
        name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "REPERTORY_"))
    }
    return {**ours, "REPERTORY_EMBEDDINGS": "lexical", "LANGGRAPH_STRICT_MSGPACK": "true", **more}
