"""The form of a task: what is masked, what stays, and that no text takes long."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repertory.memory.tasks.forms import details_of, form_key, form_of


@pytest.mark.parametrize(
    ("task", "form"),
    [
        ("Summarize sales_may.csv for May", "summarize (file1.csv) for (date1)"),
        ("Compare the revenue of Q1 with that of 2026-03-01", "compare the revenue of (date1) with that of (date2)"),
        ("Meet Ann for lunch on 3rd of May 2026 at 10:30 am", "meet (name1) for lunch on (date1) at (number)"),
        ("Fetch https://example.com/a?b=1.", "fetch (url1)."),
        ("Write to bob@example.com about #12 and INV-204", "write to (address1) about (id1) and (id2)"),
        ('Search logs/ for "time out" and `retry`', "search (folder1) for (text1) and (text2)"),
        ('Read "the notes.md", then ~/x/y.tar', "read (text1), then (file1.tar)"),
        ("Read b.md and 'a.md', then b.md", "read (file1.md) and (file2.md), then (file1.md)"),
        ("Raise it by 5% or $1,200.50", "raise it by (number) or (number)"),
        ("Give a short history of the Brooklyn Bridge", "give a short history of the (name1)"),
        ("Ask Ann's boss for the key", "ask (name1)'s boss for the key"),
    ],
)
def test_details_are_masked_by_their_kind(task: str, form: str) -> None:
    """Files keep their ending, since another kind of file may take another tool."""
    assert form_of(task) == form


@pytest.mark.parametrize(
    "task",
    [
        "may i march on",  # words that are months, too
        "e.g. this",
        "What is the KPI, the ROI and the EBITDA",  # what is to be worked out is written like names of firms
        "Lösche die Datei im Ordner",  # nouns are capitalised
        "How to Flick in Field Hockey",  # a title
        "Compute Average of Column",
        "compute the Average of the column",  # capitals do not make an operation a name
        "Please Delete the files",
        "tell the team. Then stop",
    ],
)
def test_what_is_no_detail_stays(task: str) -> None:
    """In doubt two forms differ."""
    assert form_of(task) == task.lower()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Read a.md and b.md, then sum up a.md", "Read c.md and d.md, then sum up d.md"),
        ("Compare May with June of last May", "Compare May with June of last June"),
        ("What is 6*7?", "What is 6+7?"),
        ("Describe a.csv", "Describe a.md"),
        ("Write 1 report", "Write 3 reports"),
    ],
)
def test_the_same_details_elsewhere_are_another_form(one: str, other: str) -> None:
    """Which file is read twice, which sign stands between numbers, and of what kind a file is, all count."""
    assert form_key(one) != form_key(other)


def test_equal_forms_have_one_key() -> None:
    """Case, white space and final punctuation are no part of it."""
    assert form_key("Summarize a.md in 3 lines") == form_key(" summarize  notes/B.md in 12 lines!")


def test_the_details_are_told_as_they_are_written() -> None:
    """Plain numbers say nothing on their own."""
    assert details_of('Read a.md of May for Ann Lee in 3 lines, "so far"') == {"a.md", "May", "Ann Lee", "so far"}


@given(st.text(alphabet="aB1 ./-:'\"(){}“”\n@#,\ue000", max_size=200))
def test_any_text_has_a_form(text: str) -> None:
    """Also one with the characters that are used inside; a form of a form is itself, but for its marks."""
    assert "\ue000" not in form_of(text)


@pytest.mark.parametrize("part", ["a", "A", "a/", '"', "“", "a@", "May ", "word Name ", "1,"])
def test_long_texts_take_no_time(part: str) -> None:
    """Twenty thousand characters, whatever they are: no expression goes over the text again and again."""
    began = time.process_time()
    form_of((part * 20_000)[:20_000])
    assert time.process_time() - began < 2
