"""`repertory topics` against `repertory serve --agent scripted`: each command in a process of its own."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps.conftest import Ran, Shell
from tests.apps.serving import Served
from tests.apps.terminal import Open, Terminal
from tests.apps.terminal import terminal as terminal

MENU = "or what should be otherwise: "


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("served"), "--agent", "scripted", "--token", "s3cret") as server:
        yield server


@pytest.fixture
def at(shell: Shell, served: Served) -> Shell:
    """A shell whose commands find the server."""
    shell.environ |= {"REPERTORY_SERVER": served.url, "REPERTORY_TOKEN": "s3cret"}
    return shell


@pytest.fixture
def topic(at: Shell) -> str:
    """A new topic."""
    return at("topics", "new", "desk").out.strip()


def script(*steps: dict[str, Any]) -> tuple[str, str]:
    return "--additional", json.dumps({"script": list(steps)})


def action(name: str, executor: str = "server", **args: Any) -> dict[str, Any]:
    return {"name": name, "args": args, "executor": executor}


def interrupted(screen: Terminal) -> tuple[int, str]:
    """Ctrl-C, once more if it came just before Python began to wait for a line: then only a key wakes it up."""
    for _ in range(5):
        screen.type("\x03")
        try:
            return screen.end(8)
        except TimeoutError:
            continue
    return screen.end()


def results(ran: Ran, event: str) -> list[dict[str, Any]]:
    return [line for line in ran.events if line["event"] == event]


def test_a_topic_is_made_listed_and_talked_in(at: Shell, topic: str) -> None:
    """`new` prints the id and nothing else; `show` has what was said, the tasks and the files."""
    assert topic in at("topics", "list").out
    assert [line["name"] for line in at("topics", "list", "--json").events if line["topic_id"] == topic] == ["desk"]
    said = at("topics", "say", topic, "good morning", "--no-task")
    assert (said.status, said.out.count("good morning")) == (0, 2)
    (made,) = at("topics", "say", topic, "do it", "--task", "--json").events
    assert (made["status"], len(made["task_ids"])) == ("completed", 1)
    (task,) = at("topics", "tasks", topic, "--json").events
    assert task["task_id"] == made["task_ids"][0]
    (at.folder / "notes.txt").write_text("alpha\n")
    up = at("topics", "upload", topic, "notes.txt", "--path", "in/notes.txt", "--json").result
    shown = at("topics", "show", topic).out
    for words in ("desk", "good morning", "do it", task["task_id"], f"{up['artifact_id']}  in/notes.txt (6 bytes)"):
        assert words in shown


def test_a_task_that_needs_nobody(at: Shell, topic: str) -> None:
    """It is driven to its end, through all of its steps; the answer and the files are shown, and the status is 0."""
    steps = script(
        {"name": "look", "output": "seen"},
        {"name": "tell", "actions": [action("write_file", path="a/b.md", content="hi")]},
    )
    ran = at("topics", "task", topic, "look and tell", "--auto", *steps)
    assert ran.status == 0
    for words in (
        "look      completed: seen",
        "write_file",
        "completed by the server",
        "a/b.md",
        "status    completed",
    ):
        assert words in ran.out
    lines = at("topics", "task", topic, "again", "--auto", "--json", *steps)
    assert [line["status"] for line in results(lines, "step")] == ["completed", "completed"]
    assert (lines.result["event"], lines.result["status"], lines.result["output"]) == ("result", "completed", "a/b.md")


def test_a_task_that_waits_says_for_what_and_how_to_go_on(at: Shell, topic: str) -> None:
    """Status 3; the command that is printed decides it, and goes on to the next question and to the end."""
    acts = [action("echo", text="one"), action("colour", "user", question="Which?"), action("scan", "client", page=1)]
    ran = at("topics", "task", topic, "go", *script({"actions": acts, "output": "done"}))
    assert ran.status == 3
    assert "the agent asks you: colour" in ran.out
    assert 'colour(question="Which?")' in ran.out
    printed = [line.split() for line in ran.out.splitlines() if line.strip().startswith("repertory topics decide")]
    assert [command[-1] for command in printed] == ["--approve", "TEXT", "--approve"]
    task = printed[0][4]
    assert at(*printed[0][1:]).status == 3
    assert at(*printed[1][1:-2], "--approve").status == 1  # a question is answered, not approved
    assert at(*printed[1][1:-1], "blue").status == 3
    assert at(*printed[2][1:]).status == 3
    waiting = at("topics", "go", topic, task, "--json")
    assert [(line["name"], line["status"]) for line in results(waiting, "action")] == [("scan", "approved")]
    done = at("topics", "decide", topic, task, "--answer", "a page", "--json")
    assert (done.status, done.result["output"]) == (0, "done")
    *_, step = results(done, "step")
    assert [(each["status"], each["output"]) for each in step["actions"]] == [
        ("completed", "one"),
        ("completed", "blue"),
        ("completed", "a page"),
    ]
    assert at("topics", "go", topic, task).status == 0


def test_which_action_is_meant_must_be_clear(at: Shell, topic: str) -> None:
    """With several open ones they are listed; with none that is said. Rejection and feedback reach the agent."""
    acts = [action("echo", text="one"), action("echo", text="two")]
    ran = at("topics", "task", topic, "go", "--json", *script({"actions": acts, "output": "done"}))
    task, (first, second) = ran.result["task_id"], [line["action_id"] for line in results(ran, "action")]
    unclear = at("topics", "decide", topic, task, "--approve")
    assert unclear.status == 2
    assert first in unclear.err
    assert "fits 0 actions" in at("topics", "decide", topic, task, "zzz", "--approve").err
    louder = at("topics", "decide", topic, task, first[:8], "--feedback", "louder", "--json")
    assert louder.status == 3
    (again,) = [line for line in results(louder, "action") if line["supersedes"] == first]
    assert again["args"]["feedback"] == "louder"
    at("topics", "decide", topic, task, again["action_id"], "--approve")
    done = at("topics", "decide", topic, task, second, "--reject", "enough", "--json")
    assert done.status == 0
    assert "waits for no decision" in at("topics", "decide", topic, task, "--approve").err


def test_a_person_decides_at_the_terminal(at: Shell, topic: str, terminal: Open) -> None:
    """Approval, words that have it proposed anew, an answer, and a rejection."""
    acts = [action("echo", text="one"), action("colour", "user", question="Which?")]
    screen = terminal("topics", "task", topic, "go", *script({"actions": acts}, {"actions": acts[:1], "output": "end"}))
    assert "the agent wants to do: echo" in screen.expect(MENU)
    screen.type("please louder\n")
    assert 'colour(question="Which?")' in screen.expect("your answer")
    screen.type("blue\n")
    assert 'feedback="please louder"' in screen.expect(MENU)
    screen.type("s\n")
    assert 'feedback="please louder"' in screen.expect(MENU)
    screen.type("a\n")
    screen.expect(MENU)
    screen.type("x no more\n")
    status, rest = screen.end()
    assert status == 0
    assert "rejected" in rest
    assert "end" in rest


def test_a_plan_is_shown_as_everywhere_else(tmp_path: Path, at: Shell, terminal: Open) -> None:
    """Steps, tools and arguments; with the offline model it is performed, and the file comes down."""
    with Served(tmp_path, "--model", "offline") as planner:
        at.environ |= {"REPERTORY_SERVER": planner.url, "REPERTORY_TOKEN": ""}
        topic = at("topics", "new").out.strip()
        at("topics", "upload", topic, "ws/a.txt")
        screen = terminal("topics", "task", topic, "Count the words of a.txt and write the result to out.md")
        shown = screen.expect(MENU)
        for words in ("the agent wants to do: plan", "s1        Count the words of a.txt.", "write_file(path="):
            assert words in shown
        screen.type("a\n")
        assert 'write_file(path="out.md"' in screen.expect(MENU)
        screen.type("a\n")
        status, rest = screen.end()
        assert status == 0
        assert "status    completed" in rest
        file = next(
            line
            for line in at("topics", "show", topic).out.splitlines()
            if line.startswith("file") and "out.md" in line
        )
        assert at("topics", "download", topic, file.split()[1]).status == 0
    assert "3 words" in (at.folder / "out.md").read_text()


def test_leaving_and_interrupting_at_the_terminal(at: Shell, topic: str, terminal: Open) -> None:
    """What is left waits, and Ctrl-C says how to go on."""
    screen = terminal("topics", "task", topic, "go", *script({"actions": [action("echo", text="one")]}))
    screen.expect(MENU)
    screen.type("q\n")
    status, rest = screen.end()
    assert status == 3
    command = next(line.split() for line in rest.splitlines() if "topics decide" in line)
    screen = terminal("topics", "go", *command[3:5])
    screen.expect(MENU)
    status, rest = interrupted(screen)
    assert status == 130
    assert f"go on with: repertory topics go {command[3]} {command[4]}" in " ".join(rest.split())


def test_a_task_is_cancelled(at: Shell, topic: str) -> None:
    """And driving it ends with status 1."""
    ran = at("topics", "task", topic, "go", "--json", *script({"actions": [action("echo", text="one")]}))
    assert ran.status == 3
    assert at("topics", "cancel", topic, ran.result["task_id"]).status == 0
    assert at("topics", "go", topic, ran.result["task_id"]).status == 1
    assert at("topics", "cancel", topic, ran.result["task_id"]).status == 1


def test_files_come_down_under_their_own_name_and_overwrite_nothing(at: Shell, topic: str) -> None:
    """Wherever the server says they belong."""
    content = bytes(range(256))
    (at.folder / "up.bin").write_bytes(content)
    up = at("topics", "upload", topic, "up.bin", "--json").result
    there = at("topics", "download", topic, up["artifact_id"])
    assert (there.status, "is there already" in there.err) == (2, True)
    (at.folder / "up.bin").write_text("mine")
    assert at("topics", "download", topic, up["artifact_id"], "other.bin").status == 0
    assert (at.folder / "other.bin").read_bytes() == content
    assert (at.folder / "up.bin").read_text() == "mine"
    assert at("topics", "download", topic, up["artifact_id"], "--force").status == 0
    assert (at.folder / "up.bin").read_bytes() == content
    assert at("topics", "download", topic, "nothing").status == 2
    assert at("topics", "upload", topic, "missing.bin").status == 2


def test_watching_a_task_ends_with_it(at: Shell, topic: str) -> None:
    """One event a line, from the first or after a known one."""
    ran = at("topics", "task", topic, "go", "--auto", "--json", *script({"name": "only", "output": "x"}))
    task = ran.result["task_id"]
    events = at("topics", "watch", topic, task, "--json").events
    assert [line["data"]["status"] for line in events if line["event"] == "task"][::2] == ["created", "completed"]
    rest = at("topics", "watch", topic, task, "--json", "--after", events[0]["id"]).events
    assert rest == events[1:]
    assert "step" in at("topics", "watch", topic, task).out


def test_what_the_server_refuses_is_said_in_its_words(at: Shell, topic: str) -> None:
    """With status 1, as are a wrong token and a server that is not there."""
    unknown = at("topics", "tasks", "nowhere")
    assert (unknown.status, "404" in unknown.err, "'nowhere'" in unknown.err) == (1, True, True)
    assert "401" in at("topics", "list", "--token", "wrong").err
    nobody = at("topics", "list", "--server", "http://127.0.0.1:9")
    assert (nobody.status, "repertory serve" in nobody.err) == (1, True)
    assert "Traceback" not in unknown.err + nobody.err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["topics"], "name an action"),
        (["topics", "task", "t", "x", "--additional", "{nope"], "no JSON"),
        (["topics", "task", "t", "x", "--additional", "[1]"], "no JSON object"),
        (["topics", "task", "t", "x", "--additional", "@missing.json"], "missing.json"),
        (["topics", "list", "--server", "nonsense"], "'nonsense' is no URL"),
        (["topics", "decide", "t", "k"], "--approve"),
        (["topics", "decide", "t", "k", "--approve", "--answer", "x"], "not allowed"),
    ],
)
def test_wrong_usage(arguments: list[str], word: str, shell: Shell) -> None:
    """Status 2, before anything is sent."""
    ran = shell(*arguments)
    assert ran.status == 2
    assert word in ran.err
    assert "Traceback" not in ran.err
