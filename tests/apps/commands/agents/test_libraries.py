"""`repertory agents import`, `export`, `approve` and `retire`: libraries and collections, in and out of a home."""

from pathlib import Path

import pytest

from repertory.nodes.tools.builtin import builtin_toolbox
from repertory.nodes.tools.foreign import vocabulary
from tests.apps.conftest import Ran, Shell
from tests.apps.terminal import Terminal
from tests.memory.library.conftest import contents


@pytest.fixture
def collection(shell: Shell) -> Path:
    """A folder with two agents as public collections have them, and a file that is none."""
    folder = shell.folder / "collection"
    (folder / "core").mkdir(parents=True)
    (folder / "README.md").write_text("# Agents\n")
    (folder / "core" / "api-designer.md").write_text(
        "---\nname: api-designer\ndescription: Use when: an API is wanted\ntools: Read, Grep, Bash\nmodel: opus\n"
        "---\n\nYou design APIs.\n"
    )
    (folder / "core" / "terminal.md").write_text(
        "---\nname: Linux Terminal\ndescription: Acts as a terminal\ntools: Bash, WebFetch\n---\n\nYou are one.\n"
    )
    return folder


def words(ran: Ran) -> str:
    return " ".join(ran.out.split())


def test_a_collection_is_imported_as_drafts_and_approved_by_name(shell: Shell, collection: Path) -> None:
    """A person reads what came, what did not, and what to do; a second import changes nothing."""
    ran = shell("agents", "import", "collection")
    assert (ran.status, ran.err) == (0, "")
    for said in (
        "imported 2 agents: 2 added",
        "skipped 1 file without an agent in front matter",
        "tools not here, and taken from the agents that name them: Bash (2)",
        "drafts 2 agents, cast only in plans that a person approves, until `repertory agents approve NAME…` or an ",
        "import with --active: api-designer, Linux-Terminal",
    ):
        assert said in words(ran)
    designer = shell("agents", "show", "api-designer", "--json").result
    assert (designer["status"], designer["role"], designer["tools"], designer["model"]["name"]) == (
        *("draft", "API designer"),
        ["read_file", "search_files"],
        None,
    )
    assert "imported 2 agents: 2 unchanged" in words(shell("agents", "import", "collection"))
    assert shell("agents", "approve", "api-designer", "Linux-Terminal").out.splitlines() == [
        "approved  api-designer, version 1: 1 agent",
        "approved  Linux-Terminal, version 1: 1 agent",
    ]
    assert "draft" not in shell("agents", "list").out


def test_a_program_reads_a_line_for_each_agent_and_one_for_all(shell: Shell, collection: Path) -> None:
    """With the change, the file, and what was left out; active at once where that is asked for."""
    *agents, last = shell("agents", "import", "collection", "--active", "--json").events
    assert [(each["name"], each["change"], each["status"], each["file"]) for each in agents] == [
        ("api-designer", "added", "active", "core/api-designer.md"),
        ("Linux-Terminal", "added", "active", "core/terminal.md"),
    ]
    assert last == {
        "event": "imported",
        "agents": {"added": 2},
        "cohorts": {},
        "skipped": 1,
        "duplicates": 0,
        "dropped_tools": {"Bash": 2},
        "problems": [],
    }


def test_wrong_files_keep_no_good_ones_out(shell: Shell, collection: Path) -> None:
    """Each is told on standard error with its place, and the status is 1."""
    (collection / "broken.md").write_text("---\nname: broken\n---\n")
    (collection / "latin.md").write_bytes(b"---\nname: latin\ndescription: K\xf6chin\n---\n")
    ran = shell("agents", "import", "collection", "--json")
    assert (ran.status, ran.result["agents"]) == (1, {"added": 2})
    assert ran.err.splitlines() == [f"repertory: {problem}" for problem in ran.result["problems"]]
    assert ran.err.splitlines() == [
        "repertory: collection/broken.md:1: description: is missing; say what the agent is good for",
        "repertory: collection/latin.md:3: is no UTF-8 (byte b'\\xf6'); save it as UTF-8",
    ]


