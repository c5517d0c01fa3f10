"""Two runs compared, on a page: what they share, where they part, and side by side from there on."""

import io
import shutil
from collections.abc import Iterable, Iterator
from itertools import groupby

from rich.cells import set_cell_size
from rich.console import Console
from rich.text import Text

from repertory.apps.screens.page import Page, brief, clean
from repertory.apps.screens.words import messages_text, more_differences, texts_of, value_text, what_differs, where
from repertory.memory.records import JsonObject
from repertory.memory.transcripts.difference import Change, Comparison, Pair

_NARROW = 60
"""Below this many columns, one side stands under the other."""
_LONGEST = 1500
"""Characters of one text that are shown; all of it is in the JSON."""
_LEAD = 60
"""Characters that are shown of a long common beginning."""
_MISSING = "(nothing)"


def print_comparison(page: Page, comparison: Comparison, names: tuple[str, str], *, width: int | None = None) -> None:
    """Print a comparison: two columns, or one marked A and B where there is little room.

    Args:
        page: where to.
        comparison: what to print.
        names: of the two sides, as the user gave them.
        width: columns of the page; None: those of the terminal.
    """
    sides = _Sides(page, width or shutil.get_terminal_size().columns)
    sides.heads(*names)
    for line in _forks(comparison):
        page.line(line)
    proposals = _count(comparison.shared, "proposal")
    first = comparison.divergence
    if comparison.same:
        page.line(f"They are the same: {proposals}.")
        return
    are = "is" if comparison.shared == 1 else "are"
    page.line(f"The same happened in both: {proposals}." if first is None else f"{proposals} {are} the same.")
    if comparison.changes:
        page.line()
        page.line("What they had to go by differs:", "bold")
        for change in comparison.changes:
            _print_change(sides, change)
    if first is not None:
        page.line()
        page.line(f"They part at {where(first)}: {what_differs(first)}.", "bold")
        _print_pairs(sides, comparison.pairs)


def comparison_text(comparison: Comparison, names: tuple[str, str], *, width: int = 80) -> str:
    """A comparison as `print_comparison` prints it, for notebooks.

    Args:
        comparison: what to tell.
        names: of the two sides.
        width: columns of the two sides together.
    """
    file = io.StringIO()
    print_comparison(Page(file, plain=True), comparison, names, width=width)
    return file.getvalue()


def comparison_json(comparison: Comparison) -> JsonObject:
    """A comparison as one JSON object, whole."""
    data = comparison.model_dump(mode="json")
    pairs = [
        {"at": pair.at, "kind": pair.kind, **item} for pair, item in zip(comparison.pairs, data["pairs"], strict=True)
    ]
    first = {key: pairs[0][key] for key in ("at", "kind", "what")} if pairs else None
    return {**data, "same": comparison.same, "divergence": first, "pairs": pairs}


class _Sides:
    """Two texts beside each other, or one under the other."""

    def __init__(self, page: Page, width: int) -> None:
        self.page = page
        self._width = (width - 3) // 2 if width >= _NARROW else 0
        self._console = Console(file=io.StringIO())

    def both(self, a: str, b: str) -> None:
        """Two texts that differ."""
        a, b = _windows(clean(a), clean(b))
        if self._width:
            self._columns(a, b)
        else:
            self.page.pair("A", a)
            self.page.pair("B", b)

    def same(self, text: str) -> None:
        """A text that both have."""
        self.page.line(f"= {text}", "dim")

    def heads(self, a: str, b: str) -> None:
        """Whose the sides are."""
        if self._width:
            self._columns(f"A: {clean(a)}", f"B: {clean(b)}", "bold")
        else:
            self.both(a, b)

    def _columns(self, a: str, b: str, style: str = "") -> None:
        left, right = self._wrapped(a), self._wrapped(b)
        for row in range(max(len(left), len(right))):
            one, other = (lines[row] if row < len(lines) else "" for lines in (left, right))
            self.page.line(f"{set_cell_size(one, self._width)} | {other}", style, wrap=False)

    def _wrapped(self, text: str) -> list[str]:
        lines: list[str] = []
        for paragraph in text.split("\n"):
            lines += [part.plain.rstrip() for part in Text(paragraph).wrap(self._console, self._width)] or [""]
        return lines


def _forks(comparison: Comparison) -> Iterator[str]:
    for side, fork in zip("AB", comparison.forks, strict=True):
        if fork is not None:
            original = dict(zip(comparison.runs, "AB", strict=True)).get(fork.run_id, f"run {fork.run_id}")
            yield f"{side} is a replay of {original} from {fork.tweak.at} on."


def _print_change(sides: _Sides, change: Change) -> None:
    name = {"task": "the task", "message": f"messages left for {change.where}, not read"}
    field = f": {change.what}" if change.what else ""
    sides.page.line(name.get(change.of, f"{change.of} {change.where}{field}"), "bold")
    if not change.what:
        sides.both(*(_MISSING if side is None else "there" for side in (change.a, change.b)))
    elif change.of == "message":
        sides.both(*(messages_text(side) if side else _MISSING for side in (change.a, change.b)))
    else:
        sides.both(value_text(change.a), value_text(change.b))


def _print_pairs(sides: _Sides, pairs: Iterable[Pair]) -> None:
    for same, group in groupby(pairs, key=lambda pair: not pair.what):
        if same:
            found = list(group)
            to = f" to {where(found[-1])}" if len(found) > 1 else ""
            sides.page.line()
            sides.same(f"the same again: {where(found[0])}{to}")
            continue
        for pair in group:
            sides.page.line()
            sides.page.line(where(pair), "bold")
            _print_pair(sides, pair)


def _print_pair(sides: _Sides, pair: Pair) -> None:
    if pair.a is None or pair.b is None:
        texts = ["\n".join(texts_of(side).values()) if side else _MISSING for side in (pair.a, pair.b)]
        sides.both(texts[0], texts[1])
        return
    ours, theirs = texts_of(pair.a), texts_of(pair.b)
    for field in dict.fromkeys((*ours, *theirs)):
        one, other = ours.get(field, _MISSING), theirs.get(field, _MISSING)
        if one == other:
            sides.same(brief(one, 70))
        else:
            sides.both(one, other)
    for name, one, other in more_differences(pair):
        sides.both(f"{name}: {one}", f"{name}: {other}")


def _windows(a: str, b: str) -> tuple[str, str]:
    """Two long texts from shortly before they part to shortly after they are the same again."""
    shared = _common(a, b)
    skip = max(0, shared - _LEAD) if shared > 4 * _LEAD else 0
    skip = a.rfind(" ", 0, skip) + 1 if skip else 0
    again = min(_common(a[::-1], b[::-1]), len(a) - shared, len(b) - shared)
    drop = max(0, again - _LEAD) if again > 4 * _LEAD else 0
    if drop:
        end = a.find(" ", len(a) - drop)
        drop = len(a) - end if end >= 0 else 0
    return _cut(a, skip, drop), _cut(b, skip, drop)


def _common(a: str, b: str) -> int:
    """Characters that both begin with."""
    return next((at for at, (one, other) in enumerate(zip(a, b, strict=False)) if one != other), min(len(a), len(b)))


def _cut(text: str, skip: int, drop: int) -> str:
    rest = text[skip : len(text) - drop]
    if drop and len(rest) <= _LONGEST:
        return f"{'… ' if skip else ''}{rest} …"
    left = f"… (+{len(rest) - _LONGEST} characters)" if len(rest) > _LONGEST else ""
    return f"{'… ' if skip else ''}{rest[:_LONGEST]}{left}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
