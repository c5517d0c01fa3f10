"""The command over a database that several homes share."""

from typing import Any

from tests.apps.conftest import Shell
from tests.postgres import Cluster, cluster, database

__all__ = ["cluster", "database"]
TASK = "Count the words of a.txt, and write the result to counted.md"


def test_a_run_that_waits_is_answered_and_ended_elsewhere(shell: Shell, database: str) -> None:
    """By processes with other folders, as on other machines; they list and show it, and share what it learned."""
    at: dict[str, Any] = {"REPERTORY_DATABASE": database}
    ran = shell("run", TASK, "--workspace", "ws", "--thread", "t", "--json", **at)
    assert (ran.status, ran.err) == (3, ran.err)
    assert not (shell.folder / "ws" / "counted.md").exists()
    for number, command in enumerate((["runs"], ["show", "t"])):
        listed = shell(*command, REPERTORY_HOME=f"other{number}", **at)
        assert listed.status == 0, listed.err
        assert TASK[:30] in listed.out
    while ran.status == 3:
        ran = shell("answer", "t", "approve", "--json", REPERTORY_HOME="another", **at)
    assert ran.status == 0, ran.err
    assert ran.result["status"] == "completed"
    assert (shell.folder / "ws" / "counted.md").exists()
    known = shell("agents", "list", REPERTORY_HOME="third", **at)
    assert known.status == 0, known.err
    again = shell("run", TASK, "--workspace", "ws", "--yes", "--json", REPERTORY_HOME="third", **at)
    assert again.status == 0, again.err
    assert "cohort" in again.out
    assert shell("show", "t").status == 2  # the files have nothing of it


def test_a_database_that_does_not_answer_is_one_line(shell: Shell, cluster: Cluster) -> None:
    """With where it is and what to do, and no password."""
    address = f"postgresql://ann:sesame@127.0.0.1:{cluster.port}/none"
    ran = shell("runs", REPERTORY_DATABASE=address)
    assert ran.status == 1
    assert ran.err.startswith(
        f"repertory: the database 'postgresql://ann@127.0.0.1:{cluster.port}/none' cannot be used"
    )
    assert ran.err.count("\n") == 1
    assert "sesame" not in ran.err
