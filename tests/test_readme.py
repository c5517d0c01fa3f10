"""The README is true: its picture is the graph's, its Python runs, its make targets exist."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from repertory.apps.cli import parse
from repertory.graphs import Deps, Policy, build_planner, given_model
from repertory.memory.definitions.load import load_agent
from tests.scripted import ScriptedModel

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_picture_is_drawn_by_the_graph() -> None:
    """Whoever changes the graph gets a new picture: `make picture`."""
    drawn = build_planner(Deps(models=given_model(ScriptedModel()))).get_graph().draw_mermaid()
    assert blocks("mermaid")[0].strip() == drawn.strip()


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        (0, ()),
        (1, ("The longest line of all of them.", "42")),
        (2, ("b.txt has two words.",)),
        (3, ("10 words",)),
    ],
)
def test_the_examples_run(number: int, printed: tuple[str, ...], tmp_path: Path) -> None:
    """As they stand, in an empty folder, without a key."""
    example = blocks("python")[number]
    assert len(blocks("python")) == 4
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("OPENAI", "REPERTORY"))}
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    for words in printed:
        assert words in done.stdout


def test_the_make_targets_exist() -> None:
    """Every `make x` of the README is a target."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"[$`] ?make ([a-z]+)", README)) <= targets


def test_the_policy_example_is_a_policy() -> None:
    """It says what the text around it says."""
    policy = Policy.model_validate_json(blocks("json")[0])
    assert policy.decide(("perform", "editor_2"), "reply") == "ask"
    assert policy.decide(("perform", "x"), "tool", tool="fetch_url", risk="outside") == "deny"
    assert policy.decide(("perform", "x"), "tool", tool="read_file", risk="read") == "auto"
    assert policy.decide(("perform", "x"), "tool", tool="write_file", risk="write") == "ask"


def test_the_definition_by_file_is_one(tmp_path: Path) -> None:
    """The YAML of the README loads."""
    (tmp_path / "newsroom.yaml").write_text(blocks("yaml")[0])
    agent = load_agent(tmp_path / "newsroom.yaml")
    assert ["/".join(path) for path in agent.paths()] == ["newsroom", "newsroom/reader", "newsroom/writer"]


def test_the_commands_exist() -> None:
    """Every `$ repertory …` of the README parses, with names in the place of the capital letters."""
    lines = [line for block in blocks("console") for line in block.splitlines() if line.startswith("$ repertory ")]
    assert len(lines) > 12
    for line in lines:
        for command in line.removeprefix("$ ").partition("   ")[0].split(" && "):
            parse(shlex.split(command)[1:])
