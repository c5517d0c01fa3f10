"""Editing in one place, and showing beforehand what would change."""

import asyncio
from pathlib import Path

import pytest

from repertory.memory.errors import ToolArgumentsError, ToolError
from repertory.nodes.tools.builtin import builtin_toolbox
from repertory.nodes.tools.edits import MAX_COMPARED, MAX_PREVIEW, EditTools
from repertory.nodes.tools.toolbox import Toolbox
from repertory.nodes.tools.workspace import Workspace

CODE = "def total(items):\n    return sum(items)\n\n\ndef mean(items):\n    return total(items) / len(items)\n"


@pytest.fixture
def edits(tmp_path: Path) -> EditTools:
    """Editing tools over a workspace with one file."""
    (tmp_path / "a.py").write_text(CODE)
    return EditTools(Workspace(tmp_path))


def test_one_place_is_changed_and_nothing_else(edits: EditTools, tmp_path: Path) -> None:
    """The result says where, and how many lines; the artifact describes the file as it is then."""
    done = edits.edit_file("a.py", "    return sum(items)", "    found = list(items)\n    return sum(found)")
    changed = CODE.replace("    return sum(items)", "    found = list(items)\n    return sum(found)")
    assert (tmp_path / "a.py").read_text() == changed
    assert (done["line"], done["added"], done["removed"]) == (2, 2, 1)
    assert done["text"] == "Edited a.py at line 2: 2 lines added, 1 removed."
    assert (done["artifacts"][0].sha256, done["artifacts"][0].size) == (done["sha256"], len(changed))


def test_a_text_that_stands_there_twice_is_refused_with_the_lines(edits: EditTools, tmp_path: Path) -> None:
    """Which one is meant cannot be known; the file stays as it is. Overlapping places count as well."""
    with pytest.raises(ToolError, match=r"stands 5 times in 'a\.py' \(lines 1, 2, 5, 6, 6\); give more of the lines"):
        edits.edit_file("a.py", "(items)", "(them)")
    assert (tmp_path / "a.py").read_text() == CODE
    (tmp_path / "b.txt").write_text("aaa")
    with pytest.raises(ToolError, match="2 times"):
        edits.edit_file("b.txt", "aa", "b")


def test_a_text_that_is_not_there_is_answered_with_the_nearest_lines(edits: EditTools) -> None:
    """With their numbers and their neighbours, so that the next call can be right."""
    with pytest.raises(ToolError, match=r"does not stand in 'a\.py'; the nearest lines are\n(?s:.*)2:     return sum"):
        edits.edit_file("a.py", "return sum(item)", "x")
    with pytest.raises(ToolError, match="its line breaks or indentation differ; the nearest lines are\n1: def total"):
        edits.edit_file("a.py", "def total(items):\n  return sum(items)", "x")
    with pytest.raises(ToolError, match="nor anything like it"):
        edits.edit_file("a.py", "zzzz", "x")


def test_a_change_that_changes_nothing_is_refused(edits: EditTools) -> None:
    """It is a mistake in the arguments, and says so."""
    with pytest.raises(ToolArgumentsError, match="nothing would change"):
        edits.edit_file("a.py", "total", "total")


@pytest.mark.parametrize("path", ["../a.py", "/etc/hosts", "out/a.py", ".git/hooks/pre-commit"])
def test_nothing_outside_the_workspace_is_edited_or_shown(edits: EditTools, tmp_path: Path, path: str) -> None:
    """Not upwards, not absolute, not through a link, not where hooks would run as the user."""
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "a.py").write_text(CODE)
    (tmp_path / "out").symlink_to(outside)
    for call in (lambda: edits.edit_file(path, "a", "b"), lambda: edits.preview_write({"path": path, "content": "b"})):
        with pytest.raises(ToolArgumentsError, match="is refused"):
            call()
    assert (outside / "a.py").read_text() == CODE


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_keeps_its_encoding_and_line_ends(edits: EditTools, tmp_path: Path, encoding: str) -> None:
    """`old` and `new` come with plain line ends, as models write them; bytes that are not meant stay the same."""
    (tmp_path / "w.txt").write_bytes("é\r\nzwei\r\ndrei\r\n".encode(encoding))
    edits.edit_file("w.txt", "é\nzwei\n", "ü\n2\n\n")
    assert (tmp_path / "w.txt").read_bytes() == "ü\r\n2\r\n\r\ndrei\r\n".encode(encoding)


def test_what_the_encoding_cannot_hold_is_refused(edits: EditTools, tmp_path: Path) -> None:
    """Rather than written in another one, or with question marks."""
    (tmp_path / "w.txt").write_bytes("é €".encode("cp1252"))
    with pytest.raises(ToolError, match="cp1252, which has no '→'"):
        edits.edit_file("w.txt", "é", "→")
    (tmp_path / "x.txt").write_bytes(b"\x81\xff a")
    with pytest.raises(ToolError, match="cannot be edited without loss"):
        edits.edit_file("x.txt", "a", "b")


