"""The table: one row a measure, against its target."""

from collections.abc import Iterable
from dataclasses import dataclass

_HEAD = ("measure", "bare", "ours", "value", "target", "")


@dataclass(frozen=True)
class Row:
    """One measure."""

    measure: str
    value: float
    """What is compared with the target."""
    target: float | None
    """The most that `value` may be, or the least; None where the row is for information."""
    ours: str
    """What was measured of us, with its unit."""
    other: str
    """The same of what we are compared with."""
    at_least: bool = False
    """Whether the target is the least."""

    @property
    def verdict(self) -> str:
        """`ok`, `OVER` or `UNDER`, or nothing where there is no target."""
        if self.target is None:
            return ""
        if self.at_least:
            return "ok" if self.value >= self.target else "UNDER"
        return "ok" if self.value <= self.target else "OVER"


def format_table(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table that also reads well on a terminal."""
    lines = [_HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    text = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([text[0], rule, *text[1:]])


def _cells(row: Row) -> tuple[str, ...]:
    target = "" if row.target is None else f"{'>=' if row.at_least else '<='} {row.target:g}"
    return row.measure, row.other, row.ours, f"{row.value:.3g}", target, row.verdict
