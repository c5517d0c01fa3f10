"""Help and wrong usage: quick, and in words."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.apps.conftest import Shell, clean_environ

HEAVY = ("chromadb", "langgraph", "langchain_core", "openai", "numpy")

WRONG = [
    ([], "COMMAND"),
    (["dance"], "dance"),
    (["run"], "TASK"),
    (["run", "  "], "the task is empty"),
    (["run", "x", "--model", "openai:gpt-5.1"], "neither OPENAI_API_KEY nor OPENAI_BASE_URL is set"),
    (["resume", "t", "--fast"], "usage: repertory resume"),
    (["run", "x", "--fast"], "usage: repertory run"),
    (["run", "x", "--workspace", "nowhere"], "'nowhere' is no folder"),
    (["run", "x", "--policy", "lax"], "'lax' is neither supervised, interactive, autonomous"),
    (["run", "x", "--policy", "policy.json"], "policy.json"),
    (["run", "x", "--limit", "speed=3"], "'speed=3'"),
    (["run", "x", "--limit", "steps"], "'steps'"),
    (["run", "x", "--limit", "steps=many"], "many"),
    (["run", "x", "--thread", "a/b"], "'a/b'"),
    (["answer", "t"], "no answer is given"),
    (["answer", "t", "--approve", "--reject"], "2 answers are given"),
    (["answer", "t", "--edit", "{nope"], "no JSON"),
    (["answer", "t", "--edit", "[1]"], "no JSON object"),
    (["answer", "t", "--edit", "@missing.json"], "missing.json"),
    (["answer", "t", "approve", "twice"], "twice"),
    (["answer", "t", "--all", "--id", "x", "--approve"], "not allowed with"),
    (["serve", "--host", "0.0.0.0"], "there is no token"),
    (["serve", "--host", "example.com"], "there is no token"),
    (["serve", "--token", ""], "the token is empty"),
    (["serve", "--token", "two words"], "no blanks"),
    (["serve", "--port", "70000"], "'70000'"),
    (["serve", "--step-limit", "-1"], "'-1'"),
    (["serve", "--upload-limit", "many"], "'many'"),
    (["serve", "--workspace", "nowhere"], "'nowhere' is no folder"),
    (["serve", "--agent", "dancer"], "'dancer'"),
    (["serve", "--model", "openai:gpt-5.1"], "neither OPENAI_API_KEY nor OPENAI_BASE_URL is set"),
]


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["run", "--help"], ["serve", "--help"], *(arguments for arguments, _ in WRONG)],
    ids=str,
)
def test_help_and_wrong_usage_import_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    """Neither LangGraph nor Chroma nor langchain is loaded for a word of help or of blame."""
    code = (
        "import sys\nfrom repertory.apps.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
        f"print('heavy', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=clean_environ(), capture_output=True, text=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "heavy []"


@pytest.mark.parametrize(("arguments", "word"), WRONG, ids=str)
def test_wrong_usage_ends_with_status_2_and_says_what_is_wrong(arguments: list[str], word: str, shell: Shell) -> None:
    """The message names the value; nothing is written, and there is no traceback."""
    (shell.folder / "policy.json").write_text('{"rules": [{"then": "maybe"}]}')
    ran = shell(*arguments)
    assert ran.status == 2
    assert word in ran.err
    assert "Traceback" not in ran.err
    assert not (shell.folder / "home").exists()


def test_models_that_are_unknown_are_wrong_usage(shell: Shell) -> None:
    """A name without a provider is refused before anything is planned or kept."""
    ran = shell("run", "x", "--model", "gpt-5.1")
    assert ran.status == 2
    assert "write openai:gpt-5.1" in ran.err
    assert "no runs yet" in shell("runs").out


def test_unknown_runs_are_named(shell: Shell) -> None:
    """The commands that take a run say that there is none of that name."""
    for arguments in (["show", "ghost"], ["resume", "ghost"], ["answer", "ghost", "--approve"]):
        ran = shell(*arguments)
        assert ran.status == 2
        assert "'ghost'" in ran.err


def test_the_version_is_that_of_the_package(shell: Shell) -> None:
    """As its metadata say."""
    assert shell("--version").out == f"repertory {version('repertory')}\n"


def test_help_keeps_the_names_of_keys(shell: Shell) -> None:
    """A description begins with a capital letter, and is otherwise as it was written."""
    assert "Go on with a run after a crash, an error, Ctrl-C, or where it was left." in " ".join(
        shell("resume", "--help").out.split()
    )


def test_a_model_of_the_environment_without_a_key_falls_back_with_a_notice(shell: Shell) -> None:
    """Only a model that the command line names is refused."""
    ran = shell("run", "What is 2 + 2?", "--yes", REPERTORY_MODEL="openai:gpt-5.1")
    assert ran.status == 0
    assert "offline model: 'openai:gpt-5.1' needs OPENAI_API_KEY or OPENAI_BASE_URL" in " ".join(ran.out.split())
