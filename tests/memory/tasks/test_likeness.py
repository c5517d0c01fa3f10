"""When two tasks are the same kind of work: the labelled pairs, and one rule at a time."""

import pytest

from benchmarks.cohorts import Pair, read_pairs
from repertory.memory.tasks.forms import form_of
from repertory.memory.tasks.likeness import clauses, is_alike, share
from repertory.memory.tasks.operations import denials, operations

PAIRS = read_pairs()


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair.label == "different"], ids=lambda pair: pair.task)
def test_tasks_that_want_something_else_are_not_alike(pair: Pair) -> None:
    """However near their words are: no pair that a person called different is taken for alike, either way round."""
    assert not is_alike(pair.task, pair.known)
    assert not is_alike(pair.known, pair.task)


def test_most_tasks_with_other_details_are_alike() -> None:
    """Nine of ten of the pairs that a person called similar or equal; the others are planned anew."""
    alike = [is_alike(pair.task, pair.known) for pair in PAIRS if pair.label != "different"]
    assert sum(alike) >= 0.9 * len(alike)


@pytest.mark.parametrize(
    ("task", "known", "alike"),
    [
        ("Write a poem about the moon", "Write a poem about the sea", True),
        ("Write a letter about the sea", "Write a poem about the sea", False),  # another thing is to be written
        ("Look for a hotel in town", "Look for a doctor in town", False),  # and another one looked for
        ("Please sum the column up for me", "Sum the column", True),
        ("Total the column", "Sum the column", False),  # one operation, but half of the words are others
        ("Do not send it to the team", "Send it to the team", False),
        ("Read a.md and b.md", "Read a.md and b.md and c.md", False),
        ("Read a.md, then b.txt", "Read a.csv, then b.csv", True),
        ("", "Read a.md", False),
    ],
)
def test_rules(task: str, known: str, alike: bool) -> None:
    """Heads of clauses, operations, denials and what is worked on must be the same; the rest may be half new."""
    assert is_alike(task, known) is alike


def test_operations_have_many_names_and_inflections() -> None:
    """Those of one line are one; opposites are two."""
    assert operations("the totals, added up; the average") == operations("sum, add and mean")
    assert operations("encrypt") != operations("decrypt")
    assert denials("don't, never, cannot, no") == 4


def test_shares_and_clauses() -> None:
    """Details are no words; a form without words shares nothing."""
    assert share(form_of("describe a.csv"), form_of("describe and sort b.csv")) == 1
    assert share(form_of("describe and sort b.csv"), form_of("describe a.csv")) == 0.5
    assert share(form_of("a.csv"), form_of("a.csv")) == 0
    assert clauses("Read a.md, sort it and then stop. Done") == ["Read a.md", "sort it", "stop", "Done"]
