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
        (AGENT.replace('"lady"', '"my lady"'), "6: name: a name is a letter, then letters, digits"),
    ],
)
def test_what_is_wrong_with_a_python_file_is_said_with_its_line(text: str | bytes, said: str, tmp_path: Path) -> None:
    """No traceback: file, line and reason; a module that failed is not left in the interpreter."""
    before = set(sys.modules)
    assert loading(tmp_path, text).startswith(said)
    assert not [name for name in set(sys.modules) - before if "lady" in name]


def test_a_file_without_an_agent_is_refused(tmp_path: Path) -> None:
    """With what to write."""
    rule = "agent: a .py file must define `agent` at its top level"
    remedy = "write `agent = Agent(name=…, role=…, description=…)`"
    assert loading(tmp_path, "") == f"{rule}; {remedy}"
    assert loading(tmp_path, "agent = {'a': 1}") == f"{rule}, and it must be an Agent (got {{'a': 1}}); {remedy}"
    assert loading(tmp_path, AGENT.replace("agent =", "lady =")) == (
        f"{rule}; there is 'lady': write `agent = lady` below"
    )


FIELDS = {
    'tools="read_file"': """tools: must be a list of names: `["read_file"]` (got 'read_file')""",
    'tools=["read file"]': "tools.0: a name is a letter, then letters, digits, `_` and `-`; at most 64 (got '",
    "tools=[7]": "tools.0: must be text, in quotes (got 7)",
    'tags="court"': """tags: must be a list of words: `["court"]` (got 'court')""",
    'descripton="d"': "descripton: unknown field 'descripton'; did you mean 'description'?",
    'model="openai:x"': "model: must be `ModelSpec(name=…, temperature=…)` (got 'openai:x')",
    'model={"temprature": 1}': "model.temprature: unknown field 'temprature'; did you mean 'temperature'?",
    "model=ModelSpec(temprature=1)": "temprature: unknown field 'temprature'; did you mean 'temperature'?",
    'model=ModelSpec(temperature="hot")': "temperature: must be a number (got 'hot')",
    "model=ModelSpec(temperature=3)": "temperature: must be less than or equal to 2 (got 3)",
    'delegates=["a"]': "delegates.0: must be an `Agent(…)` (got 'a')",
    'delegates=(Agent(name="a", role="A", description="d"))': (
        "delegates: must be a list of agents: `[stylist]` (got an agent)"
    ),
    'delegates=[{"name": "a", "role": "A"}]': "delegates.0.description: is missing; add `description=…`",
    'delegates=[Agent(name="a", role="A", description="d")] * 2': (
        "agent 'lady' has two delegates named 'a'; give each its own name"
    ),
    "agents={}": "agents: is for YAML; in Python give agents a name, and put them in `delegates`",
    "orchestration=line": "orchestration: must be text without white space: `model`, `./file.py:function` or ",
    'memory="long"': "memory: must be 'none' or 'thread' (got 'long')",
    'prompt="x" * 50_001': "prompt: must have at most 50000 characters",
}
"""What stands in a definition, and what is said of it."""


@pytest.mark.parametrize(("field", "said"), FIELDS.items(), ids=FIELDS)
def test_mistakes_in_an_agent_are_said_as_they_are_of_yaml(field: str, said: str, tmp_path: Path) -> None:
    """One line, with that of the call, the field, the value and the remedy; none of a validator's words."""
    text = (
        "from repertory.graphs import Agent, ModelSpec\n\n\ndef line(told): ...\n\n\n"
        f'agent = Agent(\n    name="lady",\n    role="Lady",\n    description="a lady",\n    {field},\n)\n'
    )
    problem = loading(tmp_path, text)
    call = 11 if "ModelSpec(" in field else 7
    assert problem.startswith(f"{call}: {said}")
    assert len(problem.splitlines()) == 1


def test_all_that_is_wrong_with_an_agent_is_said_at_once(tmp_path: Path) -> None:
    """A line each."""
    (tmp_path / "lady.py").write_text('from repertory.graphs import Agent\nagent = Agent(name="my lady", role=" ")\n')
    with pytest.raises(DefinitionError) as raised:
        load_agent(tmp_path / "lady.py")
    assert [(each.line, each.field, each.text.split(";")[0]) for each in raised.value.problems] == [
        (2, "name", "a name is a letter, then letters, digits, `_` and `-`"),
        (2, "role", "is empty"),
        (2, "description", "is missing"),
    ]


def test_what_is_not_imported_or_has_no_name_is_said_with_its_remedy(tmp_path: Path) -> None:
    """The two ways in which a first definition fails before it is one."""
    assert loading(tmp_path, "agent = Agent(name='a')\n") == (
        "1: raised NameError: name 'Agent' is not defined; write `from repertory.graphs import Agent` above"
    )
    assert loading(tmp_path, "from repertory.graphs import Agent\nagent = Agent('a')\n").endswith(
        "; write each field with its name, as in `Agent(name=…, role=…, description=…)`"
    )


def test_what_other_records_raise_is_kept_as_it_is(tmp_path: Path) -> None:
    """A file may have models of its own."""
    text = "import pydantic\nclass Mine(pydantic.BaseModel):\n    tools: tuple\nMine(tools='a')\n"
    assert loading(tmp_path, text) == "4: raised ValidationError: tools: Input should be a valid tuple (got 'a')"


def test_an_agent_of_too_many_is_refused(tmp_path: Path) -> None:
    """As in YAML."""
    many = (
        AGENT
        + 'agent = Agent(name="x", role="r", description="d", delegates=tuple(\n'
        + ('    Agent(name=f"a{n}", role="r", description="d") for n in range(1000)))\n')
    )
    assert loading(tmp_path, many).startswith("has 1001 agents; the most is 1000")