async def test_edits_of_one_file_at_once_all_take_effect(tmp_path: Path) -> None:
    """Calls of one response run in parallel: none may write back what it read before another wrote."""
    (tmp_path / "n.txt").write_text("".join(f"<{n}>\n" for n in range(40)))
    tool = builtin_toolbox(tmp_path)["edit_file"]
    await asyncio.gather(*(tool.run({"path": "n.txt", "old": f"<{n}>", "new": f"[{n}]"}) for n in range(40)))
    assert (tmp_path / "n.txt").read_text() == "".join(f"[{n}]\n" for n in range(40))


async def test_a_preview_is_the_diff_and_changes_nothing(tmp_path: Path) -> None:
    """Of an edit, of a new file, of a file replaced, of one appended to."""
    (tmp_path / "a.py").write_text(CODE)
    box = builtin_toolbox(tmp_path)
    edit = await box["edit_file"].preview({"path": "a.py", "old": "sum(items)", "new": "sum(items, 0)"})
    assert edit is not None
    assert edit.splitlines()[:6] == [
        "--- a/a.py",
        "+++ b/a.py",
        "@@ -1,5 +1,5 @@",
        " def total(items):",
        "-    return sum(items)",
        "+    return sum(items, 0)",
    ]
    new = await box["write_file"].preview({"path": "b.txt", "content": "one\ntwo"})
    assert new == "--- /dev/null\n+++ b/b.txt\n@@ -0,0 +1,2 @@\n+one\n+two\n\\ No newline at end of file"
    more = await box["write_file"].preview({"path": "a.py", "content": "x = 1\n", "append": True})
    assert more is not None
    assert [line for line in more.splitlines() if line[0] in "+-"] == ["--- a/a.py", "+++ b/a.py", "+x = 1"]
    assert await box["write_file"].preview({"path": "a.py", "content": CODE}) == "a.py: nothing would change"
    ends = await box["write_file"].preview({"path": "a.py", "content": CODE.replace("\n", "\r\n")})
    assert ends == "a.py: only the line ends would change"
    assert (tmp_path / "a.py").read_text() == CODE
    assert not (tmp_path / "b.txt").exists()


async def test_a_preview_is_bounded(tmp_path: Path) -> None:
    """A long diff is cut and says so; files too large to be compared are told in sizes."""
    box = builtin_toolbox(tmp_path)
    long = await box["write_file"].preview({"path": "a.txt", "content": "line\n" * 10_000})
    assert long is not None
    assert len(long) <= MAX_PREVIEW
    assert "[cut:" in long
    huge = await box["write_file"].preview({"path": "a.txt", "content": "x" * (MAX_COMPARED + 1)})
    assert huge == f"a.txt: a new file, {MAX_COMPARED + 1} characters after; too large to be shown as a diff"


async def test_a_call_that_would_fail_says_so_in_its_preview(tmp_path: Path) -> None:
    """A person sees the reason before deciding; a tool that cannot tell has no preview."""
    (tmp_path / "a.py").write_text(CODE)
    box = builtin_toolbox(tmp_path)
    for arguments, why in (
        ({"path": "a.py", "old": "items", "new": "x"}, "`old` stands"),
        ({"path": "b.py", "old": "items", "new": "x"}, "there is no 'b.py'"),
        ({"path": "../b.py", "old": "items", "new": "x"}, "is refused"),
        ({"path": "a.py"}, "old"),
    ):
        text = await box["edit_file"].preview(arguments)
        assert text is not None
        assert text.startswith("This would fail: ")
        assert why in text
    assert await box["read_file"].preview({"path": "a.py"}) is None


async def test_any_tool_may_bring_a_preview_and_keeps_it(tmp_path: Path) -> None:
    """It is given with `add`, sees checked arguments, and goes along into other toolboxes."""

    def order(item: str, count: int = 1) -> str:
        """Order something."""
        return f"{count} {item}"

    box = Toolbox()
    box.add(order, preview=lambda arguments: f"{arguments['count'] + 1} {arguments['item']}")
    assert await box.only(["order"])["order"].preview({"item": "tea", "count": "2"}) == "3 tea"


async def test_a_preview_that_breaks_does_not_stop_the_proposal() -> None:
    """It is foreign code: what it raises is told in the place of the preview."""

    def order(item: str) -> str:
        """Order something."""
        return item

    tool = Toolbox().add(order, preview=lambda arguments: str(arguments["price"]))
    assert await tool.preview({"item": "tea"}) == "There is no preview: KeyError: 'price'"
