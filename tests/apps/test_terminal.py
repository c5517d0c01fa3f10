"""A person at a terminal: the real command on a pseudo-terminal."""

import re
import time

import pytest

from tests.apps.company import Company, company
from tests.apps.conftest import Serve, Shell
from tests.apps.terminal import MENU, Open, editor
from tests.apps.terminal import terminal as terminal
from tests.playing import agent_step, plan_of


def test_approving_at_the_terminal(terminal: Open, shell: Shell) -> None:
    """The plan is shown, in colours; `a` performs it, and what it writes is asked for too."""
    task = "Count the words in a.txt and write the result to out.md"
    at = terminal("run", task, "--workspace", "ws")
    shown = at.expect(MENU)
    assert "text_statistics" in shown
    assert "write_file" in shown
    at.type("a\n")
    at.expect("wants to call write_file")
    at.expect(MENU)
    at.type("a\n")
    status, rest = at.end()
    assert status == 0
    assert "completed" in rest
    assert (shell.workspace / "out.md").exists()


def test_colours_only_where_they_are_wanted(terminal: Open) -> None:
    """A terminal gets them; with NO_COLOR none."""
    at = terminal("run", "What is 2 + 2?", "--yes")
    at.end()
    assert re.search(r"\x1b\[[0-9;]*3[0-9]m", at.raw)
    at = terminal("run", "What is 2 + 2?", "--yes", NO_COLOR="1")
    at.end()
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", at.raw)


def test_an_edit_in_the_editor_until_it_is_right(terminal: Open, shell: Shell, serve: Serve) -> None:
    """No JSON, then a cycle, each with its reason and with the words kept, then a right edit, which is performed."""
    serve(company(agent_step("a", "first"), agent_step("b", "second", ["a"])))
    edits = editor(
        shell.folder,
        ('"needs": []', '"needs": [b]'),
        ('  "needs": [b]', '  "needs": ["b"]'),
        ('"first"', '"mine"'),
        ('  "needs": ["b"]', '  "needs": []'),
    )
    at = terminal("run", "do it", EDITOR=edits)
    at.expect(MENU)
    at.type("e\n")
    assert "the edit is no JSON" in at.expect(MENU)
    for _ in range(2):
        at.type("e\n")
        shown = at.expect(MENU)
        assert "circle" in shown
        assert "edited" not in shown
    at.type("e\n")
    status, rest = at.end()
    assert status == 0
    assert "edited    by you" in rest
    assert "did: mine" in rest
    opened = [(shell.folder / f"opened-{n}").read_text() for n in range(4)]
    assert opened[0].startswith("{")
    assert opened[1].startswith("// Not accepted: the edit is no JSON")
    assert all(text.startswith("// Not accepted") and "circle" in text.split("\n")[0] for text in opened[2:])
    assert '  "needs": [b]' in opened[1]
    assert '"mine"' in opened[3]


def test_a_right_edit_is_performed(terminal: Open, shell: Shell, serve: Serve) -> None:
    """What was changed in the editor is what runs."""
    serve(company(agent_step("a", "first")))
    at = terminal("run", "do it", EDITOR=editor(shell.folder, ('"first"', '"changed"')))
    at.expect(MENU)
    at.type("e\n")
    status, rest = at.end()
    assert status == 0
    assert "did: changed" in rest


def test_words_rejection_and_nonsense(terminal: Open, serve: Serve) -> None:
    """`r` goes back to the planner, a letter that is none is asked again, `x` takes a reason and ends with 1."""
    players = Company(plan_of(agent_step("a", "first")), plan_of(agent_step("b", "better")))
    serve(players)
    at = terminal("run", "do it")
    at.expect(MENU)
    at.type("z\n")
    at.expect("none of the letters")
    at.expect(MENU)
    at.type("r\n")
    at.expect("your words: ")
    at.type("make it better\n")
    assert "better" in at.expect(MENU)
    assert any("make it better" in text for text in players.texts)
    at.type("x\n")
    at.expect("reason (may be empty): ")
    at.type("no need\n")
    status, rest = at.end()
    assert status == 1
    assert "no need" in rest


