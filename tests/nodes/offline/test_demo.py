"""The demo's task on the demo's files."""

import shutil
from pathlib import Path

import pytest

from tests.nodes.offline.playing import perform

WORKSPACE = Path(__file__).parents[3] / "examples" / "workspace"
TASK = (
    "Describe sales.csv and costs.csv, summarize minutes.md, list the open questions and risks in plan.md, "
    "recommend which product to drop and why, and save the recommendation as advice.md"
)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return Path(shutil.copytree(WORKSPACE, tmp_path / "workspace"))


async def test_the_demo_gives_a_true_and_readable_answer(workspace: Path) -> None:
    """All steps succeed; the recommendation rests on figures worked out of both tables, and is in the file it names."""
    results, report = await perform(TASK, workspace)
    assert {result.status for result in results.values()} == {"done"}
    assert len(results) == 6
    assert report.startswith("**Recommendation: drop Cold Brew.**")
    for table, column in (("sales.csv", "revenue"), ("costs.csv", "amount")):
        assert f"{_total(workspace / table, column):,.2f} in all" in report
    margin = _total(workspace / "sales.csv", "revenue", "Cold Brew") - _total(
        workspace / "costs.csv", "amount", "Cold Brew"
    )
    assert f"{margin:,.2f}".removesuffix(".00") in report
    assert (workspace / "advice.md").read_text() in report
    assert "Written: advice.md." in report


def _total(path: Path, column: str, product: str = "") -> float:
    header, *rows = [line.split(",") for line in path.read_text().splitlines()]
    chosen = [row for row in rows if product in row or not product]
    return round(sum(float(row[header.index(column)]) for row in chosen), 2)
