"""The README is true: its picture is the graph's, its Python runs, its make targets exist."""

import os
import re
import subprocess
import sys
from pathlib import Path

from repertory.graphs import Deps, Policy, build_planner, given_model
from tests.scripted import ScriptedModel

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_picture_is_drawn_by_the_graph() -> None:
    """Whoever changes the graph gets a new picture: `make picture`."""
    drawn = build_planner(Deps(models=given_model(ScriptedModel()))).get_graph().draw_mermaid()
    assert blocks("mermaid")[0].strip() == drawn.strip()


def test_the_embedding_example_runs(tmp_path: Path) -> None:
    """As it stands, in an empty folder, without a key."""
    [example] = blocks("python")
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("OPENAI", "REPERTORY"))}
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "The longest line of all of them." in done.stdout
    assert "42" in done.stdout


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
