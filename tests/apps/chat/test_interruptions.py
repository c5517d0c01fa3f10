"""A person at a terminal who interrupts, and one who finds it busy."""

import threading
import time
from typing import Any

from tests.apps.chat.talking import ASKED, HELLO, YOU, begun
from tests.apps.conftest import Serve, Shell
from tests.apps.terminal import Open
from tests.openai_answers import Answer, Slow


class Slowly:
    """A model that takes long once it has begun to write, until it is told to be quick."""

    def __init__(self) -> None:
        self.quick = False
        self.asked = threading.Event()

    def __call__(self, _: dict[str, Any]) -> Answer:
        self.asked.set()
        return "Aye." if self.quick else Slow(60, "Aye.")


def test_ctrl_c_during_work(terminal: Open, serve: Serve, hanne: str) -> None:
    """Status 130, the way on, and a terminal as it was; from there it goes on."""
    model = Slowly()
    serve(model)
    at = terminal("chat", hanne, HELLO, "--thread", "t")
    assert model.asked.wait(40)
    at.type("\x03")
    status, rest = at.end()
    assert status == 130
    assert f"go on with: repertory chat {hanne} --thread t" in " ".join(rest.split())
    assert "Traceback" not in rest
    model.quick = True
    again = terminal("chat", hanne, "--thread", "t")
    assert "Aye." in again.expect(YOU)


def test_ctrl_c_at_a_question_and_at_the_prompt(terminal: Open, hanne: str) -> None:
    """The same; the question stays for later, and what was not said is not said."""
    at = begun(terminal, hanne)
    at.type("\x03")
    status, rest = at.end()
    assert status == 130
    assert "--thread t" in rest
    again = terminal("chat", hanne, "--thread", "t")
    again.expect(ASKED)
    again.type("g")
    again.expect(YOU)
    time.sleep(0.5)  # the prompt is there a moment before anything is read
    again.type("half a senten\x03")
    assert again.end()[0] == 130


def test_a_key_pauses_the_work(terminal: Open, serve: Serve, hanne: str) -> None:
    """`m` while it is at work leaves a message; then `c` goes on."""
    model = Slowly()
    serve(model)
    at = terminal("chat", hanne, HELLO, "--thread", "t")
    assert model.asked.wait(40)
    at.type("m")
    at.expect("paused; what was being written is made again")
    at.expect("a message for which one?")
    at.type("1\n")
    at.expect("your words: ")
    at.type("hurry\n")
    at.expect(ASKED)
    model.quick = True
    at.type("c")
    assert "Aye." in at.expect(YOU)
    at.type("\n")
    assert at.end()[0] == 0


def test_a_conversation_that_another_process_is_at(terminal: Open, shell: Shell, serve: Serve, hanne: str) -> None:
    """It says which process, and can be tried again."""
    model = Slowly()
    serve(model)
    other = shell.start("chat", hanne, "--say", HELLO, "--thread", "t", "--json")
    assert model.asked.wait(40)
    ran = shell("chat", hanne, "--say", "more", "--thread", "t")
    assert ran.status == 1
    assert f"process {other.pid}" in ran.err
    at = terminal("chat", hanne, "--thread", "t")
    assert f"process {other.pid}" in at.expect("q leave\n> ")
    other.kill()
    other.wait()
    model.quick = True
    at.type("c")
    assert "Aye." in at.expect(YOU)