def test_a_library_goes_from_home_to_home(shell: Shell, collection: Path) -> None:
    """And from one owner to another; written again it is the same, byte for byte."""
    shell("agents", "import", "collection")
    shell("agents", "approve", "api-designer")
    assert shell("agents", "export", "lib").out == "exported  2 agents, 0 older versions and 0 cohorts to lib\n"
    there = ("--home", "other", "--owner", "team")
    assert "2 agents: 2 added" in words(shell("agents", "import", "lib", *there))
    listed = shell("agents", "list", *there, "--json").events
    assert [(each["name"], each["status"], each["owner"]) for each in listed] == [
        ("Linux-Terminal", "draft", "team"),
        ("api-designer", "active", "team"),
    ]
    assert shell("agents", "list", "--home", "other", "--json").out == ""
    assert shell("agents", "export", "again", *there, "--json").result == {
        "event": "exported",
        "folder": "again",
        "agents": 2,
        "versions": 0,
        "cohorts": 0,
        "others": [],
    }
    assert contents(shell.folder / "again") == contents(shell.folder / "lib")
    ran = shell("agents", "export", "collection")
    assert (ran.status, "has other files in it; give an empty one" in ran.err) == (2, True)


def test_what_happens_to_names_that_are_taken_is_told(shell: Shell, collection: Path) -> None:
    """A next version, a draft; or none where the agent rests."""
    shell("agents", "import", "collection", "--active")
    shell("agents", "rest", "Linux-Terminal")
    for path in (collection / "core").iterdir():
        path.write_text(path.read_text() + "\nAnd more.\n")
    said = words(shell("agents", "import", "collection"))
    assert "changed api-designer is now version 2, a draft" in said
    assert "left Linux-Terminal as it is, since it is inactive: core/terminal.md" in said


def test_code_that_a_library_brings_is_told(shell: Shell) -> None:
    """A hierarchy that a Python function manages, at any depth; the function is called when it is cast, not before."""
    (shell.folder / "lady.yaml").write_text(
        "name: lady\nrole: Lady\ndescription: a lady\ndelegates:\n"
        "  - {name: a, role: A, description: is a, orchestration: ./d.py:line}\n"
    )
    (shell.folder / "d.py").write_text("def line(told):\n    yield\n")
    shell("agents", "add", "lady.yaml")
    shell("agents", "export", "lib")
    (shell.folder / "d.py").write_text("raise SystemExit(7)\n")
    ran = shell("agents", "import", "lib", "--home", "other")
    assert "code managed by Python functions, which run when they are cast: lady" in words(ran)


def test_agents_are_moved_only_where_their_life_cycle_leads(shell: Shell, collection: Path) -> None:
    """All that are named or none, with the remedy; whoever is retired stays so."""
    shell("agents", "import", "collection")
    ran = shell("agents", "rest", "api-designer")
    assert (ran.status, ran.out) == (2, "")
    assert "cannot be put to rest: it is a draft; approve it first: `repertory agents approve api-designer`" in ran.err
    assert shell("agents", "retire", "Linux-Terminal", "--json").result["change"] == "retired"
    assert shell("agents", "retire", "Linux-Terminal", "--json").result["change"] == "unchanged"
    ran = shell("agents", "approve", "api-designer", "Linux-Terminal")
    assert (ran.status, "it is retired, and that is for good" in ran.err) == (2, True)
    assert shell("agents", "show", "api-designer", "--json").result["status"] == "draft"
    assert "did you mean 'api-designer'?" in shell("agents", "approve", "api-desinger").err


def test_on_a_terminal_a_bar_shows_how_far_it_is(shell: Shell, collection: Path) -> None:
    """And is gone when the work is done."""
    with Terminal(shell, "agents", "import", "collection") as terminal:
        status, _ = terminal.end()
        assert "importing" in terminal.raw
        assert "2/2" in terminal.raw
        assert status == 0


def test_models_are_kept_where_a_run_can_use_them() -> None:
    """As `repertory agents add` would take them; names of other makers are left out."""
    speaks = vocabulary(builtin_toolbox(".")).speaks
    assert [model for model in ("openai:gpt-5.1", "offline", "sonnet", "anthropic:m", "", "opus") if speaks(model)] == [
        "openai:gpt-5.1",
        "offline",
    ]
