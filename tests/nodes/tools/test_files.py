"""List, read, write and search."""

from pathlib import Path

import pytest

from repertory.memory.errors import ToolError
from repertory.nodes.tools.files import MAX_LISTED, MAX_SEARCHED, MAX_SHOWN, FileTools
from repertory.nodes.tools.workspace import Workspace


@pytest.fixture
def files(tmp_path: Path) -> FileTools:
    """File tools over an empty workspace at `tmp_path`."""
    return FileTools(Workspace(tmp_path))


def test_list_files(files: FileTools, tmp_path: Path) -> None:
    """A pattern without a folder matches names anywhere, one with a folder the whole path."""
    (tmp_path / "a").mkdir()
    for name in ("x.csv", "a/y.csv", "a/z.txt"):
        (tmp_path / name).write_text("12345")
    assert files.list_files()["files"] == ["x.csv", "a/y.csv", "a/z.txt"]
    assert files.list_files(pattern="*.csv")["files"] == ["x.csv", "a/y.csv"]
    assert files.list_files(pattern="a/*.csv")["text"] == "1 file\na/y.csv (5 bytes)"
    assert files.list_files(folder="a", pattern="z*")["files"] == ["a/z.txt"]
    assert files.list_files(pattern="*.md") == {"files": [], "count": 0, "text": "0 files"}
    with pytest.raises(ToolError, match="'nothing'"):
        files.list_files("nothing")


def test_a_long_listing_is_cut_and_says_so(files: FileTools, tmp_path: Path) -> None:
    """Count is of all files, the text shows some, the data names more."""
    for number in range(MAX_LISTED + 1):
        (tmp_path / f"{number:05}").touch()
    listing = files.list_files()
    assert (listing["count"], len(listing["files"])) == (MAX_LISTED + 1, MAX_LISTED)
    assert f"[{MAX_LISTED + 1 - MAX_SHOWN} more; narrow it down" in listing["text"]


def test_read_file_in_pieces(files: FileTools, tmp_path: Path) -> None:
    """Offset and limit count characters; each piece says where to read on, and the pieces make the whole."""
    (tmp_path / "a.txt").write_text("äöü" * 10, encoding="utf-8")
    piece = files.read_file("a.txt", 0, 20)
    assert piece["text"] == "äöü" * 6 + "äö\n[characters 0 to 20 of 30; read on with offset=20]"
    assert (piece["size"], piece["characters"], piece["next_offset"]) == (60, 30, 20)
    rest = files.read_file("a.txt", 20, 20)
    assert (rest["text"], rest["next_offset"]) == ("ü" + "äöü" * 3, None)
    assert files.read_file("a.txt", 99)["text"] == ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_usual_encodings_are_read(files: FileTools, tmp_path: Path, encoding: str) -> None:
    """Text as Windows and spreadsheets write it is read as it was meant."""
    (tmp_path / "a.txt").write_text("Größe: 5 €", encoding=encoding)
    assert files.read_file("a.txt")["text"] == "Größe: 5 €"


def test_what_is_no_text_is_refused(files: FileTools, tmp_path: Path) -> None:
    """Binary files are named as such."""
    (tmp_path / "a.png").write_bytes(b"\x89PNG\0\0")
    with pytest.raises(ToolError, match=r"'a\.png' is not a text file"):
        files.read_file("a.png")


def test_write_file(files: FileTools, tmp_path: Path) -> None:
    """Writing replaces, appending adds; the result describes the file as it is then."""
    files.write_file("a/b.txt", "één\n")
    assert files.write_file("a/b.txt", "one\n")["text"] == "Wrote a/b.txt: 4 bytes."
    appended = files.write_file("a/b.txt", "two\n", append=True)
    assert (tmp_path / "a" / "b.txt").read_text() == "one\ntwo\n"
    assert (appended["text"], appended["size"]) == ("Appended to a/b.txt: 8 bytes.", 8)
    assert appended["artifacts"][0].sha256 == appended["sha256"]


def test_search_files(files: FileTools, tmp_path: Path) -> None:
    """Lines are found in any case, with file and number; what could not be searched is counted, not hidden."""
    (tmp_path / "a.txt").write_text("nothing\n  The STRASSE here\n")
    (tmp_path / "b.md").write_text("straße\n")
    (tmp_path / "c.bin").write_bytes(b"stra\0sse")
    with (tmp_path / "d.txt").open("wb") as large:
        large.truncate(MAX_SEARCHED + 1)
    found = files.search_files("Straße")
    assert found["matches"] == [
        {"path": "a.txt", "line": 2, "text": "The STRASSE here"},
        {"path": "b.md", "line": 1, "text": "straße"},
    ]
    assert (found["count"], found["files"]) == (2, ["a.txt", "b.md"])
    assert found["text"].splitlines()[0] == "2 lines contain 'Straße'"
    assert "[2 files skipped" in found["text"]
    assert files.search_files("straße", "*.md")["text"] == "1 line contains 'straße'\nb.md:1: straße"


def test_a_long_line_is_cut_around_the_match(files: FileTools, tmp_path: Path) -> None:
    """What was found stays in sight."""
    (tmp_path / "a.txt").write_text("x" * 5_000 + " needle " + "y" * 5_000)
    [match] = files.search_files("needle")["matches"]
    assert "needle" in match["text"]
    assert len(match["text"]) < 250


def test_many_matches_are_counted_and_cut(files: FileTools, tmp_path: Path) -> None:
    """All matches count; some are shown."""
    (tmp_path / "a.txt").write_text("tea\n" * (MAX_SHOWN + 50))
    found = files.search_files("tea")
    assert (found["count"], len(found["matches"])) == (MAX_SHOWN + 50, MAX_SHOWN)
    assert found["text"].endswith("[50 more]")
