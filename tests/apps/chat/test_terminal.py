"""A person at a terminal, with the offline model: every key, for real."""

import json
import re
import shlex
from typing import Any

from rich.cells import cell_len

from tests.apps.chat.talking import ASKED, HELLO, YOU, begun
from tests.apps.conftest import Shell
from tests.apps.terminal import Open, Terminal, editor


def press(at: Terminal, keys: str) -> str:
    """Keys, each at a question; returns what was shown between the last of them and the next question."""
    shown = ""
    for key in keys:
        at.type(key)
        shown = at.expect(ASKED)
    return shown


def transcript(shell: Shell, thread: str = "t") -> dict[str, Any]:
    """A run as `repertory export` writes it."""
    loaded: dict[str, Any] = json.loads(shell("export", thread).out)
    return loaded


def test_approving_layer_by_layer(terminal: Open, hanne: str) -> None:
    """Each proposal with its path, without the tree again; then the reply, the next message, and the end."""
    at = begun(terminal, hanne)
    for who, frame in (("answerer", "  [m0/0.0]"), ("", ""), ("stylist", "  [m0/1.0]"), ("", "")):
        shown = press(at, "a")
        assert "●" not in shown
        assert f"hanne_voss{'/' * bool(who)}{who}{frame}\n    " in shown
    at.type("a")
    shown = at.expect(YOU)
    assert "approved" in shown
    at.type("\n")
    status, rest = at.end()
    assert status == 0
    assert f"repertory chat {hanne} --thread t" in " ".join(rest.split())


def test_a_key_typed_before_the_question_does_not_count(terminal: Open, hanne: str) -> None:
    """Of `aaaa` at once none approves what was not on the screen, and the one question stays."""
    at = begun(terminal, hanne)
    at.type("aaaa")
    at.expect("none of the keys")
    at.expect(ASKED)
    at.type("q")
    assert at.end()[0] == 3


def test_words_rejection_edit_and_the_rest(terminal: Open, shell: Shell, hanne: str) -> None:
    """`r`, `e`, `x`, `s`, `?`, and a key that is none; all of it is in the transcript."""
    at = begun(terminal, hanne, EDITOR=editor(shell.folder, ("Good day", "Bad day")))
    press(at, "a")
    at.type("r")
    at.expect("your words: ")
    at.type("shorter, please\n")
    assert "answered  hanne_voss/answerer, by you: shorter, please" in at.expect(ASKED)
    assert "none of the keys" in press(at, "z")
    assert "a  approve: it is done as it stands" in press(at, "?")
    assert "was told: I am Joe." in press(at, "s")
    assert "edited    hanne_voss/answerer, by you" in press(at, "e")
    at.type("x")
    at.expect("reason (may be empty): ")
    at.type("not yet\n")
    assert "rejected  hanne_voss, by you: not yet" in at.expect(ASKED)
    at.type("q")
    assert at.end()[0] == 3
    asker, *_ = transcript(shell)["exchanges"][0]["turns"]
    first, second = asker["results"][0]["turns"]
    assert first["decision"]["text"] == "shorter, please"
    assert second["decision"]["edit"]["text"].startswith("Bad day")
    assert asker["results"][0]["text"].startswith("Bad day")


def test_letting_it_run(terminal: Open, hanne: str) -> None:
    """Nothing asks any more, and what was asked is decided by the policy."""
    at = begun(terminal, hanne)
    at.type("g")
    shown = at.expect(YOU)
    assert "policy    autonomous" in shown
    assert shown.count("/stylist  [") == 1
    at.type("What is your greatest ambition?\n")
    assert "q leave" not in at.expect(YOU)


def test_taking_over_at_another_layer(terminal: Open, hanne: str) -> None:
    """From now on the stylist asks, and nobody else; then everybody."""
    at = begun(terminal, hanne)
    at.type("t")
    assert "  3    stylist" in at.expect("beside which one?")
    at.type("3\n")
    shown = at.expect(ASKED)
    assert "a person beside hanne_voss/stylist" in shown
    assert "hanne_voss/stylist  [m0/1.0]" in shown
    at.type("a")
    at.expect(YOU)
    at.type("/t\n")
    at.expect("beside which one?")
    at.type("*\n")
    at.expect(YOU)
    at.type("Well?\n")
    assert "hanne_voss\n    answerer(" in at.expect(ASKED)


