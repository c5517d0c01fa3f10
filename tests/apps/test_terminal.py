"""A person at a terminal: the real command on a pseudo-terminal."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.apps.company import Company, company
from tests.apps.conftest import COMMAND, Serve, Shell
from tests.playing import agent_step, plan_of

MENU = "q leave it for later: "


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, shell: Shell, *arguments: str, **environ: str) -> None:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            [COMMAND, *arguments],
            cwd=shell.folder,
            env={**shell.environ, "TERM": "xterm-256color", "COLUMNS": "80", **environ},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=_own_terminal,
        )
        os.close(slave)
        self.raw = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def expect(self, text: str, seconds: float = 40) -> str:
        """Read until the text appears; returns what came before it, and forgets both."""
        self._read(lambda: text in self.text, seconds)
        assert text in self.text, f"it ended without {text!r}: {self.text!r}"
        before, _, self.raw = self.text.partition(text)
        return before

    def type(self, text: str) -> None:
        """Type a line, or a control character."""
        os.write(self._master, text.encode())

    def end(self, seconds: float = 40) -> tuple[int, str]:
        """Read to the end; returns the exit status and the rest of the text."""
        self._read(lambda: False, seconds)
        return self._process.wait(10), self.text

    @property
    def text(self) -> str:
        """What is on the screen, without colours."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.raw).replace("\r\n", "\n")

    def _read(self, enough: Callable[[], bool], seconds: float) -> None:
        until = time.monotonic() + seconds
        while not enough():
            if not select.select([self._master], [], [], max(0, until - time.monotonic()))[0]:
                raise TimeoutError(f"not seen in {seconds} s; on the screen: {self.text!r}")
            try:
                data = os.read(self._master, 65536)
            except OSError:  # the terminal was closed at the other end
                data = b""
            if not data:
                return
            self.raw += data.decode(errors="replace")


def _own_terminal() -> None:
    """Make the terminal the controlling one, so that Ctrl-C reaches the command."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


Open = Callable[..., Terminal]


@pytest.fixture
def terminal(shell: Shell) -> Iterator[Open]:
    """Opens terminals."""
    opened: list[Terminal] = []

    def open_one(*arguments: str, **environ: str) -> Terminal:
        opened.append(Terminal(shell, *arguments, **environ))
        return opened[-1]

    yield open_one
    for each in opened:
        each.__exit__()


def editor(folder: Path, *replacements: tuple[str, str]) -> str:
    """An editor that makes the first replacement when it is first opened, and so on."""
    script = folder / "editor.py"
    script.write_text(
        "import sys, pathlib\n"
        f"todo = {list(replacements)!r}\n"
        f"count = pathlib.Path({str(folder / 'edits')!r})\n"
        "n = int(count.read_text()) if count.exists() else 0\n"
        "count.write_text(str(n + 1))\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "text = path.read_text()\n"
        "old, new = todo[n]\n"
        f"pathlib.Path({str(folder)!r}, f'opened-{{n}}').write_text(text)\n"
        "assert old in text, text\n"
        "path.write_text(text.replace(old, new, 1))\n"
    )
    return f"{sys.executable} {script}"


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
