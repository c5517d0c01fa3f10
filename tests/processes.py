"""Functions run in processes of their own, which can be killed."""

import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")


def run_until(target: Callable[[Path], None], folder: Path, seconds: float | None = None) -> tuple[int | None, float]:
    """Run a function in a process of its own, killed after some seconds; its exit code and how long it lived."""
    _CONTEXT.set_forkserver_preload([target.__module__])
    process = _CONTEXT.Process(target=target, args=(folder,))
    began = time.monotonic()
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
    return process.exitcode, time.monotonic() - began
