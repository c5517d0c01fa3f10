"""What can crash is crashed: SIGKILL while the index is written, then a new process looks at what there is."""

import multiprocessing
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.memory.retrieval import killed

KILLS = 40
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.memory.retrieval.killed"])


def run(target: Any, folder: Path, seconds: float | None = None) -> int | None:
    """Run in a process of its own; with `seconds` it is killed so long after it checked what it found."""
    checked = sum(line["kind"] == "checked" for line in killed.said(folder))
    process = _CONTEXT.Process(target=target, args=(folder,))
    process.start()
    if seconds is not None:
        while process.is_alive() and sum(line["kind"] == "checked" for line in killed.said(folder)) == checked:
            time.sleep(0.005)
        process.join(seconds)
        process.kill()
    process.join()
    return process.exitcode


@pytest.mark.timeout(600)
def test_killed_in_the_middle_of_a_change_the_index_is_repaired(tmp_path: Path) -> None:
    """Forty kills, in adding, updating and reindexing: each next process finds all that was acknowledged, by its text.

    Each process begins with that check, and is killed afterwards; what it finds wrong ends it with another exit code.
    """
    rng = random.Random(11)
    targets = [killed.add, killed.update, killed.reindex]
    for n in range(4 * KILLS):
        window = 0.25 * (1 + n // KILLS)  # a slow machine gets more of both
        assert run(targets[n % 3], tmp_path, rng.uniform(0.0, window)) == -9, n
        if n + 1 >= KILLS and _tells_something(tmp_path):
            break
    assert run(killed.check, tmp_path) == 0
    assert _tells_something(tmp_path), "the kills hit too little, or too little was done before them"


def _tells_something(folder: Path) -> bool:
    begun, done = (
        Counter(line["what"] for line in killed.said(folder) if line["kind"] == kind) for kind in ("begin", "done")
    )
    hit = all(begun[what] - done[what] >= 5 for what in ("add", "update", "reindex"))
    return hit and done["add"] >= 10 and done["update"] >= 10
