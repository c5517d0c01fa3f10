"""Changes made by the syntax tree: what is changed, what stays, and what is refused."""

import pytest

from repertory.nodes.offline.coding.changing import changed
from repertory.nodes.offline.coding.renaming import renamed
from repertory.nodes.offline.coding.repairing import repaired
from repertory.nodes.offline.coding.requests import Change, Constant, Default, Guard, Rename, Rounded
from repertory.nodes.offline.coding.source import CannotError, Source, hunks

CODE = '''"""Größen."""

LIMIT: int = 3  # stays


class Box:
    def size(self, width: int, *, depth: float, unit: str = "m") -> float:
        """Größe.

        In metres.
        """
        # first of all
        if width > LIMIT:
            return float(width)

        def inner():
            return 1

        return (
            width * depth
        )


def plain(a, b=1): return a
'''
NEGATIVE = Guard("size", "width < 0", "raise", "ValueError", "width must not be negative", "width")


def make(change: Change, text: str = CODE) -> str:
    return changed(change, Source("box.py", text))


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        (Default("size", "width", "2"), "width: int,", "width: int = 2,"),
        (Default("size", "depth", "None"), "depth: float,", "depth: float | None = None,"),
        (Default("size", "unit", "'cm'"), 'unit: str = "m"', "unit: str = 'cm'"),
        (Default("plain", "a", "0"), "plain(a, b", "plain(a=0, b"),
        (Constant("LIMIT", "5"), "LIMIT: int = 3  # stays", "LIMIT: int = 5  # stays"),
        (Rounded("plain", 1), "return a\n", "return round(a, 1)\n"),
    ],
)
def test_one_place_is_changed_and_the_rest_stays_as_it_is_written(change: Change, old: str, new: str) -> None:
    """Comments, blank lines and letters beyond ASCII included; made twice, it is made once."""
    once = make(change)
    assert once == CODE.replace(old, new)
    assert make(change, once) == once


def test_a_guard_comes_first_and_a_comment_stays_with_its_statement() -> None:
    """Below the docstring; the second time it is there already."""
    once = make(NEGATIVE)
    guard = '        if width < 0:\n            raise ValueError(f"width must not be negative, got {width!r}")\n'
    assert once == CODE.replace("        # first of all\n", f"{guard}        # first of all\n")
    assert make(NEGATIVE, once) == once


def test_a_result_is_rounded_wherever_it_is_returned_but_not_by_inner_functions() -> None:
    """Over several lines, too; a second request only changes the digits."""
    once = make(Rounded("size", 2))
    assert "return round(float(width), 2)" in once
    assert "return (\n            round(width * depth, 2)\n        )\n" in once
    assert "return 1\n" in once
    assert make(Rounded("size", 3), once) == once.replace(", 2)", ", 3)")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (Default("size", "height", "1"), "has no parameter height; it has depth, unit, width"),
        (Default("size", "width", "[]"), "would be shared between calls"),
        (Default("nothing", "width", "1"), "has no function nothing"),
        (Constant("MISSING", "1"), "does not set MISSING once"),
        (Guard("size", "height < 0", "return", "0"), "has no parameter height"),
        (Guard("plain", "a < 0", "return", "0"), "is written in one line"),
        (Rounded("__init__", 1), "has no function"),
    ],
)
def test_what_would_not_work_is_refused_with_the_reason(change: Change, why: str) -> None:
    """Rather than written."""
    with pytest.raises(CannotError, match=why):
        make(change)
    with pytest.raises(CannotError, match="comes b, which has no default"):
        make(Default("f", "a", "1"), "def f(a, b):\n    return b\n")
    with pytest.raises(CannotError, match="no valid Python"):
        make(change, "def f(:\n")


HOME = """__all__ = ["total", "mean"]

def total(items):
    return sum(items)

def mean(items, total_weight=1):
    return total(items) / len(items)

def other():
    total = 1
    return total
"""
USER = """import shop.sums
from shop import sums as s
from shop.sums import total as add
from elsewhere import thing

class Cart:
    def total(self):
        return add([1]) + s.total([2]) + shop.sums.total([3]) + thing.total() + self.total()
"""
FOREIGN = "from elsewhere import total\n\nprint(total([1]))\n"
PACKAGE = "from shop.sums import mean, total\n"
VIA = 'from shop import total\n\nprint(total([1]), "total", "shop.sums.total")\n'


