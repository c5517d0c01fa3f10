"""The built-in toolbox as a whole, through the same door as any step: `Tool.run`."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from repertory.memory.errors import ToolArgumentsError
from repertory.memory.references import resolve
from repertory.nodes.tools.builtin import builtin_toolbox


def test_risks_and_trust(tmp_path: Path) -> None:
    """Writing and running code writes, fetching reaches outside; words from files or pages are not trusted."""
    box = builtin_toolbox(tmp_path)
    assert {tool.name: tool.risk for tool in box if tool.risk != "read"} == {
        "write_file": "write",
        "edit_file": "write",
        "run_tests": "write",
        "fetch_url": "outside",
    }
    assert [tool.name for tool in box if tool.trusted] == ["calculate", "current_time", "edit_file", "write_file"]


def test_they_are_small_in_prompts(tmp_path: Path) -> None:
    """One line of description each, valid schemas, and all twelve together under 1,200 tokens' worth of text."""
    box = builtin_toolbox(tmp_path)
    assert len(box) == 12
    for tool in box:
        Draft202012Validator.check_schema(tool.parameters)
        assert "\n" not in tool.description
        assert len(tool.description) <= 110
    assert len(json.dumps([tool.openai for tool in box])) < 4_800
    assert box["read_file"].signature == "read_file(path: string, offset?: integer, limit?: integer)"


async def test_results_have_the_fields_they_announce(tmp_path: Path) -> None:
    """What a plan refers to is there: announced fields and returned fields are the same for every tool."""
    box = builtin_toolbox(tmp_path)
    calls = {
        "write_file": {"path": "a.csv", "content": "item,price\ntea,2.5\ncake,4\n"},
        "list_files": {},
        "read_file": {"path": "a.csv"},
        "search_files": {"query": "tea"},
        "text_statistics": {"path": "a.csv"},
        "summarize_text": {"path": "a.csv"},
        "describe_table": {"path": "a.csv"},
        "calculate": {"expression": "1 + 1"},
        "current_time": {},
        "edit_file": {"path": "a.csv", "old": "tea", "new": "coffee"},
        "run_tests": {},
    }
    (tmp_path / "test_a.py").write_text("import unittest\n\nclass T(unittest.TestCase):\n    def test_a(self): pass\n")
    for name, arguments in calls.items():
        outcome = await box[name].run(arguments)
        assert set(outcome.data) == set(box[name].fields)
        assert outcome.text == outcome.data["text"]
        assert bool(outcome.artifacts) == (name in ("write_file", "edit_file"))


async def test_a_result_feeds_the_next_tool(tmp_path: Path) -> None:
    """A number from a table goes into a calculation and from there, as a number, into a file."""
    box = builtin_toolbox(tmp_path)
    await box["write_file"].run({"path": "a.csv", "content": "item,Unit Price\ntea,2.5\ncake,4\n"})
    results = {"table": (await box["describe_table"].run({"path": "a.csv"})).data}
    expression = resolve("{{table.columns.Unit_Price.sum}} * 2", results)
    results["sum"] = (await box["calculate"].run({"expression": expression})).data
    written = await box["write_file"].run(resolve({"path": "sum.txt", "content": "{{sum.value}}"}, results))
    assert (tmp_path / "sum.txt").read_text() == "13"
    assert written.artifacts[0].path == "sum.txt"


async def test_arguments_out_of_bounds_are_refused(tmp_path: Path) -> None:
    """Bounds on numbers are part of the schema, and held."""
    box = builtin_toolbox(tmp_path)
    for name, arguments in (
        ("read_file", {"path": "a", "offset": -1}),
        ("read_file", {"path": "a", "limit": 0}),
        ("summarize_text", {"path": "a", "sentences": 21}),
        ("search_files", {"query": ""}),
    ):
        with pytest.raises(ToolArgumentsError, match=name):
            await box[name].run(arguments)
