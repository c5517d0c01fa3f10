"""Work on the rows of tables: which column is meant, totals and rankings by group, and what is odd."""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from repertory.nodes.offline.words import concepts

_NUMBER = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-+]?\d+(?:\.\d+)?")
_MONEY = ("revenue", "sales", "turnover", "amount", "cost", "costs", "total", "profit", "spend", "value", "price")
_MEASURES = {
    "sold": ("units", "quantity", "revenue", "sales"), "sell": ("units", "revenue", "sales"),
    "sells": ("revenue", "units", "sales"), "selling": ("revenue", "units", "sales"), "sales": ("revenue", "amount"),
    "earn": ("revenue",), "turnover": ("revenue", "sales"), "income": ("revenue",), "expense": ("cost", "amount"),
    "expenses": ("cost", "amount"), "spend": ("cost", "amount"), "expensive": ("cost", "price", "amount"),
    "cost": ("amount", "cost"), "costs": ("amount", "cost"), "volume": ("units", "quantity"),
}  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """A table by its rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def cells(self, column: str) -> list[str]:
        """The values of a column, as written."""
        at = self.columns.index(column)
        return [row[at].strip() if at < len(row) else "" for row in self.rows]

    def numeric(self) -> list[str]:
        """Columns of numbers that are worth adding up: no ids, no years."""
        found = []
        for column in self.columns:
            filled = [cell for cell in self.cells(column) if cell]
            named = re.search(r"(?:^|_)(?:id|no|nr|year|zip|code)$", column, re.I)
            if filled and not named and all(_NUMBER.fullmatch(cell) for cell in filled):
                found.append(column)
        return found

    def groups(self) -> list[str]:
        """Columns whose values come again and again: what rows can be grouped by."""
        numeric = set(self.numeric())
        return [
            column
            for column in self.columns
            if column not in numeric and 1 < len(set(filter(None, self.cells(column)))) <= max(2, len(self.rows) // 2)
        ]

    def dates(self) -> str | None:
        """The column of dates, if there is one."""
        for column in self.columns:
            filled = [cell for cell in self.cells(column) if cell]
            if filled and all(re.match(r"\d{4}-\d{2}", cell) for cell in filled):
                return column
        return None

    def numbers(self, column: str) -> list[float]:
        """The numbers of a column; empty cells are left out."""
        return [number(cell) for cell in self.cells(column) if _NUMBER.fullmatch(cell)]

    def by(self, key: str, measure: str | None, *, mean: bool = False) -> dict[str, float]:
        """Sum (or mean) of a measure by group, the largest first; without a measure the number of rows.

        `month` groups by the month of the dates.
        """
        dated = self.dates()
        keys = [cell[:7] for cell in self.cells(dated)] if key == "month" and dated else self.cells(key)
        values = self.cells(measure) if measure else ["1"] * len(keys)
        found: defaultdict[str, list[float]] = defaultdict(list)
        for name, cell in zip(keys, values, strict=True):
            if name and _NUMBER.fullmatch(cell):
                found[name].append(number(cell))
        totals = {name: fmean(items) if mean else sum(items) for name, items in found.items()}
        return dict(sorted(totals.items(), key=lambda pair: (-pair[1], pair[0])))


def read_rows(title: str, text: str) -> Rows | None:
    """The table that a text is; None where it is none."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("[")]
    delimiter = max(",;\t|", key=lambda sign: lines[0].count(sign)) if lines else ","
    if len(lines) < 3 or lines[0].count(delimiter) < 1 or re.search(r"[.:!?]\s", lines[0]):
        return None
    rows = [tuple(row) for row in csv.reader(lines, delimiter=delimiter)]
    header = tuple(cell.strip() for cell in rows[0])
    fitting = sum(len(row) == len(header) for row in rows[1:])
    if not all(header) or len(set(header)) < len(header) or fitting < 0.8 * (len(rows) - 1):
        return None
    return Rows(title, header, tuple(rows[1:]))


def meant_column(text: str, columns: Iterable[str]) -> str | None:
    """The column that a text names, or that is known under another word."""
    columns = list(columns)
    asked = concepts(text)
    for column in columns:
        if set(concepts(column.replace("_", " "))) & set(asked):
            return column
    for word in re.findall(r"[a-z]+", text.lower()):
        for wanted in _MEASURES.get(word, ()):
            if found := [column for column in columns if wanted in column.lower()]:
                return found[0]
    return None


def main_measure(table: Rows, text: str = "") -> str | None:
    """The column of numbers that a text asks about, else the one that looks like money, else the last."""
    numeric = table.numeric()
    if named := meant_column(text, numeric):
        return named
    for name in _MONEY:
        if found := [column for column in numeric if name in column.lower()]:
            return found[0]
    return numeric[-1] if numeric else None


def meant_group(table: Rows, text: str) -> str | None:
    """The column (or `month`) by which a text wants the rows grouped."""
    if table.dates() and re.search(r"\bmonth(?:ly|s)?\b", text, re.I) and "month" not in table.columns:
        return "month"
    groups = [column for column in table.groups() if column != table.dates()]
    return meant_column(text, groups)


def oddities(table: Rows) -> list[str]:
    """What looks wrong in a table: empty cells, repeated rows, negative numbers, values far from the rest."""
    counts = {column: sum(not cell for cell in table.cells(column)) for column in table.columns}
    found = [
        f"{column}: {empty} empty {'cell' if empty == 1 else 'cells'}" for column, empty in counts.items() if empty
    ]
    if again := sum(count - 1 for count in Counter(table.rows).values()):
        found.append(f"{again} {'row stands' if again == 1 else 'rows stand'} there twice")
    for column in table.numeric():
        values = table.numbers(column)
        if negative := [value for value in values if value < 0]:
            found.append(f"{column}: {len(negative)} negative, such as {tell(negative[0])}")
        spread = pstdev(values) if len(values) > 10 else 0.0
        far = [value for value in values if spread and abs(value - fmean(values)) > 4 * spread]
        if far:
            found.append(f"{column}: {tell(far[0])} lies far from the mean of {tell(fmean(values))}")
    return found


def number(cell: str) -> float:
    """A cell as a number."""
    return float(cell.replace(",", ""))


def tell(value: float) -> str:
    """A number as people read it: `12,345`, `0.37`."""
    if abs(value - round(value)) < 1e-9:
        return f"{round(value):,}"
    return f"{value:,.2f}"


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])