@pytest.mark.parametrize(("key", "expected"), [("q\n", 3), ("\x04", 3), ("\x03", 130)])
def test_leaving_it_for_later(terminal: Open, shell: Shell, key: str, expected: int) -> None:
    """`q`, Ctrl-D and Ctrl-C leave the decision as it is and say how to go on; `resume` asks again."""
    at = terminal("run", "What is 2 + 2?", "--thread", "t")
    at.expect(MENU)
    time.sleep(0.5)  # Python writes the prompt a moment before it reads, and a signal in between waits for the next key
    at.type(key)
    status, rest = at.end()
    assert status == expected
    assert "repertory resume t" in rest or "repertory answer t" in rest
    again = terminal("resume", "t")
    again.expect(MENU)
    again.type("a\n")
    assert again.end()[0] == 0


def test_of_several_decisions_some_are_left(terminal: Open, shell: Shell, serve: Serve) -> None:
    """One is approved, one left: the first is performed, the other is told of with its command."""
    serve(
        company(
            *(agent_step(name, f"write {name}", tools=["write_file"]) for name in ("one", "two")),
            acts={
                f"write {name}": [[("write_file", {"path": name, "content": name})], f"wrote {name}"]
                for name in ("one", "two")
            },
        )
    )
    assert shell("run", "write both", "--workspace", "ws", "--thread", "t").status == 3
    at = terminal("answer", "t", "approve")
    at.expect(MENU)
    at.type("a\n")
    at.expect(MENU)
    at.type("q\n")
    status, rest = at.end()
    assert status == 3
    assert "repertory answer t --id" in rest
    assert len([name for name in ("one", "two") if (shell.workspace / name).exists()]) == 1


def test_an_answer_that_comes_too_late_is_told(terminal: Open, shell: Shell) -> None:
    """Somebody else decides while the terminal asks: it says so, and shows how the run ended."""
    at = terminal("run", "What is 17 * 23?", "--thread", "t")
    at.expect(MENU)
    assert shell("answer", "t", "approve").status == 0
    at.type("x\n")
    at.expect("reason (may be empty): ")
    at.type("\n")
    status, rest = at.end()
    assert status == 0
    assert "waits for no decision" in " ".join(rest.split())
    assert "391" in rest


def test_a_sentence_is_an_answer_in_words(terminal: Open, serve: Serve) -> None:
    """Also one that begins with a word of the menu; `?` explains the menu, and `yes` approves."""
    players = Company(
        plan_of(agent_step("a", "first")), plan_of(agent_step("b", "better")), plan_of(agent_step("c", "best"))
    )
    serve(players)
    at = terminal("run", "do it")
    at.expect(MENU)
    at.type("?\n")
    assert "a sentence counts as words" in at.expect(MENU)
    for words, then in (("approve, but make it better", "better"), ("a better one, please", "best")):
        at.type(f"{words}\n")
        assert then in at.expect(MENU)
        assert any(words in text for text in players.texts)
    at.type('{"verdict": \n')
    assert "Not accepted: the answer is no JSON" in at.expect(MENU)
    at.type("yes\n")
    status, rest = at.end()
    assert status == 0
    assert "did: best" in rest


def test_an_answer_that_was_refused_elsewhere_is_explained_in_the_editor(
    terminal: Open, shell: Shell, serve: Serve
) -> None:
    """The edit itself is gone with its process; the proposal opens with the objection above it."""
    serve(company(agent_step("a", "first"), agent_step("b", "second", ["a"])))
    assert shell("run", "do it", "--thread", "t").status == 3
    wrong = '{"steps": [{"id": "a", "needs": ["b"]}, {"id": "b"}]}'
    assert shell("answer", "t", "--edit", wrong).status == 3
    at = terminal("resume", "t", EDITOR=editor(shell.folder, ('"first"', '"mine"')))
    at.expect(MENU)
    at.type("e\n")
    status, rest = at.end()
    assert status == 0
    assert "did: mine" in rest
    first, *others = (shell.folder / "opened-0").read_text().split("\n")
    assert first.startswith("// Not accepted")
    assert "circle" in first
    assert others[0] == "{"
