"""The schema for editors accepts what the loader accepts, and refuses what it refuses."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from repertory.memory.definitions.shapes import NAME_PATTERN, editor_schema
from repertory.memory.records import BOOKKEEPING, Agent
from tests.memory.definitions.cases import BAD, GOOD, Bad

ROOT = Path(__file__).parents[3]
VALIDATOR: Any = jsonschema.Draft7Validator(editor_schema())


def test_the_committed_schema_is_current() -> None:
    """Whoever changes what a file may hold prints it anew: `repertory agents schema > docs/agent.schema.json`."""
    assert json.loads((ROOT / "docs" / "agent.schema.json").read_text()) == editor_schema()


def test_it_is_a_schema_that_editors_know() -> None:
    """Draft 7, valid by its own rules."""
    jsonschema.Draft7Validator.check_schema(editor_schema())
    assert editor_schema()["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_each_field_is_described() -> None:
    """An editor shows a word about each."""
    schema = editor_schema()
    for shape in (schema, *schema["$defs"].values()):
        for name, field in shape["properties"].items():
            assert field.get("description"), name


def test_files_have_the_fields_of_agents() -> None:
    """All but what the registry keeps; a new field of an agent is one of files, too, or is listed here."""
    fields = set(editor_schema()["properties"]) - {"agents"}
    assert fields == set(Agent.model_fields) - BOOKKEEPING
    assert editor_schema()["properties"]["name"]["pattern"] == NAME_PATTERN


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_it_accepts_good_files(text: str) -> None:
    """No red line under what is right."""
    VALIDATOR.validate(yaml.safe_load(text))


@pytest.mark.parametrize(
    "path", [path for path in sorted(ROOT.glob("examples/**/*.yaml")) if "\nrole:" in path.read_text()], ids=str
)
def test_it_accepts_the_examples(path: Path) -> None:
    """Those that define agents."""
    VALIDATOR.validate(yaml.safe_load(path.read_text()))


@pytest.mark.parametrize("bad", [bad for bad in BAD.values() if bad.seen != "yaml"], ids=lambda bad: bad.words)
def test_it_refuses_bad_files(bad: Bad) -> None:
    """All that can be said of a file by itself; that names lead nowhere, only loading sees."""
    assert VALIDATOR.is_valid(yaml.safe_load(bad.text)) is (bad.seen == "loading")
