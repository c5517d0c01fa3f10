"""The reference SDK of the Agent Protocol, served in an environment of its own: it needs pydantic 1."""

import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.serving import Server, free_port, started

_PACKAGE = "agent-protocol==1.0.2"
_HERE = Path(__file__).resolve().parent
ENVIRONMENT = _HERE.parent / ".benchmarks" / "agent-protocol"


def made() -> Path | None:
    """The environment's Python; made where it is not there yet, None where it cannot be."""
    python = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin") / "python"
    complete = ENVIRONMENT / "complete"
    if complete.exists():
        return python
    print(f"  making an environment for {_PACKAGE} …", file=sys.stderr)
    venv.create(ENVIRONMENT, with_pip=True, clear=True)
    # The same server and, where we have them, the same event loop and the same parser.
    same = [f"{name}=={found}" for name in ("uvicorn", "uvloop", "httptools") if (found := _version(name))]
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, _PACKAGE, *same], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"  it cannot be made: {done.stderr.strip()[-300:]}", file=sys.stderr)
        return None
    complete.touch()
    return python


@contextmanager
def served_sdk(python: Path) -> Iterator[Server]:
    """The SDK's handlers over its in-memory store."""
    port = free_port()
    uvicorn = ["-m", "uvicorn", "sdk_app:app", "--port", str(port), "--log-level", "warning", "--no-access-log"]
    with started([str(python), *uvicorn], port, cwd=_HERE) as server:
        yield server


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
