"""`docs/agent-protocol.md` is true: its commands run from top to bottom, and show what it says that they show."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from tests.apps.conftest import clean_environ

DOCUMENT = (Path(__file__).parent.parent / "docs" / "agent-protocol.md").read_text()
MARK = "--- block {} ends ---"


def blocks() -> list[tuple[str, list[str]]]:
    """The commands of each block, and the lines that it shows."""
    found = re.findall(r"^```sh\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", DOCUMENT, re.MULTILINE | re.DOTALL)
    return [(commands, shown.splitlines()) for commands, shown in found]


def pattern(shown: str) -> str:
    """What a line of the document stands for: `…` for anything."""
    return ".*?".join(re.escape(part) for part in shown.split("…"))


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_the_walk(tmp_path: Path) -> None:
    """In one shell, which stops at the first command that fails; each shown line is in the output, in order."""
    walk = blocks()
    assert len(walk) > 15
    script = "".join(f"{commands}echo; echo '{MARK.format(n)}'\n" for n, (commands, _) in enumerate(walk))
    assert len(re.findall(r"\b8000\b", script)) == 3
    script = "trap 'kill $(jobs -p) 2> /dev/null' EXIT\n" + re.sub(r"\b8000\b", str(free_port()), script)
    environ = clean_environ(PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=170,
    )
    rest = done.stdout
    for n, (commands, shown) in enumerate(walk):
        output, mark, rest = rest.partition(MARK.format(n))
        log = (tmp_path / "serve.log").read_text()
        assert mark, f"it ended at\n{commands}\nwith\n{output}\n{done.stderr}\nthe server said\n{log}"
        for line in shown:
            found = re.search(pattern(line), output)
            assert found, f"{commands}\nshould show\n{line}\nand shows\n{output}"
            output = output[found.end() :]
    assert done.returncode == 0, done.stderr
