"""The workspace: no path leads out of it, whatever it looks like and whatever changes meanwhile."""

import itertools
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repertory.memory.errors import RepertoryError, ToolArgumentsError, ToolError
from repertory.nodes.tools.workspace import MAX_BYTES, Workspace

SECRET = b"secret"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A workspace with links of every kind, beside a secret."""
    return furnish(tmp_path)


def furnish(folder: Path) -> Path:
    outside, place = folder / "outside", folder / "place"
    outside.mkdir()
    (outside / "file").write_bytes(SECRET)
    (place / "sub").mkdir(parents=True)
    (place / "file").write_bytes(b"inside")
    (place / "sub" / "file").write_bytes(b"inside too")
    (place / "out").symlink_to(outside)
    (place / "out_file").symlink_to(outside / "file")
    (place / "out_relative").symlink_to("../outside/file")
    (place / "sub" / "up").symlink_to("..")
    (place / "sub" / "up_twice").symlink_to("../..")
    (place / "link").symlink_to("sub/file")
    (place / "dangling").symlink_to("../outside/new")
    (place / "loop").symlink_to("loop")
    return place


@pytest.mark.parametrize(
    "path",
    [
        "../outside/file",
        "sub/../../outside/file",
        "sub/../file",
        "..",
        "..\\outside\\file",
        "/etc/passwd",
        "~/file",
        "C:\\Windows",
        "out/file",
        "out_file",
        "out_relative",
        "sub/up_twice/outside/file",
        "sub/up/out/file",
        "dangling",
        "loop",
        "",
        " ",
        "file\0",
        "\ud800",
        ".git/hooks/pre-commit",
        "sub/up/.repertory/x",
        ".Repertory/x",
        "x" * 1_001,
    ],
)
def test_a_path_that_leads_out_is_refused(place: Path, path: str) -> None:
    """Reading and writing are refused alike; the message names the path and says what is allowed."""
    workspace = Workspace(place)
    for act in (lambda: workspace.read(path), lambda: workspace.write(path, b"x")):
        with pytest.raises(ToolArgumentsError) as caught:
            act()
        assert repr(path[:100])[1:-1] in str(caught.value)
        assert "inside the workspace" in str(caught.value)
    assert {file.name for file in place.parent.iterdir()} == {"outside", "place"}
    assert [file.read_bytes() for file in (place.parent / "outside").iterdir()] == [SECRET]


def test_a_listing_of_a_folder_outside_is_refused(place: Path) -> None:
    """Listing obeys the same rule."""
    for folder in ("..", "out", "/", "sub/up_twice"):
        with pytest.raises(ToolArgumentsError, match="refused"):
            list(Workspace(place).files(folder))


def test_links_inside_are_followed(place: Path) -> None:
    """A link that stays inside leads where it points, for reading and for writing."""
    workspace = Workspace(place)
    assert workspace.read("link") == workspace.read("sub/up/sub/file") == b"inside too"
    workspace.write("link", b"new")
    assert (place / "sub" / "file").read_bytes() == b"new"
    assert (place / "link").is_symlink()


def test_the_workspace_itself_may_be_a_link(place: Path) -> None:
    """Only what lies below the folder is judged, not the way to it."""
    (place.parent / "way").symlink_to(place)
    assert Workspace(place.parent / "way").read("file") == b"inside"


PARTS = st.sampled_from(
    [
        "..",
        ".",
        "",
        "~",
        "place",
        "outside",
        "file",
        "sub",
        "out",
        "out_file",
        "up",
        "up_twice",
        "link",
        "loop",
        "new",
        "\0",
    ]
) | st.text(max_size=3)


@settings(max_examples=150, deadline=None)
@given(parts=st.lists(PARTS, max_size=6), separator=st.sampled_from(["/", "//", "\\"]), lead=st.sampled_from(["", "/"]))
def test_no_path_at_all_leads_out(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str], separator: str, lead: str
) -> None:
    """Whatever the path: the secret is never read, nothing outside changes, and no foreign exception comes out."""
    place = furnish(tmp_path_factory.mktemp("jail"))
    workspace, path = Workspace(place), lead + separator.join(parts)
    with suppress(RepertoryError):
        assert workspace.read(path) != SECRET
    with suppress(RepertoryError):
        assert all((place / entry.path).resolve().is_relative_to(place) for entry in workspace.files(path))
    with suppress(RepertoryError):
        written = workspace.write(path, b"written")
        assert (place / written.path).resolve().is_relative_to(place)
        assert (place / written.path).read_bytes() == b"written"
    assert {file.name for file in place.parent.iterdir()} == {"outside", "place"}
    assert [file.read_bytes() for file in (place.parent / "outside").iterdir()] == [SECRET]


def rounds(least: int, *, until: Callable[[], bool]) -> Iterator[int]:
    """At least so many rounds, and more until it has happened, for a minute."""
    ends = time.monotonic() + 60
    for done in itertools.count():
        if done >= least and (until() or time.monotonic() > ends):
            return
        yield done


def test_a_folder_that_becomes_a_link_between_check_and_use(place: Path) -> None:
    """While a folder is exchanged for a link out and back, reads give the inner file or fail; writes stay inside."""
    workspace, inner, aside = Workspace(place), place / "sub", place / "aside"
    done = threading.Event()

    def exchange() -> None:
        while not done.is_set():
            # A write may make the folder anew in between: then a step of this fails, and the next round goes on.
            for change in (
                lambda: inner.rename(aside),
                lambda: inner.symlink_to(place.parent / "outside"),
                lambda: inner.unlink(),
                lambda: aside.rename(inner),
            ):
                with suppress(OSError):
                    change()

    swapping = threading.Thread(target=exchange)
    swapping.start()
    seen: set[bytes] = set()
    written: list[str] = []
    try:
        # On a busy machine the other thread can rest with the folder away for longer than all the rounds take.
        for _ in rounds(1_500, until=lambda: bool(seen)):
            with suppress(RepertoryError):
                seen.add(workspace.read("sub/file"))
        for _ in rounds(200, until=lambda: bool(written)):
            with suppress(RepertoryError):
                written.append(workspace.write("sub/new", b"x").path)
    finally:
        done.set()
        swapping.join()
    assert seen == {b"inside too"}
    assert written
    assert [file.name for file in (place.parent / "outside").iterdir()] == ["file"]


def test_writing_makes_folders_and_tells_what_it_wrote(tmp_path: Path) -> None:
    """Folders appear as needed, the workspace included; the artifact has path, size and hash of what is there."""
    artifact = Workspace(tmp_path / "later").write("a/./b/c.txt", b"hello")
    assert (artifact.path, artifact.size, artifact.sha256) == ("a/b/c.txt", 5, sha256(b"hello").hexdigest())
    assert (tmp_path / "later" / "a" / "b" / "c.txt").read_bytes() == b"hello"


def test_a_write_replaces_whole_files(place: Path) -> None:
    """Whoever has the old file open keeps it whole; the mode stays; no temporary file is left."""
    (place / "file").chmod(0o640)
    with (place / "file").open("rb") as old:
        Workspace(place).write("file", b"new")
        assert old.read() == b"inside"
    assert (place / "file").read_bytes() == b"new"
    assert stat.S_IMODE((place / "file").stat().st_mode) == 0o640
    assert not list(place.glob(".repertory-*"))


def test_a_write_that_fails_leaves_nothing_behind(place: Path) -> None:
    """Writing over a folder fails with the path in the message, and the temporary file goes."""
    with pytest.raises(ToolError, match="'sub'"):
        Workspace(place).write("sub", b"x")
    assert not list(place.glob(".repertory-*"))


def test_appends_at_once_lose_nothing(place: Path) -> None:
    """Parallel steps may append to one file."""
    workspace = Workspace(place)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: workspace.write("log", f"{number}\n".encode(), append=True), range(40)))
    assert sorted(map(int, (place / "log").read_text().split())) == list(range(40))


def test_listing(place: Path) -> None:
    """Files come with their sizes, in order; hidden ones, links out, pipes and names that are no text are left out."""
    (place / ".hidden").write_text("x")
    (place / ".dir").mkdir()
    (place / ".dir" / "x").write_text("x")
    os.mkfifo(place / "pipe")
    with suppress(OSError):  # some file systems take no such name
        Path(os.fsdecode(os.fsencode(place) + b"/bad\xff")).write_text("x")
    entries = list(Workspace(place).files())
    assert entries == [("file", 6), ("link", 10), ("sub/file", 10)]
    assert [entry.path for entry in Workspace(place).files("sub")] == ["sub/file"]


def test_what_is_no_regular_file_is_not_read(place: Path) -> None:
    """A pipe does not block, a folder and a missing file are named."""
    os.mkfifo(place / "pipe")
    for path, word in (("pipe", "regular"), ("sub", "directory"), (".", "folder"), ("nothing", "no 'nothing'")):
        with pytest.raises(ToolError, match=word):
            Workspace(place).read(path)
        with pytest.raises(ToolError, match=word):
            Workspace(place).open(path)


def test_a_large_file_is_read_bit_by_bit(place: Path) -> None:
    """What is opened has no bound, and links that lead out are refused as ever."""
    with (place / "large").open("wb") as file:
        file.truncate(MAX_BYTES + 1)  # sparse: takes no room
    with Workspace(place).open("large") as opened:
        opened.seek(MAX_BYTES)
        assert opened.read() == b"\0"
    with pytest.raises(ToolArgumentsError, match="out_file"):
        Workspace(place).open("out_file")


def test_files_are_bounded(place: Path) -> None:
    """What is larger than the bound is neither read nor written."""
    with (place / "large").open("wb") as file:
        file.truncate(MAX_BYTES + 1)  # sparse: takes no room
    with pytest.raises(ToolError, match=r"'large'.*50000000"):
        Workspace(place).read("large")
    with pytest.raises(ToolError, match="'huge'"):
        Workspace(place).write("huge", bytes(MAX_BYTES + 1))