def test_a_renaming_goes_everywhere_where_the_same_thing_is_meant() -> None:
    """Imports, modules under other names, `__all__`, packages that hand it on; not what only has the same name."""
    files = {"shop/sums.py": HOME, "use.py": USER, "far.py": FOREIGN, "shop/__init__.py": PACKAGE, "via.py": VIA}
    after = renamed(Rename("total", "add_up"), files)
    assert after["shop/sums.py"] == (
        HOME.replace('["total"', '["add_up"')
        .replace("def total(", "def add_up(")
        .replace("return total(", "return add_up(")
    )
    used = USER.replace("import total as", "import add_up as").replace("s.total(", "s.add_up(")
    assert after["use.py"] == used
    assert after["far.py"] == FOREIGN
    assert after["shop/__init__.py"] == "from shop.sums import mean, add_up\n"
    assert after["via.py"] == 'from shop import add_up\n\nprint(add_up([1]), "total", "shop.sums.add_up")\n'
    assert renamed(Rename("total", "add_up"), after) == after


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"a.py": "def f(): pass\ndef g(): pass\n"}, "a.py defines g already"),
        ({"a.py": "def f(): pass\n", "b.py": "def f(): pass\n"}, "f is defined in a.py and b.py"),
        ({"a.py": "x.f()\n"}, "nothing at the top level of a module is named f"),
        ({"a.py": "def f(): pass\n", "b.py": "from a import f\ng = f\n"}, "b.py uses g for something else"),
    ],
)
def test_a_renaming_that_would_break_something_is_refused(files: dict[str, str], why: str) -> None:
    """The new name is taken, or the old one is not clear."""
    with pytest.raises(CannotError, match=why):
        renamed(Rename("f", "g"), files)


def test_hunks_lead_from_one_text_to_the_other() -> None:
    """Each piece stands in the first text once, so that it can be replaced without saying where."""
    before = "start\n" + "a\nx\nb\n" * 10 + "middle\n" + "a\nx\nb\n" * 10 + "end\n"
    lines = before.splitlines(keepends=True)
    lines[2], lines[5], lines[22], lines[59] = "y\n", "", "z\n", "a\nw\n"
    after, text = "".join(lines), before
    pieces = hunks(before, after)
    for old, new in pieces:
        assert before.count(old) == 1
        text = text.replace(old, new)
    assert text == after
    assert len(pieces) == 3
    assert hunks(before, before) == []


TEST = """import unittest
from box import size

class T(unittest.TestCase):
    def test_a(self):
        with self.assertRaises({error}):
            size(-1)
    def test_b(self):
        with self.assertRaisesRegex({error}, {pattern!r}):
            size(-1)
"""
FREE = Guard("size", "width < 0", "raise", "ValueError", "width must not be negative", "width", free=True)


def failing(error: str = "ValueError", pattern: str = "wide", line: int = 9) -> tuple[str, dict[str, str]]:
    """A report of failing tests, and the files."""
    code = make(FREE, "class TooThin(ValueError):\n    pass\n\n\ndef size(width):\n    return width\n")
    report = f'FAIL\nFAILED: t\n  File "tests/test_box.py", line {line}, in test\nAssertionError: no'
    return report, {"box.py": code, "tests/test_box.py": TEST.format(error=error, pattern=pattern)}


@pytest.mark.parametrize(
    ("error", "pattern", "line", "raised"),
    [
        ("ValueError", "too wide", 9, 'raise ValueError(f"too wide, got {width!r}")'),
        ("TypeError", "x", 7, 'raise TypeError(f"width must not be negative, got {width!r}")'),
        ("TooThin", "thin", 10, 'raise TooThin(f"thin, got {width!r}")'),
        ("Exception", "thin", 9, 'raise ValueError(f"thin, got {width!r}")'),
    ],
)
def test_an_error_becomes_the_one_that_the_tests_expect(error: str, pattern: str, line: int, raised: str) -> None:
    """Where the request left open which; a test that is content with the one that there is leaves it."""
    report, files = failing(error, pattern, line)
    [change] = repaired([FREE], report, files)
    assert f"        {raised}\n" in changed(change, Source("box.py", files["box.py"]))


def test_a_repair_does_not_undo_what_was_asked() -> None:
    """The request names an error, and the tests expect another: that is for a person."""
    report, files = failing("TypeError")
    with pytest.raises(CannotError, match="the tests expect TypeError, and what was asked for is ValueError"):
        repaired([NEGATIVE], report, files)


def test_what_cannot_be_told_is_not_repaired() -> None:
    """A pattern that is no plain text; an error from nowhere; a failure about something else."""
    for error, pattern, why in (("ValueError", "w.*e", "a pattern that I do not read"), ("Odd", "x", "where that is")):
        report, files = failing(error, pattern)
        with pytest.raises(CannotError, match=why):
            repaired([FREE], report, files)
    report, files = failing()
    for change in (Constant("LIMIT", "5"), Rounded("size", 2), Rename("height", "tallness")):
        with pytest.raises(CannotError, match="without undoing what was asked"):
            repaired([change], report, files)
