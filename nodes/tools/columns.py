"""A column of a table: what kind of values it has, and what they amount to."""

import math
import re
import statistics
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal

from repertory.memory.records import JsonObject

Kind = Literal["integer", "number", "date", "boolean", "text", "empty"]

_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-"})
_BOOLEANS = frozenset({"true", "false", "yes", "no"})
_TOP = 5
_MAX_VALUE = 80
# A leading zero marks a code (a postcode, an article number), which nobody wants summed up.
_INTEGER = re.compile(r"[+-]?(?:0|[1-9]\d{0,17}|[1-9]\d{0,2}(?:,\d{3}){1,5})")
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9]\d*|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")


def describe_column(name: str, cells: Sequence[str], *, decimal_comma: bool = False) -> JsonObject:
    """Type and figures of a column.

    Args:
        name: its heading.
        cells: its values as they stand in the file.
        decimal_comma: whether a comma separates decimals and a dot thousands.

    Returns:
        `name`, `type`, `missing`, `distinct`; for numbers `min`, `max`, `mean`, `median`, `sum`; for dates `min`
        and `max`; for text and booleans `top`, the most frequent values with their counts.
    """
    present = [cell.strip() for cell in cells if cell.strip().lower() not in _MISSING]
    numerals = [_with_decimal_point(cell) for cell in present] if decimal_comma else present
    kind = _kind(present, numerals)
    column: JsonObject = {
        "name": name,
        "type": kind,
        "missing": len(cells) - len(present),
        "distinct": len(set(present)),
    }
    if kind in ("integer", "number"):
        column |= _figures([_number(cell, kind) for cell in numerals])
    elif kind == "date":
        dates = sorted(present, key=lambda cell: datetime.fromisoformat(cell).replace(tzinfo=None))
        column |= {"min": dates[0], "max": dates[-1]}
    elif kind != "empty":
        top = Counter(present).most_common(_TOP)
        column["top"] = [{"value": value[:_MAX_VALUE], "count": count} for value, count in top]
    return column


def kind_of(cells: Sequence[str]) -> Kind:
    """Type of the values that are there."""
    present = [cell.strip() for cell in cells if cell.strip().lower() not in _MISSING]
    return _kind(present, present)


def tell_column(column: JsonObject) -> str:
    """A column in one sentence: `amount: number, min 3, max 90, mean 41.2`."""
    parts = [f"{column['name']}: {column['type']}"]
    parts += [f"{key} {column[key]}" for key in ("min", "max", "mean", "median", "sum") if key in column]
    if "top" in column:
        common = [f"{item['value']} ({item['count']})" for item in column["top"]]
        repeated = column["top"][0]["count"] > 1
        parts.append(
            f"{column['distinct']} different values" + (f", most often {', '.join(common)}" if repeated else "")
        )
    if column["missing"]:
        parts.append(f"{column['missing']} missing")
    return ", ".join(parts) + "."


def _kind(present: list[str], numerals: list[str]) -> Kind:
    if not present:
        return "empty"
    if all(map(_INTEGER.fullmatch, numerals)):
        return "integer"
    if all(_NUMBER.fullmatch(cell) and math.isfinite(float(cell.replace(",", ""))) for cell in numerals):
        return "number"
    if all(map(_is_date, present)):
        return "date"
    return "boolean" if all(cell.lower() in _BOOLEANS for cell in present) else "text"


def _is_date(cell: str) -> bool:
    try:
        date.fromisoformat(cell[:10])
        datetime.fromisoformat(cell)
    except ValueError:
        return False
    return "-" in cell


def _with_decimal_point(cell: str) -> str:
    return cell.translate(str.maketrans(",.", ".,"))


def _number(cell: str, kind: Kind) -> int | float:
    plain = cell.replace(",", "")
    return int(plain) if kind == "integer" else float(plain)


def _figures(values: list[Any]) -> JsonObject:
    total = sum(values) if isinstance(values[0], int) else math.fsum(values)
    return {
        "min": min(values),
        "max": max(values),
        "mean": _tidy(statistics.fmean(values)),
        "median": _tidy(statistics.median(values)),
        "sum": _tidy(total),
    }


def _tidy(value: int | float) -> int | float:
    """Without the last digits, in which binary fractions differ from what was written."""
    return value if isinstance(value, int) else float(f"{value:.12g}")
