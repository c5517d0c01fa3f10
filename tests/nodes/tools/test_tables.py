"""Tables: delimiters, headings, types, figures."""

from pathlib import Path

import pytest

from repertory.memory.errors import ToolError
from repertory.nodes.tools.columns import describe_column
from repertory.nodes.tools.tables import MAX_COLUMNS, Table, TableTools
from repertory.nodes.tools.workspace import Workspace


def describe(folder: Path, content: str, name: str = "t.csv") -> Table:
    (folder / name).write_text(content)
    return TableTools(Workspace(folder)).describe_table(name)


def test_a_sales_table(tmp_path: Path) -> None:
    """Rows, types and figures are right, columns can be referred to, and the text says it all in words."""
    table = describe(
        tmp_path,
        "region,Unit Price,sold,day,code\n"
        'north,"1,200.50",3,2024-01-02,00123\n'
        "south,0.1,7,2024-03-01,00124\n"
        "north,0.2,,2024-02-01,00125\n",
    )
    assert (table["rows"], table["column_names"]) == (3, ["region", "Unit Price", "sold", "day", "code"])
    columns = table["columns"]
    assert columns["Unit_Price"] == {
        "name": "Unit Price",
        "type": "number",
        "missing": 0,
        "distinct": 3,
        "min": 0.1,
        "max": 1200.5,
        "mean": 400.266666667,
        "median": 0.2,
        "sum": 1200.8,
    }
    assert (columns["sold"]["type"], columns["sold"]["sum"], columns["sold"]["missing"]) == ("integer", 10, 1)
    assert (columns["day"]["type"], columns["day"]["min"], columns["day"]["max"]) == (
        "date",
        "2024-01-02",
        "2024-03-01",
    )
    assert columns["region"]["top"] == [{"value": "north", "count": 2}, {"value": "south", "count": 1}]
    assert columns["code"]["type"] == "text"
    assert table["text"] == (
        "t.csv: 3 rows, 5 columns. region: text, 2 different values, most often north (2), south (1). "
        "Unit Price: number, min 0.1, max 1200.5, mean 400.266666667, median 0.2, sum 1200.8. "
        "sold: integer, min 3, max 7, mean 5.0, median 5.0, sum 10, 1 missing. "
        "day: date, min 2024-01-02, max 2024-03-01. code: text, 3 different values."
    )


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("a;b\n1,5;x, y\n2,5;z\n", "t.csv"),
        ("a\tb\n1.5\tx, y\n2.5\tz\n", "t.csv"),
        ("a\tb\n1.5\tx\n2.5\tz\n", "t.tsv"),
        ("a|b\n1.5|x, y\n2.5|z\n", "t.csv"),
        ('a,b\n1.5,"x; y;\nand more"\n2.5,z\n', "t.csv"),
        ("\ufeffa,b\n1.5,x\n2.5,z\n", "t.csv"),
    ],
)
def test_delimiters(tmp_path: Path, content: str, name: str) -> None:
    """The delimiter is found; with semicolons a comma is the decimal point; quoted line breaks hold."""
    table = describe(tmp_path, content, name)
    assert (table["rows"], table["column_names"], table["columns"]["a"]["sum"]) == (2, ["a", "b"], 4.0)


@pytest.mark.parametrize(
    ("content", "names", "rows"),
    [
        ("1,2\n3,4\n", ["column_1", "column_2"], 2),
        ("region,2023,2024\nnorth,5,6\n", ["column_1", "column_2", "column_3"], 2),
        ("id,2023\n1,5\n2,6\n", ["id", "2023"], 2),
        ("name,city\nAnn,Rome\n", ["name", "city"], 1),
        ("a,,a\n1,2,3\n", ["a", "column_2", "a"], 1),
        ("word\ntea\n", ["word"], 1),
        ("a,b\n", ["a", "b"], 0),
    ],
)
def test_headings(tmp_path: Path, content: str, names: list[str], rows: int) -> None:
    """Words above are headings; a first row that might as well be data is data, and columns are numbered."""
    table = describe(tmp_path, content)
    assert (table["column_names"], table["rows"], len(table["columns"])) == (names, rows, len(names))


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "-2", "+3", "1,000"], "integer"),
        (["1", "2.5", ".5", "1e3", ""], "number"),
        (["1e999"], "text"),
        (["9" * 30], "number"),
        (["007", "1"], "text"),
        (["1,00"], "text"),
        (["2024-02-30"], "text"),
        (["2024-02-28", "2024-02-28T10:00:00", "2024-02-28 10:00:00+02:00"], "date"),
        (["yes", "No"], "boolean"),
        (["", "NA", "null"], "empty"),
        ([], "empty"),
        (["nan", "inf"], "text"),
    ],
)
def test_types(cells: list[str], kind: str) -> None:
    """A column has the narrowest type that all its values have; codes with leading zeros stay text."""
    assert describe_column("c", cells)["type"] == kind


def test_uneven_rows_and_wide_tables_are_told(tmp_path: Path) -> None:
    """What does not fit is said, not hidden."""
    assert "1 rows do not have 2 values." in describe(tmp_path, "a,b\n1,2\n3\n4,5\n")["text"]
    wide = describe(tmp_path, ",".join(f"c{i}" for i in range(MAX_COLUMNS + 5)) + "\n")
    assert len(wide["columns"]) == MAX_COLUMNS
    assert "[5 more columns not described]" in wide["text"]


def test_no_table(tmp_path: Path) -> None:
    """An empty file, and a cell beyond what the csv module takes, are errors that name the file."""
    for content in ("", "\n , \n", "a,b\n" + "x" * 200_000 + ",1\n"):
        with pytest.raises(ToolError, match=r"t\.csv"):
            describe(tmp_path, content)
