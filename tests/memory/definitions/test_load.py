"""Hierarchies from files: what is good is read as it was meant, what is wrong is reported with its place."""

from pathlib import Path

import pytest
import yaml

from repertory.memory.definitions.load import load_agent, load_definition
from repertory.memory.definitions.problems import DefinitionError
from repertory.memory.errors import InputError
from repertory.memory.records import Agent, ModelSpec
from tests.memory.definitions.cases import BAD, GOOD, HEAD, Bad

EXAMPLES = sorted(Path(__file__).parents[3].glob("examples/personas/*.*"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a stylist, and with a function that answers."""
    (tmp_path / "stylist.yaml").write_text("name: stylist\nrole: Stylist\ndescription: styles\n")
    (tmp_path / "dialogue.py").write_text("def line(told):\n    return 'Nay.'\n")
    return tmp_path


def written(folder: Path, text: str, name: str = "lady.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problem(path: Path | str) -> str:
    with pytest.raises(DefinitionError) as raised:
        load_agent(path)
    return str(raised.value)


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_good_files_define_an_agent(text: str, folder: Path) -> None:
    """Each gives the lady, with the fields that the file has and no others."""
    agent = load_agent(written(folder, text))
    assert agent.model_fields_set >= {"name", "role", "description"}
    assert (agent.name, agent.role, agent.version, agent.status) == ("lady", "Lady", 1, "active")


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_each_mistake_is_reported_with_file_line_and_field(bad: Bad, folder: Path) -> None:
    """The file is called as the caller called it; the message names the value and the remedy."""
    path = written(folder, bad.text)
    with pytest.raises(DefinitionError) as raised:
        load_agent(path)
    first = raised.value.problems[0]
    assert first.file == str(path)
    assert bad.words in first.text
    if bad.line is None:
        assert first.field.startswith(bad.field)
        return
    assert (first.line, first.field) == (bad.line, bad.field)
    field = f"{bad.field}: " if bad.field else ""
    assert str(raised.value).splitlines()[0].startswith(f"{path}:{bad.line}: {field}")


@pytest.mark.parametrize("name", [name for name, bad in BAD.items() if bad.seen == "yaml"])
def test_what_is_no_yaml_is_said_in_plain_words(name: str, folder: Path) -> None:
    """None of a parser's words, whatever the mistake; one that there are no words for keeps its, with a remedy."""
    said = problem(written(folder, BAD[name].text))
    parser = ("while ", "<", "mapping", "scalar", "token", "simple key", "flow", "stream")
    assert name in ("a mark twice in a value", "a merge") or not [word for word in parser if word in said]


def test_all_that_is_wrong_is_said_at_once_in_the_order_of_the_file(folder: Path) -> None:
    """Not one mistake a try."""
    path = written(folder, "name: my lady\nrole: 7\nmemory: long\ndelegates:\n  - {name: a, role: A}\n")
    with pytest.raises(DefinitionError) as raised:
        load_agent(path)
    found = [(each.line, each.field) for each in raised.value.problems]
    assert found == [
        (1, "description"),
        (1, "name"),
        (2, "role"),
        (3, "memory"),
        (5, "delegates.0.description"),
    ]
    wrong = written(folder, HEAD + "delegates: [a, ./gone.yaml, b]\norchestration: ./gone.py:line\n")
    assert [line.split(": ")[1] for line in problem(wrong).splitlines()] == [
        "delegates.0",
        "delegates.1",
        "delegates.2",
        "orchestration",
    ]


def test_a_whole_hierarchy_is_read(folder: Path) -> None:
    """In place, by name at two places, and from another file; models, prompts and functions where they belong."""
    agent = load_agent(
        written(
            folder,
            HEAD
            + """\
prompt: |

  You are the lady.

    Speak.
model: openai:gpt-5.1
memory: thread
orchestration: ./dialogue.py:line
tags: [court, stage]
delegates:
  - name: answerer
    role: Answerer
    description: answers
    model: {temperature: 0.8}
    tools: [read_file]
    delegates: [checker]
  - checker
  - ./stylist.yaml
agents:
  checker: {role: Checker, description: checks}
""",
        )
    )
    checker = Agent(name="checker", role="Checker", description="checks")
    assert agent == Agent(
        name="lady",
        role="Lady",
        description="a lady",
        prompt="You are the lady.\n\n  Speak.",
        model=ModelSpec(name="openai:gpt-5.1"),
        memory="thread",
        orchestration=f"{folder}/dialogue.py:line",
        tags=("court", "stage"),
        delegates=(
            Agent(
                name="answerer",
                role="Answerer",
                description="answers",
                model=ModelSpec(temperature=0.8),
                tools=("read_file",),
                delegates=(checker,),
            ),
            checker,
            Agent(name="stylist", role="Stylist", description="styles"),
        ),
    )


def test_what_is_loaded_and_written_again_is_the_same(folder: Path) -> None:
    """The fields of an agent are those of a file: a dump of one, without the registry's fields, is the other."""
    for example in [*EXAMPLES, *(written(folder, text, f"{n}.yaml") for n, text in enumerate(GOOD.values()))]:
        agent = load_agent(example)
        again = load_agent(written(folder, yaml.safe_dump(agent.content()), "again.yaml"))
        assert again == agent


def test_agents_that_nobody_delegates_to_are_checked_all_the_same(folder: Path) -> None:
    """A mistake under `agents` is found before the agent is used."""
    path = written(folder, HEAD + "agents:\n  a:\n    role: A\n    description: d\n    delegates: [b]\n")
    assert problem(path).startswith(f"{path}:8: agents.a.delegates.0: there is no 'b'")


def test_files_are_relative_to_the_file_that_names_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also from a file in another folder; messages lead there from where the caller is."""
    (folder / "cast").mkdir()
    written(folder, HEAD + "delegates: [cast/boss.yml]\n", "play.yaml")
    boss = "name: boss\nrole: Boss\ndescription: d\ndelegates: [../stylist.yaml]\norchestration: ../dialogue.py:line\n"
    written(folder, boss, "cast/boss.yml")
    monkeypatch.chdir(folder)
    [loaded] = load_agent("play.yaml").delegates
    assert (loaded.delegates[0].name, loaded.orchestration) == ("stylist", f"{folder}/dialogue.py:line")
    written(folder, "name: stylist\nrole: 4\n", "stylist.yaml")
    assert problem("play.yaml").splitlines() == [
        "cast/../stylist.yaml:1: description: is missing; add `description: …`",
        "cast/../stylist.yaml:2: role: must be text; put it in quotes (got 4)",
    ]


def test_circles_of_files_are_refused_where_they_close(folder: Path) -> None:
    """The file that closes the circle is named, with the way round."""
    written(folder, HEAD + "delegates: [b.yaml]\n", "a.yaml")
    written(folder, HEAD + "delegates:\n  - ./a.yaml\n", "b.yaml")
    assert problem(folder / "a.yaml") == (
        f"{folder}/b.yaml:5: delegates.0: the files name each other in a circle: a.yaml -> b.yaml -> a.yaml; take one "
        "out"
    )


def test_one_file_may_be_named_from_two_places(folder: Path) -> None:
    """Only circles are refused."""
    path = written(
        folder,
        HEAD + "delegates: [./stylist.yaml, a]\nagents:\n  a: {role: A, description: d, delegates: [stylist.yaml]}\n",
    )
    assert [[below.name for below in each.delegates] for each in load_agent(path).delegates] == [[], ["stylist"]]


def test_files_that_cannot_be_read_are_named(folder: Path) -> None:
    """A missing file, a folder, no UTF-8 with its line, and a kind that is not read."""
    assert problem(folder / "gone.yaml") == f"{folder}/gone.yaml: there is no such file"
    assert problem(folder / "gone.py") == f"{folder}/gone.py: there is no such file"
    (folder / "x.yaml").mkdir()
    assert "cannot be read" in problem(folder / "x.yaml")
    assert problem(folder / "lady.json") == (f"{folder}/lady.json: a hierarchy is defined in a .yaml, .yml or .py file")
    (folder / "latin.yaml").write_bytes("name: lady\nrole: Köchin\n".encode("latin-1"))
    assert problem(folder / "latin.yaml") == f"{folder}/latin.yaml:2: is no UTF-8 (byte b'\\xf6'); save it as UTF-8"


def test_a_byte_order_mark_is_no_mistake(folder: Path) -> None:
    """Some editors write one."""
    (folder / "lady.yaml").write_bytes(b"\xef\xbb\xbf" + HEAD.encode())
    assert load_agent(folder / "lady.yaml").name == "lady"


def test_the_names_of_functions_have_no_white_space(tmp_path: Path) -> None:
    """An agent keeps none in them, and folders may have some."""
    folder = tmp_path / "my 100% plays"
    folder.mkdir()
    (folder / "dialogue.py").write_text("")
    agent = load_agent(written(folder, HEAD + "orchestration: ./dialogue.py:line\n"))
    assert agent.orchestration == f"{tmp_path}/my%20100%25%20plays/dialogue.py:line"


def test_later_checks_find_the_places_of_fields(folder: Path) -> None:
    """A definition leads from each agent to its lines, through names and files."""
    written(folder, "name: stylist\nrole: S\ndescription: s\ntools:\n  - a\n  - b\n", "stylist.yaml")
    text = "delegates: [one, ./stylist.yaml]\nagents:\n  one:\n    role: A\n    description: d\n    tools: [c]\n"
    path = written(folder, HEAD + text)
    root, one, stylist = load_definition(path).walk()
    assert (root.size, root.depth) == (3, 2)
    assert str(one.problem(("tools", 0), "no")) == f"{path}:9: agents.one.tools.0: no"
    assert str(stylist.problem(("tools", 1), "no")) == f"{folder}/stylist.yaml:6: tools.1: no"


def test_mistakes_in_files_are_the_callers() -> None:
    """So that every program that handles these handles them."""
    assert issubclass(DefinitionError, InputError)
