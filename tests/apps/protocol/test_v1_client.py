"""The official Python client of version 1, as it is on PyPI."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PACKAGE = "agent-protocol-client==1.1.0"
FOLDER = Path(sys.prefix) / "agent-protocol-client"
"""In the environment of the tests, so that it is there the next time."""


@pytest.fixture(scope="module")
def interpreter() -> Path:
    """An interpreter with the client: it needs pydantic 1, and so an environment of its own."""
    done = FOLDER / "installed"
    python = FOLDER / "bin" / "python"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(FOLDER)], check=True)
        command = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", PACKAGE]
        installed = subprocess.run(command, capture_output=True, text=True)
        if installed.returncode:
            pytest.skip(f"{PACKAGE} cannot be installed here: {installed.stderr[-500:]}")
        done.touch()
    return python


def test_the_official_client_walks_through_everything(interpreter: Path, scripted_server: str) -> None:
    """Each answer passes its validation; steps to the last, lists, files up and down, errors, and replies."""
    script = Path(__file__).with_name("official_client.py")
    walked = subprocess.run(
        [str(interpreter), str(script), scripted_server], capture_output=True, text=True, timeout=120
    )
    assert walked.returncode == 0, walked.stderr
    came: dict[str, Any] = json.loads(walked.stdout)
    proposal = 'May echo(text="hello") be done? Give y, or say what to do instead.'
    proposed_again = 'May echo(text="hello", feedback="louder") be done? Give y, or say what to do instead.'
    assert came == {
        "kept": [True, "walk", True],
        "steps": [["first", "completed", "a.txt", "go", False], ["second", "completed", "the end", "go", True]],
        "again": True,
        "listed": ["first", "second"],
        "one": "first",
        "tasks": True,
        "artifacts": [["a.txt", True, "a.txt"], ["official_client.py", False, "in/walk.py"]],
        "same": True,
        "errors": [404, 404],
        "asked": [
            [proposal, "completed", False],
            [proposed_again, "completed", False],
            ["hello", "completed", True],
        ],
    }
