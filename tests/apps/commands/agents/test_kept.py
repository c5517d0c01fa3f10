"""`repertory agents`: files become agents of a home, which runs then cast."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from repertory.memory.definitions.load import load_agent
from repertory.memory.definitions.shapes import editor_schema
from tests.apps.company import Company
from tests.apps.conftest import Ran, Serve, Shell, clean_environ
from tests.apps.test_cli import HEAVY
from tests.openai_answers import Answer
from tests.playing import agent_step, plan_of

EXAMPLES = Path(__file__).parents[4] / "examples" / "personas"
LADY = "name: lady\nrole: Lady\ndescription: a lady\n"


@pytest.fixture
def lady(shell: Shell) -> Path:
    """A file with one agent."""
    path = shell.folder / "lady.yaml"
    path.write_text(LADY)
    return path


def changes(ran: Ran) -> list[tuple[str, str, int, str]]:
    assert ran.status == 0, ran.err
    return [(event["change"], event["name"], event["version"], event["status"]) for event in ran.events]


def test_adding_a_file_keeps_its_agent_and_a_changed_one_is_the_next_version(shell: Shell, lady: Path) -> None:
    """An unchanged one says so, whatever else there is in its file."""
    assert changes(shell("agents", "add", "lady.yaml", "--json")) == [("added", "lady", 1, "active")]
    lady.write_text("# the same\n" + LADY)
    assert changes(shell("agents", "add", "lady.yaml", "--json")) == [("unchanged", "lady", 1, "active")]
    lady.write_text(LADY + "delegates: [a]\nagents:\n  a: {role: A, description: is a}\n")
    assert changes(shell("agents", "add", "lady.yaml", "--json")) == [("changed", "lady", 2, "active")]
    first, second = (shell("agents", "show", "lady", *more, "--json").result for more in (("--version", "1"), ()))
    assert (first["delegates"], [each["name"] for each in second["delegates"]]) == ([], ["a"])
    shown = shell("agents", "add", "lady.yaml")
    assert shown.out == "unchanged lady, version 2: 2 agents\n"


def test_several_files_are_added_at_once_or_not_at_all(shell: Shell, lady: Path) -> None:
    """A mistake in one keeps all out; so do two agents of one name."""
    (shell.folder / "b.yaml").write_text("name: b\nrole: B\ndescription: is b\nmemory: long\n")
    ran = shell("agents", "add", "lady.yaml", "b.yaml")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "repertory: b.yaml:4: memory: must be 'none' or 'thread' (got 'long')\n"
    (shell.folder / "b.yaml").write_text("name: lady\nrole: B\ndescription: is b\n")
    ran = shell("agents", "add", "lady.yaml", "b.yaml")
    assert (ran.status, "b.yaml: another of the files defines an agent 'lady'" in ran.err) == (2, True)
    assert not (shell.folder / "home").exists()
    (shell.folder / "b.yaml").write_text("name: b\nrole: B\ndescription: is b\n")
    assert len(changes(shell("agents", "add", "lady.yaml", "b.yaml", "--json"))) == 2


def test_tools_and_functions_that_are_not_there_are_reported_with_their_places(shell: Shell) -> None:
    """At any depth, in any file; nothing is kept."""
    (shell.folder / "lady.yaml").write_text(
        LADY + "tools:\n  - read_flie\ndelegates:\n  - ./b.yaml\n  - a\nagents:\n"
        "  a:\n    role: A\n    description: is a\n    orchestration: ./dialogue.py:lines\n"
    )
    (shell.folder / "b.yaml").write_text("name: b\nrole: B\ndescription: is b\norchestration: gone.away:line\n")
    (shell.folder / "dialogue.py").write_text("def line(told): ...\n")
    ran = shell("agents", "add", "lady.yaml")
    assert ran.status == 2
    assert "Traceback" not in ran.err
    tool, gone, lines = ran.err.splitlines()
    assert tool == "repertory: lady.yaml:5: tools.0: there is no tool 'read_flie'; did you mean 'read_file'?"
    assert gone.startswith("b.yaml:4: orchestration: the function 'gone.away:line': the module 'gone.away' cannot")
    assert lines.startswith("lady.yaml:13: agents.a.orchestration: the function ")
    assert lines.endswith("there is no 'lines'; did you mean 'line'?")
    assert not (shell.folder / "home").exists()


def test_models_without_a_provider_are_reported_before_anything_is_kept(shell: Shell) -> None:
    """With line and field, however a file writes it; a conversation with such an agent does not begin."""
    (shell.folder / "lady.yaml").write_text(
        LADY + "model: gpt-5.1\ndelegates:\n  - ./b.py\n  - name: a\n    role: A\n    description: is a\n"
        "    model:\n      temperature: 1\n      name: anthropic:claude\n"
    )
    (shell.folder / "b.py").write_text(
        "from repertory.memory.records import Agent, ModelSpec\n\n"
        'agent = Agent(name="b", role="B", description="is b", model=ModelSpec(name="gpt-5.1"))\n'
    )
    wrong = [
        "lady.yaml:4: model: model 'gpt-5.1' has no provider; write openai:gpt-5.1 ",
        "b.py: model.name: model 'gpt-5.1' has no provider; write openai:gpt-5.1 ",
        "lady.yaml:12: delegates.1.model.name: model 'anthropic:claude': provider 'anthropic' is not known; write ",
    ]
    for command in (("agents", "add", "lady.yaml"), ("chat", "lady.yaml", "--say", "hello")):
        ran = shell(*command)
        assert (ran.status, ran.out) == (2, "")
        for said, expected in zip(ran.err.removeprefix("repertory: ").splitlines(), wrong, strict=True):
            assert said.startswith(expected)
        assert not (shell.folder / "home").exists()


def test_offline_and_openai_models_are_accepted(shell: Shell, lady: Path) -> None:
    """In both forms."""
    for model in ("offline", "openai:gpt-5.1", "{name: offline, temperature: 1}"):
        lady.write_text(LADY + f"model: {model}\n")
        assert len(changes(shell("agents", "add", "lady.yaml", "--json"))) == 1


def test_without_an_action_the_help_is_shown(shell: Shell) -> None:
    """On standard error, with what each does, and the actions once more in the last line."""
    ran = shell("agents")
    assert (ran.status, ran.out) == (2, "")
    assert "keep the agents that files define" in ran.err
    last = ran.err.splitlines()[-1]
    assert last.startswith("repertory agents: error: name an action: add, import, export, list, show, ")
    assert last.endswith(", approve, rest, wake, retire or schema")


def test_wrong_usage_ends_with_status_2(shell: Shell) -> None:
    """The message names the value."""
    for arguments, words in (
        (["agents"], "usage: repertory agents [-h] ACTION"),
        (["agents", "dance"], "'dance'"),
        (["agents", "add"], "usage: repertory agents add"),
        (["agents", "add", "gone.yaml"], "gone.yaml: there is no such file"),
        (["agents", "list", "--fast"], "usage: repertory agents list"),
        (["agents", "show", "lady"], "there is no agent 'lady'; there is none"),
        (["agents", "rest", "lady"], "there is no agent 'lady'"),
    ):
        ran = shell(*arguments)
        assert (ran.status, ran.out) == (2, "")
        assert words in ran.err
        assert "Traceback" not in ran.err


def test_unknown_names_and_versions_say_what_there_is(shell: Shell, lady: Path) -> None:
    """A name like it, or the versions."""
    shell("agents", "add", str(lady))
    assert "there is no agent 'laddy'; did you mean 'lady'?" in shell("agents", "show", "laddy").err
    ran = shell("agents", "show", "lady", "--version", "2")
    assert (ran.status, "has no version 2; there is 1 to 1" in ran.err) == (2, True)


def test_agents_are_listed_and_shown(shell: Shell) -> None:
    """For a person a line each, and one whole; for a program the records."""
    assert shell("agents", "list").out == "no agents yet; add some with: repertory agents add FILE\n"
    files = sorted(map(str, EXAMPLES.glob("*.*")))
    assert [name for _, name, *_ in changes(shell("agents", "add", *files, "--json"))] == ["fact_desk", "newsroom"]
    first, second = shell("agents", "list").out.splitlines()
    assert first.split() == ["fact_desk", "v1", "active", "4", "agents", "Fact", "desk"]
    assert second.split() == ["newsroom", "v1", "active", "4", "agents", "News", "editor"]
    listed = shell("agents", "list", "--json").events
    assert [event["name"] for event in listed] == ["fact_desk", "newsroom"]
    loaded = load_agent(EXAMPLES / "newsroom.yaml").model_dump(mode="json") | {"created_by": "file newsroom.yaml"}
    assert listed[1] == {"event": "agent", **loaded} == shell("agents", "show", "newsroom", "--json").result
    shown = shell("agents", "show", "newsroom").out
    for words in (
        "newsroom, version 1, active",
        "not tried yet",
        "file newsroom.yaml",
        "You are the editor",
        "checker",
        "read_file",
    ):
        assert words in shown
    assert "; remembers its conversation" in shown
    desk = "".join(shell("agents", "show", "fact_desk").out.split())  # a long path is wrapped
    assert ";managedby/" in desk
    assert "examples/personas/fact_desk.py:report" in desk


def test_an_agent_at_rest_is_kept_and_stays_at_rest(shell: Shell, lady: Path) -> None:
    """Through a change of its file, until it is woken."""
    shell("agents", "add", "lady.yaml")
    assert changes(shell("agents", "rest", "lady", "--json")) == [("rests", "lady", 1, "inactive")]
    assert changes(shell("agents", "rest", "lady", "--json")) == [("unchanged", "lady", 1, "inactive")]
    lady.write_text(LADY + "memory: thread\n")
    ran = shell("agents", "add", "lady.yaml")
    assert "it rests until `repertory agents wake lady`" in " ".join(ran.out.split())
    assert changes(shell("agents", "wake", "lady", "--json")) == [("woken", "lady", 2, "active")]


def test_the_schema_is_printed_as_it_is() -> None:
    """To be written to a file, without LangGraph or a home, from anywhere."""
    code = (
        "import sys\nfrom repertory.apps.cli import main\nmain(['agents', 'schema'])\n"
        f"assert not [name for name in {HEAVY!r} if name in sys.modules]"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], env=clean_environ(), capture_output=True, text=True, timeout=60, check=True
    )
    assert json.loads(ran.stdout) == editor_schema()


def test_help_imports_nothing_heavy() -> None:
    """As everywhere in the command line."""
    code = (
        "import sys\nfrom repertory.apps.cli import main\n"
        "try:\n    main(['agents', 'add', '--help'])\nexcept SystemExit:\n    pass\n"
        f"print('heavy', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], env=clean_environ(), capture_output=True, text=True, timeout=60)
    assert ran.stdout.splitlines()[-1] == "heavy []"
    assert "a Python file, which is run" in ran.stdout


class Newsroom(Company):
    """A company whose plan wants a news editor, and who plays all of the newsroom."""

    def __init__(self) -> None:
        role = "News editor: Writes short news items from files of notes or minutes, checked against their sources."
        super().__init__(plan_of(agent_step("s1", "write an item on a.txt", role=role, tools=["read_file"])))
        self.script: dict[str, list[Answer]] = {
            "You are the editor": [
                [("delegate", {"to": "reader", "message": "What is in a.txt?"})],
                "Alpha leads.",
            ],
            "State the facts": [[("read_file", {"path": "a.txt"})], "alpha twice"],
        }
        self.spoke: list[str] = []

    def __call__(self, request: dict[str, Any]) -> Answer:
        system = str(request["messages"][0]["content"])
        who = next((start for start in self.script if system.startswith(start)), None)
        if who is None:
            return super().__call__(request)
        self.spoke.append(who)
        return self.script[who][sum(message["role"] == "assistant" for message in request["messages"])]


def test_a_run_casts_an_added_hierarchy(shell: Shell, serve: Serve) -> None:
    """In another process, found through the home's index: planned, shown with all below it, performed, counted."""
    newsroom = Newsroom()
    serve(newsroom)
    assert changes(shell("agents", "add", str(EXAMPLES / "newsroom.yaml"), "--json"))[0][0] == "added"
    ran = shell("run", "an item on a.txt", "--workspace", "ws", "--thread", "t")
    assert ran.status == 3
    assert "newsroom" in ran.out
    assert "checker" in ran.out
    done = shell("resume", "t", "--yes", "--json")
    assert done.status == 0, done.out
    [step] = done.result["steps"]
    assert (step["performer"], step["output"]) == ("agent newsroom", "Alpha leads.")
    assert newsroom.spoke == ["You are the editor", "State the facts", "State the facts", "You are the editor"]
    assert "PromptDrafts" not in newsroom.asked
    assert shell("agents", "show", "newsroom", "--json").result["track"]["successes"] == 1


