"""Tasks that change code: what is planned for them, and that it is done, with the tests where they are asked for."""

import re
from pathlib import Path

import pytest

from repertory.nodes.context import Limits
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.offline import OfflineModel
from repertory.nodes.offline.coding.planned import says_the_same
from repertory.nodes.planner.plan import to_plan
from repertory.nodes.prompts import GAVE_UP
from repertory.nodes.tools.builtin import builtin_toolbox
from tests.nodes.offline.playing import Agent, perform, plan_for, shape

CODING = ["search_files", "read_file", "edit_file"]
CODE_TASKS = {
    "Rename area to surface in shapes.py": [("s1", [], "Coder", CODING)],
    "Change the constant LIMIT in config.py to 5": [("s1", [], "Coder", CODING)],
    "Round the result of area to 2 digits in shapes.py": [("s1", [], "Coder", CODING)],
    "Rename area to surface in shapes.py and run the tests": [("s1", [], "Coder", [*CODING, "run_tests"])],
    "Make scale raise a ValueError when factor is negative, and make sure the tests pass": [
        ("s1", [], "Coder", [*CODING, "run_tests"])
    ],
    "Rename area to surface in shapes.py so that the tests still pass": [("s1", [], "Coder", [*CODING, "run_tests"])],
    "Change the constant RATE to 0.2 in tax.py and rename net to after_tax, then run the tests": [
        ("s1", [], "Coder", [*CODING, "run_tests"])
    ],
    "Run the tests and summarize the failures": [
        ("s1", [], "run_tests", {}),
        ("s2", ["s1"], "Summarizer", []),
    ],
    "Rename area to surface in shapes.py, run the tests and summarize the failures": [
        ("s1", [], "Coder", [*CODING, "run_tests"]),
        ("s2", ["s1"], "Summarizer", []),
    ],
    "Describe sales.csv, rename area to surface in shapes.py, then describe what you changed": [
        ("s1", [], "describe_table", {"path": "sales.csv"}),
        ("s2", [], "Coder", CODING),
        ("s3", ["s2"], "Describer", []),
    ],
    "Rename area to surface in shapes.py, count the words in shapes.py and review shapes.py": [
        ("s1", [], "Coder", CODING),
        ("s2", ["s1"], "text_statistics", {"path": "shapes.py"}),
        ("s3", ["s2", "s1"], "Reviewer", []),
    ],
    "Read shapes.py and rename area to surface in it": [
        ("s1", [], "read_file", {"path": "shapes.py"}),
        ("s2", ["s1"], "Coder", CODING),
    ],
    "Run the tests, then rename area to surface in shapes.py": [
        ("s1", [], "run_tests", {}),
        ("s2", ["s1"], "Coder", CODING),
    ],
    "Rename notes.md to minutes.md": [("s1", [], "Generalist", ["read_file"])],
    "Rename total to amount in sales.csv": [("s1", [], "describe_table", {"path": "sales.csv"})],
    "Write a report about the tests of Monday": [("s1", [], "Writer", [])],
}
"""A change of code is one agent's, with the tools for it; what comes after it sees the code as it is then."""


@pytest.mark.parametrize(("task", "expected"), CODE_TASKS.items(), ids=list(CODE_TASKS))
def test_a_change_of_code_becomes_a_step(task: str, expected: list[tuple]) -> None:
    """It gets an agent that can edit, and test where that is asked for; what is no code is planned as before."""
    assert shape(plan_for(task)) == expected


def test_without_tools_that_edit_nothing_is_planned_that_edits() -> None:
    """Where the catalogue cannot change files, or a tool of the user's does what is asked, no coder is planned."""

    def rename_user(old: str, new: str) -> str:
        """Rename a user of the shop."""
        return old + new

    reading = builtin_toolbox("unused").only(["read_file", "search_files"])
    assert [step[2] for step in shape(plan_for("Rename area to surface in shapes.py", reading))] != ["Coder"]
    tools = builtin_toolbox("unused")
    tools.add(rename_user, risk="write")
    assert "Coder" not in [step[2] for step in shape(plan_for("Rename the user 'bob' to 'robert'", tools))]


@pytest.mark.parametrize("task", CODE_TASKS)
def test_plans_for_code_pass_the_checks(task: str) -> None:
    """As all plans of the offline model do."""
    deps = Deps(models=given_model(OfflineModel()), toolbox=builtin_toolbox("unused"))
    draft = plan_for(task)
    assert len(to_plan(draft, deps, Limits()).steps) == len(draft.steps)


