"""A topic that dies after each thing it does goes on where it was, to the same end."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crashing_topics import in_parallel, in_sequence
from tests.processes import run_until

MANY = 60
"""More deaths than there are things to do."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("perform", [in_sequence, in_parallel])
def test_a_topic_survives_dying_after_everything_it_does(perform: Callable[[Path], None], tmp_path: Path) -> None:
    """Both tasks are done and remembered once, and the one that follows knows the result of the one before.

    In a sequence no model is asked again but where the process died of its answer; nothing is written twice.
    """
    deaths = 0
    while run_until(perform, tmp_path)[0] != 0:
        deaths += 1
        assert deaths < MANY
    log = Counter((tmp_path / "log").read_text().splitlines())
    assert 10 <= deaths <= len(log)  # of two that act at the same time, one may act while the other dies
    assert {n for line, n in log.items() if line.startswith("note")} <= {1}
    if perform is in_sequence:
        assert deaths == len(log)
        assert {n for line, n in log.items() if not line.startswith("note")} == {2}

    out = json.loads((tmp_path / "out.json").read_text())
    follows = " after one" if perform is in_sequence else ""
    assert [(task["status"], task["answer"]) for task in out["tasks"]] == [
        ("completed", "wrote one"),
        ("completed", f"wrote two{follows}"),
    ]
    assert out["output"].startswith("On it.\n\nDone: one\n\nwrote one\n\nDone: two")
    kinds = Counter(line.partition(":")[0] for line in out["memory"])
    assert kinds == {"The user said": 1, "Task done": 2}
    written = {path.name for path in tmp_path.glob("*.note")}
    # A write that had begun when the other task died is of unknown outcome: unasked it is not repeated, done or not.
    assert written == {"one.note", "two.note"} if perform is in_sequence else written <= {"one.note", "two.note"}
