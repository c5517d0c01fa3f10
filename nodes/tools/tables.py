"""Describe a table in a CSV or TSV file."""

import csv
import re
from collections import Counter
from typing import TypedDict

from repertory.memory.errors import ToolError
from repertory.memory.records import JsonObject
from repertory.nodes.tools.columns import describe_column, kind_of, tell_column
from repertory.nodes.tools.files import decode
from repertory.nodes.tools.workspace import Workspace

MAX_COLUMNS = 100
"""Columns that are described; a wider table is cut there, and says so."""

_DELIMITERS = ",;\t|"
_SAMPLE = 50  # rows looked at to find the delimiter


class Table(TypedDict):
    """What `describe_table` brings back."""

    rows: int
    columns: dict[str, JsonObject]
    """By heading, made fit for references: `{{step.columns.unit_price.mean}}`."""
    column_names: list[str]
    """The headings as they stand in the file."""
    text: str


class TableTools:
    """The table tools over one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def describe_table(self, path: str) -> Table:
        """Describe a CSV or TSV file: rows; per column type, min, max, mean, sum or top values.

        Raises:
            ToolArgumentsError: the path leads out of the workspace.
            ToolError: there is no such file, or it is no table.
        """
        lines = decode(self._workspace.read(path), path).splitlines(keepends=True)
        delimiter = _find_delimiter(lines, path)
        try:
            rows = [row for row in csv.reader(lines, delimiter=delimiter) if any(cell.strip() for cell in row)]
        except csv.Error as error:
            raise ToolError(f"{path!r} cannot be read as a table: {error}") from error
        if not rows:
            raise ToolError(f"{path!r} is empty")
        header, body = (rows[0], rows[1:]) if _has_header(rows) else ([], rows)
        width = Counter(len(row) for row in rows).most_common(1)[0][0]
        names = [(header[i].strip() if i < len(header) else "") or f"column_{i + 1}" for i in range(width)]
        columns: dict[str, JsonObject] = {}
        for index, name in enumerate(names[:MAX_COLUMNS]):
            cells = [row[index] if index < len(row) else "" for row in body]
            columns[_key(name, columns)] = describe_column(name, cells, decimal_comma=delimiter == ";")
        uneven = sum(1 for row in rows if len(row) != width)
        text = _tell(path, len(body), names, columns, uneven)
        return Table(rows=len(body), columns=columns, column_names=names, text=text)


def _tell(path: str, rows: int, names: list[str], columns: dict[str, JsonObject], uneven: int) -> str:
    parts = [f"{path}: {rows} rows, {len(names)} columns."]
    parts += map(tell_column, columns.values())
    if len(names) > len(columns):
        parts.append(f"[{len(names) - len(columns)} more columns not described]")
    if uneven:
        parts.append(f"{uneven} rows do not have {len(names)} values.")
    return " ".join(parts)


def _find_delimiter(lines: list[str], path: str) -> str:
    """The delimiter that cuts the first rows into the most equal columns."""
    if path.lower().endswith((".tsv", ".tab")):
        return "\t"

    def score(delimiter: str) -> tuple[int, int]:
        try:
            widths = Counter(len(row) for row in csv.reader(lines[:_SAMPLE], delimiter=delimiter) if row)
        except csv.Error:
            return 0, 0
        width, count = widths.most_common(1)[0] if widths else (1, 0)
        return (count, width) if width > 1 else (0, 0)

    return max(_DELIMITERS, key=score)


def _has_header(rows: list[list[str]]) -> bool:
    """Headings are words. A number or date among them may be one only above a column whose neighbour is no word."""
    kinds = [kind_of([cell]) for cell in rows[0]]
    if all(kind in ("text", "empty") for kind in kinds):
        return True
    below = [kind_of([row[i] for row in rows[1:_SAMPLE] if i < len(row)]) for i in range(len(kinds))]
    return any(kind == "text" and under not in ("text", "empty") for kind, under in zip(kinds, below, strict=True))


def _key(name: str, taken: dict[str, JsonObject]) -> str:
    key = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_") or f"column_{len(taken) + 1}"
    return key if key not in taken else f"{key}_{len(taken) + 1}"