SHAPES = """LIMIT = 3


def area(width, height):
    return width * height


def double(width, height):
    return 2 * area(width, height)
"""
CHECKS = """from shapes import area, double


def test_area():
    assert area(2, 3) == 6


def test_double():
    assert double(2, 3) == {double}
"""


@pytest.fixture
def code(tmp_path: Path) -> Path:
    (tmp_path / "shapes.py").write_text(SHAPES)
    (tmp_path / "test_shapes.py").write_text(CHECKS.format(double=12))
    return tmp_path


async def test_a_planned_change_is_made(code: Path) -> None:
    """The file is really edited, everywhere, and the answer shows how; tests, not asked for, stay as they are."""
    results, report = await perform("Rename area to surface in shapes.py", code)
    assert {result.status for result in results.values()} == {"done"}
    assert (code / "shapes.py").read_text() == SHAPES.replace("area", "surface")
    assert (code / "test_shapes.py").read_text() == CHECKS.format(double=12)
    assert "+def surface(width, height):" in report


async def test_tests_that_have_to_pass_are_repaired(code: Path) -> None:
    """A test that fails for the new name gets it, and the tests run again."""
    _, report = await perform("Rename area to surface in shapes.py and make sure the tests pass", code)
    for name, text in (("shapes.py", SHAPES), ("test_shapes.py", CHECKS.format(double=12))):
        assert (code / name).read_text() == re.sub(r"\barea\b", "surface", text)
    assert "Tests: 2 passed, 0 failed" in report
    assert not report.startswith(GAVE_UP)


@pytest.mark.parametrize(("asked", "gives_up"), [("run the tests", False), ("make sure the tests pass", True)])
async def test_tests_that_fail_for_another_reason(code: Path, asked: str, gives_up: bool) -> None:
    """The change is made and the failure told; it is given up only where the tests had to pass."""
    (code / "test_shapes.py").write_text(CHECKS.format(double=13))
    results, _ = await perform(f"Change the constant LIMIT in shapes.py to 5 and {asked}", code)
    assert (code / "shapes.py").read_text() == SHAPES.replace("LIMIT = 3", "LIMIT = 5")
    [result] = results.values()
    assert "+LIMIT = 5" in result.output
    assert "1 passed, 1 failed" in result.output
    assert result.output.startswith(GAVE_UP) == gives_up


async def test_failures_are_summarized(code: Path) -> None:
    """The summary is of what the tests said, whether or not a change came before them."""
    (code / "test_shapes.py").write_text(CHECKS.format(double=13))
    for change in ("", "Rename LIMIT to MOST in shapes.py, "):
        results, _ = await perform(f"{change}run the tests and summarize the failures", code)
        assert "1 passed, 1 failed" in results["s2"].output


async def test_words_about_a_tested_change(code: Path) -> None:
    """Another name is given to what was renamed, in the tests as well, and they run again; as often as is said."""
    tools = builtin_toolbox(code)
    draft = plan_for("Rename area to surface in shapes.py and make sure the tests pass", tools).steps[0]
    agent = Agent(draft.instruction, tools.only(draft.tools))
    await agent.work()
    for name in ("extent", "size"):
        reply = await agent.hear(f"Call it {name}")
        assert (code / "shapes.py").read_text() == SHAPES.replace("area", name)
        assert f"assert {name}(2, 3) == 6" in (code / "test_shapes.py").read_text()
        assert "Tests: 2 passed, 0 failed" in reply
        assert agent.calls[-1] == ("run_tests", {})


async def test_tests_that_may_not_run(code: Path) -> None:
    """What was changed is told, and that it was not tested."""
    tools = builtin_toolbox(code)
    draft = plan_for("Rename area to surface in shapes.py and run the tests", tools).steps[0]
    reply = await Agent(draft.instruction, tools.only(draft.tools)).work(refuse="run_tests")
    assert "+def surface(width, height):" in reply
    assert "The tests were not run: the user said no" in reply


KNOWN_TASK = "Rename area to surface in shapes.py"


@pytest.mark.parametrize(("one", "other", "same"), [
    (KNOWN_TASK, "Rename width to breadth in shapes.py", False),
    (KNOWN_TASK, f"{KNOWN_TASK} and run the tests", False),
    (KNOWN_TASK, f"Please {KNOWN_TASK}.", True),
    ("Summarize a.md", "Summarize b.md and run the tests", True),
])  # fmt: skip
def test_which_changes_are_the_same(one: str, other: str, same: bool) -> None:
    """A known plan is adapted to a task only where the change that it makes then is the one that is asked for."""
    assert says_the_same(one, other) == same