def test_a_message_for_a_persona_below(terminal: Open, shell: Shell, hanne: str) -> None:
    """It is heard by that one, before its next proposal, as a person's words."""
    at = begun(terminal, hanne)
    at.type("m")
    at.expect("a message for which one?")
    at.type("3\n")
    at.expect("your words: ")
    at.type("be brief\n")
    assert "left      for hanne_voss/stylist" in at.expect(ASKED)
    at.type("g")
    at.expect(YOU)
    turns = transcript(shell)["exchanges"][0]["turns"]
    first = [turn["results"][0]["turns"][0] for turn in turns[:2]]
    heard = {turn["proposal"]["path"][-1]: turn.get("heard", []) for turn in first}
    assert heard["answerer"] == []
    assert [(each["text"], each["by"]) for each in heard["stylist"]] == [("be brief", "user")]


def test_going_back(terminal: Open, shell: Shell, hanne: str) -> None:
    """Three proposals back, other words; a new conversation from there, the original as it was; and back once more."""
    at = begun(terminal, hanne)
    at.type("g")
    at.expect(YOU)
    before = transcript(shell)
    at.type("/b\n")
    assert "  4 hanne_voss/answerer [m0/0.0#0]" in at.expect("go back to (1-5; Enter: none) ")
    at.type("4\n")
    at.expect("q do not go back\n> ")
    at.type("r")
    at.expect("your words: ")
    at.type("with more pride\n")
    shown = at.expect(YOU)
    made = re.search(r"(t-\w+) goes on from there; t stays as it is", " ".join(shown.split()))
    assert made is not None
    after = transcript(shell, made[1])
    assert transcript(shell) == before
    asker, *_ = after["exchanges"][0]["turns"]
    assert asker["results"][0]["turns"][0]["decision"]["text"] == "with more pride"
    assert len(asker["results"][0]["turns"]) == 2
    at.type("/b\n")
    at.expect("Enter: none) ")
    at.type("1\n")
    at.expect("q do not go back\n> ")
    at.type("n")
    assert f"{made[1]} stays as it is" in " ".join(at.expect(YOU).split())
    at.type("\x04")
    assert at.end()[0] == 0


def test_leaving_and_going_on_in_another_process(terminal: Open, shell: Shell, hanne: str) -> None:
    """With `q`; then the same question, with what the persona was told; then `repertory answer`; then to the end."""
    at = begun(terminal, hanne)
    press(at, "a")
    at.type("q")
    status, rest = at.end()
    assert status == 3
    command = rest[rest.index("repertory chat") :]
    again = terminal(*shlex.split(command)[1:])
    assert "hanne_voss/answerer  [m0/0.0]\n    was told: I am Joe." in again.expect(ASKED)
    again.type("q")
    again.end()
    assert shell("answer", "t", "approve").status == 3
    again = terminal(*shlex.split(command)[1:])
    assert "stylist(" in again.expect(ASKED)
    again.type("g")
    again.expect(YOU)
    again.type("\n")
    assert again.end()[0] == 0


def test_siblings_that_wait_at_once(terminal: Open, pair: str) -> None:
    """One after the other, each with its frame and what it was told; each answer goes to its own."""
    at = terminal("chat", pair, "it", "--beside", "one")
    sides = {}
    for n in (1, 2):
        shown = at.expect(ASKED)
        assert f"decision  {n} of 2" in shown
        found = re.search(r"pair/one  \[m0/0\.(\d)\]\n    was told: it from the (\w+)\n", shown)
        assert found is not None
        sides[found[1]] = found[2]
        at.type("r")
        at.expect("your words: ")
        at.type(f"so says {found[2]}\n")
    assert sides == {"0": "left", "1": "right"}
    for _ in range(2):
        assert re.search(r"from the (\w+), and so says \1\n", at.expect(ASKED))
        at.type("a")
    reply = " ".join(at.expect(YOU).split())
    assert "I heard it from the left, and so says left and I heard it from the right, and so says right" in reply


def test_in_a_narrow_terminal(terminal: Open, hanne: str) -> None:
    """At 40 columns no line is wider, but for commands."""
    at = begun(terminal, hanne, COLUMNS="40")
    shown = press(at, "as?")
    at.type("g")
    shown += at.expect(YOU)
    assert max(cell_len(line) for line in shown.splitlines()) <= 40


def test_colours_only_where_they_are_wanted(terminal: Open, hanne: str) -> None:
    """A terminal gets them, with NO_COLOR none; the cursor is never moved."""
    for environ, wanted in (({}, True), ({"NO_COLOR": "1"}, False)):
        at = terminal("chat", hanne, "--say", HELLO, **environ)
        assert at.end()[0] == 0
        assert bool(re.search(r"\x1b\[[0-9;]*3[0-9]m", at.raw)) == wanted
        assert not re.search(r"\x1b(?!\[[0-9;]*m)", at.raw)
        assert at.text.count("● hanne_voss") == 1
