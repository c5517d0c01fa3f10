"""Hierarchies in Python: the file is run, and its `agent` taken."""

import sys
from pathlib import Path

import pytest

from repertory.memory.definitions.load import load_agent
from repertory.memory.definitions.problems import DefinitionError

AGENT = """\
from repertory.memory.records import Agent

def line(told):
    return "Nay."

agent = Agent(
    name="lady",
    role="Lady",
    description="a lady",
    orchestration="./lady.py:line",
    delegates=(Agent(name="a", role="A", description="d", orchestration="os:getcwd"),),
)
"""


def loading(folder: Path, text: str | bytes) -> str:
    """The problem that loading the text gives, after the file's name."""
    path = folder / "lady.py"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DefinitionError) as raised:
        load_agent(path)
    assert str(raised.value).startswith(str(path))
    return str(raised.value).removeprefix(str(path)).removeprefix(":").strip()


def test_the_agent_of_a_python_file_is_loaded(tmp_path: Path) -> None:
    """Its functions are relative to the file, below the root too; nothing is left beside it."""
    (tmp_path / "lady.py").write_text(AGENT)
    agent = load_agent(tmp_path / "lady.py")
    assert agent.orchestration == f"{tmp_path}/lady.py:line"
    assert [each.orchestration for each in agent.delegates] == ["os:getcwd"]
    assert [path.name for path in tmp_path.iterdir()] == ["lady.py"]
    assert "lady" not in sys.modules


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    """Also one that changed within the same second, and not in size."""
    (tmp_path / "lady.py").write_text(AGENT)
    assert load_agent(tmp_path / "lady.py").role == "Lady"
    (tmp_path / "lady.py").write_text(AGENT.replace("Lady", "Lord"))
    assert load_agent(tmp_path / "lady.py").role == "Lord"


def test_a_python_file_may_be_a_delegate(tmp_path: Path) -> None:
    """YAML names it as it names another YAML file."""
    (tmp_path / "lady.py").write_text(AGENT)
    (tmp_path / "play.yaml").write_text("name: play\nrole: P\ndescription: d\ndelegates: [./lady.py]\n")
    assert [each.name for each in load_agent(tmp_path / "play.yaml").delegates] == ["lady"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\n1 / 0\n", "2: raised ZeroDivisionError: division by zero"),
        ("def f():\n    raise ValueError\n\nf()\n", "2: raised ValueError"),
        ("import sys\nsys.exit(3)\n", "2: raised SystemExit: 3"),
        ("import no_such_module\n", "1: raised ModuleNotFoundError: No module named 'no_such_module'"),
        ("x = 1\nx = = 2\n", "2: is no Python: invalid syntax"),
        ("x = 1\n  y = 2\n", "2: is no Python: unexpected indent"),
        (b"# K\xf6chin\n", "1: is no UTF-8 (byte b'\\xf6'); save it as UTF-8"),
        (AGENT.replace('"lady"', '"my lady"'), "6: raised ValidationError: name: String should match pattern"),
    ],
)
def test_what_is_wrong_with_a_python_file_is_said_with_its_line(text: str | bytes, said: str, tmp_path: Path) -> None:
    """No traceback: file, line and reason; a module that failed is not left in the interpreter."""
    before = set(sys.modules)
    assert loading(tmp_path, text).startswith(said)
    assert not [name for name in set(sys.modules) - before if "lady" in name]


def test_a_file_without_an_agent_is_refused(tmp_path: Path) -> None:
    """With what to write."""
    remedy = "write `agent = Agent(name=…, role=…, description=…)` at its top level"
    assert loading(tmp_path, "") == f"agent: defines no `agent`; {remedy}"
    assert loading(tmp_path, "agent = {'a': 1}") == f"agent: `agent` is {{'a': 1}}, which is no Agent; {remedy}"


def test_an_agent_of_too_many_is_refused(tmp_path: Path) -> None:
    """As in YAML."""
    many = (
        AGENT
        + 'agent = Agent(name="x", role="r", description="d", delegates=tuple(\n'
        + ('    Agent(name=f"a{n}", role="r", description="d") for n in range(1000)))\n')
    )
    assert loading(tmp_path, many).startswith("has 1001 agents; the most is 1000")