def test_a_run_does_not_cast_an_agent_at_rest(shell: Shell, serve: Serve) -> None:
    """It creates one of its own."""
    serve(Newsroom())
    shell("agents", "add", str(EXAMPLES / "newsroom.yaml"))
    shell("agents", "rest", "newsroom")
    ran = shell("run", "an item on a.txt", "--workspace", "ws", "--json")
    [pending] = ran.result["pending"]
    assert [agent["name"] for agent in pending["proposal"]["content"]["agents"]] == ["news_editor"]


def test_a_near_duplicate_is_refused_with_the_reason(shell: Shell) -> None:
    """Nothing is kept of what was to be added with it; a person may insist, and a new version is none."""
    for name in ("lady", "dame"):
        (shell.folder / f"{name}.yaml").write_text(
            f"name: {name}\nrole: Lady of the house\ndescription: runs a salon\n"
        )
    (shell.folder / "b.yaml").write_text("name: b\nrole: Butler\ndescription: opens doors\n")
    shell("agents", "add", "lady.yaml")
    ran = shell("agents", "add", "b.yaml", "dame.yaml")
    assert (ran.status, ran.out) == (2, "")
    assert "'dame' is nearly the same as 'lady', which is kept: their descriptions are 1.00 alike" in ran.err
    assert len(changes(shell("agents", "add", "b.yaml", "dame.yaml", "--anyway", "--json"))) == 2
    assert changes(shell("agents", "add", "dame.yaml", "--json")) == [("unchanged", "dame", 1, "active")]


def test_the_history_of_an_agent_is_told(shell: Shell, lady: Path) -> None:
    """For a person a line each; for a program the records. Of a name that is none, one like it."""
    shell("agents", "add", "lady.yaml")
    lady.write_text(LADY + "prompt: Be brief.\n")
    shell("agents", "add", "lady.yaml")
    shell("agents", "rest", "lady")
    lines = shell("agents", "history", "lady").out.splitlines()
    said = [line.split(maxsplit=3)[2:] for line in lines]
    assert said == [
        ["v1", "was created by file lady.yaml"],
        ["v2", "was changed by file lady.yaml"],
        ["v2", "became inactive"],
    ]
    events = shell("agents", "history", "lady", "--json").events
    assert [(event["agent"], event["event"]) for event in events] == [
        ("lady", "created"),
        ("lady", "changed"),
        ("lady", "moved"),
    ]
    assert "did you mean 'lady'?" in shell("agents", "history", "laddy").err
