"""The loopback model in a process of its own, so that its processor time is not ours."""

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.answers import responder
from tests.openai_server import OpenAIServer

KEY = "sk-test-0123456789"
MODEL = "test-model"


@contextmanager
def served(latency: float) -> Iterator[str]:
    """Start the server, give its base URL, and end it.

    Args:
        latency: seconds of each call.
    """
    command = [sys.executable, "-m", "benchmarks.server", "--latency", str(latency)]
    root = Path(__file__).resolve().parents[1]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError("the loopback server did not start; see what it printed above")
            yield url
        finally:
            process.terminate()


def main() -> None:
    """Serve until ended; the first line printed is the base URL."""
    parser = argparse.ArgumentParser(description="The loopback model of the benchmarks.")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds of each call")
    latency = parser.parse_args().latency
    asyncio.run(OpenAIServer(responder(latency), latency=latency, key=KEY, models=(MODEL,)).run())


if __name__ == "__main__":
    main()
