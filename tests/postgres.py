"""A real PostgreSQL server on loopback for as long as a test session, with a database of its own for each test."""

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

_PASSWORD = "not a secret"
_SETTINGS = {
    "fsync": "off",  # processes are killed in these tests, machines are not
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "16MB",
}
_numbers = itertools.count()


class Cluster:
    """A server over a folder of its own.

    Args:
        programs: the folder of `initdb` and `postgres`.
        folder: an empty one.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        # The server refuses to be root's, as who tests in a container is.
        nobody = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._user = nobody and nobody.pw_uid
        self._group = nobody and nobody.pw_gid
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        password = folder / "password"
        password.write_text(_PASSWORD)
        if self._user is not None:
            shutil.chown(folder, self._user)
            shutil.chown(password, self._user)
        options = ["--username=postgres", f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8"]
        made = self._run("initdb", *options, "--locale=C", "--no-sync")
        assert made.wait() == 0, self.log

    @property
    def log(self) -> str:
        """What the server said."""
        return (self._folder / "log").read_text()

    def address(self, database: str = "postgres") -> str:
        """The address of one of its databases."""
        return f"postgresql://postgres:{_PASSWORD.replace(' ', '%20')}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        sockets = f"--unix_socket_directories={self._folder}"
        self._process = self._run("postgres", f"--port={self.port}", sockets, *settings)
        until = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.address()).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, self.log
                assert time.monotonic() < until, self.log
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Stop the server; whoever is connected is cut off."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        self._process.wait(60)

    def execute(self, statement: str, address: str | None = None) -> list[tuple[object, ...]]:
        """Run a statement outside of transactions; its rows."""
        with psycopg.connect(address or self.address(), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _run(self, program: str, *arguments: str) -> "subprocess.Popen[bytes]":
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self._programs / program, "-D", self._folder / "data", *arguments],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                user=self._user,
                group=self._group,
                extra_groups=None if self._user is None else [],
            )


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A server; skipped only where PostgreSQL is not installed."""
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL here: `postgres` and `initdb` are not on PATH nor in /usr/lib/postgresql/*/bin")
    folder = Path(tempfile.mkdtemp(prefix="repertory-postgres-"))  # short, for sockets, and open to another user
    try:
        cluster = Cluster(programs, folder)
        cluster.start()
        yield cluster
        cluster.stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def database(cluster: Cluster) -> Iterator[str]:
    """The address of an empty database."""
    name = f"test{next(_numbers)}"
    cluster.execute(f"CREATE DATABASE {name}")
    yield cluster.address(name)
    cluster.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _programs() -> Path | None:
    """The newest that are installed."""
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name.split(".")[0]))
    on_path = [Path(found).parent for found in [shutil.which("initdb")] if found]
    for folder in (*on_path, *reversed(newest)):
        if all((folder / program).exists() for program in ("initdb", "postgres")):
            return folder
    return None
