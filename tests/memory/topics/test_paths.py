"""Names that clients send: nothing that leads out of a folder gets through, and everything else does."""

import os
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from repertory.memory.topics.errors import UnprocessableError
from repertory.memory.topics.paths import DEFAULT_NAME, base_name, checked_path

TRICKY = st.text(st.sampled_from("./\\ :~Cé\0\n\x7f\ud800"), max_size=12) | st.text(max_size=30)


@pytest.mark.parametrize("path", [None, ""])
def test_no_path_is_none(path: str | None) -> None:
    """An empty path is none."""
    assert checked_path(path) is None


@pytest.mark.parametrize(
    "path", ["a.txt", "notes/a b.txt", "a/./b", "folder/", "..a/b..", "日本語/é.txt", "~a", "ab:c"]
)
def test_a_path_is_kept_as_it_is(path: str) -> None:
    """What does not lead out comes back unchanged."""
    assert checked_path(path) == path


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/etc/passwd", "absolute"),
        ("//server/share", "absolute"),
        ("../up", r"'\.\.'"),
        ("a/../../up", r"'\.\.'"),
        ("a/..", r"'\.\.'"),
        ("a/.. /b", r"'\.\.'"),
        ("a\\b", "backslash"),
        ("..\\up", "backslash"),
        ("a\0b", "control"),
        ("a\nb", "control"),
        ("a\x85b", "control"),
        ("\ud800", "Unicode"),
        ("C:/Windows", "drive"),
        ("c:a", "drive"),
        ("1:2", "drive"),
        ("a" * 1001, "longer"),
    ],
)
def test_a_path_that_leads_out_is_refused(path: str, reason: str) -> None:
    """It is 422, and the reason is told."""
    with pytest.raises(UnprocessableError, match=reason) as refused:
        checked_path(path)
    assert refused.value.status == 422


@given(path=TRICKY)
@example(path="C:..")
@example(path=".. ")
def test_no_path_at_all_leads_out(path: str) -> None:
    """Whatever gets through stays below the folder that it is joined to, here and on Windows."""
    try:
        checked = checked_path(path)
    except UnprocessableError:
        return
    if checked is not None:
        assert os.path.normpath(Path("/folder", checked)).startswith("/folder")
        windows = PureWindowsPath("D:/folder", checked)
        assert windows.is_relative_to("D:/folder")
        assert ".." not in windows.parts


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("a.txt", "a.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\report.pdf", "report.pdf"),
        ("mixed\\and/a.txt", "a.txt"),
        ("C:a.txt", "a.txt"),
        ("日本 é.txt", "日本 é.txt"),
        ('say "hi".txt', 'say "hi".txt'),
        ("a\r\nb\0.txt", "ab.txt"),
        ("\ud800x", "x"),
        ("  a  ", "a"),
        (None, DEFAULT_NAME),
        ("", DEFAULT_NAME),
        (".", DEFAULT_NAME),
        ("..", DEFAULT_NAME),
        ("folder/", DEFAULT_NAME),
        ("a/..\0", DEFAULT_NAME),
    ],
)
def test_only_the_base_name_is_kept(sent: str | None, kept: str) -> None:
    """Folders, control characters and what is no text are dropped."""
    assert base_name(sent) == kept


def test_a_long_name_keeps_its_suffix() -> None:
    """It is cut to what file systems take, between two characters."""
    name = base_name("é" * 300 + ".tar.gz")
    assert name.endswith("é.gz")
    assert 250 < len(name.encode()) <= 255
    assert len(base_name("x." + "y" * 300)) == 255


@given(sent=TRICKY)
@example(sent="C:D: E:x")
def test_every_name_is_a_name(sent: str) -> None:
    """Whatever is sent, a file of that name can be made in a folder."""
    name = base_name(sent)
    assert name not in ("", ".", "..")
    assert "/" not in name
    assert "\0" not in name
    assert PureWindowsPath("D:/folder", name).is_relative_to("D:/folder")
    assert len(os.fsencode(name)) <= 255
