"""Calls whose result a person gives: what the terminal says is wanted, and what it takes."""

import io
import json
import subprocess
import sys
from typing import Any

import pytest

from repertory.apps.chat.asking import Asker
from repertory.apps.chat.desk import Desk
from repertory.apps.runs.events import Pending
from repertory.apps.screens.decide import approvable
from repertory.apps.screens.editor import Editor
from repertory.apps.screens.page import Page
from repertory.apps.screens.proposals import headline
from repertory.apps.screens.summary import print_how_to_answer
from repertory.memory.proposals import Call, Executor, Proposal
from repertory.nodes.decisions.answers import parse_answer
from repertory.nodes.decisions.executors import with_executors
from tests.apps.chat.acting import Typed
from tests.apps.chat.told import LADY, outcome, plain, screen

WHERE: dict[str, Executor] = {"ask_user": "user", "look_up": "client"}
BLUE = {"type": "result", "status": "completed", "output": "blue"}


def pending(*names: str) -> Pending:
    """A proposal of these calls that waits."""
    calls = tuple(Call(id=f"0.{n}", name=name, arguments={"question": "why?"}) for n, name in enumerate(names))
    proposal = Proposal(id="run/m0#0", path=("lady",), kind="tool", calls=calls)
    proposal = with_executors(proposal, lambda name: WHERE.get(name, "server"))
    return Pending(id="interrupt-1", kind="tool", title="lady waits", proposal=proposal.model_dump(mode="json"))


def test_the_headline_says_whose_result_is_waited_for() -> None:
    """And what else is wanted."""
    assert headline(pending("ask_user")) == "lady waits for the result of ask_user"
    both = headline(pending("write_file", "look_up"))
    assert both == "lady waits for the result of look_up, and wants to call write_file"
    assert headline(pending("write_file")) == "lady wants to call write_file"


def test_saying_yes_beforehand_gives_no_results() -> None:
    """`--yes` leaves them to a person."""
    assert approvable([pending("ask_user"), pending("ask_user", "write_file")]) == {}
    assert approvable([pending("write_file")]) == {"interrupt-1": {"verdict": "approve"}}


@pytest.mark.parametrize("names", [("ask_user",), ("write_file", "look_up")])
def test_the_command_that_answers_is_shown_and_is_understood(names: tuple[str, ...]) -> None:
    """With a result in its place, and a yes for what this program does itself."""
    file, asked = io.StringIO(), pending(*names)
    print_how_to_answer(Page(file), outcome(asked=[asked]), "")
    command = next(line for line in file.getvalue().splitlines() if "repertory answer" in line)
    answer = json.loads(command.partition("'")[2].rpartition("'")[0])
    decision = parse_answer(answer, Proposal.model_validate(asked.proposal))
    assert (decision.verdict, set(decision.outcomes)) == ("approve", {f"0.{names.index(asked.awaited[0])}"})
    assert "--edit" not in file.getvalue()


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("o blue\n", BLUE),
        ("o\nblue\n", BLUE),
        ("rather blue\n", "rather blue"),
        (json.dumps(BLUE) + "\n", BLUE),
        ("a\n?\no blue\n", BLUE),
        ("x never\n", {"verdict": "reject", "text": "never"}),
    ],
)
def test_a_person_gives_the_result_at_the_prompt(typed: str, answer: Any) -> None:
    """By its letter, in words, or as JSON; to approve is no answer here, and the menu does not offer it."""
    code = (
        "import json, sys\n"
        "from repertory.apps.runs.events import Pending\n"
        "from repertory.apps.screens.decide import Prompt\n"
        "from repertory.apps.screens.page import Page\n"
        "asked = Pending.model_validate_json(sys.argv[1])\n"
        "print('ANSWER', json.dumps(Prompt(Page(sys.stdout), {}).ask(asked)))\n"
    )
    arguments = [sys.executable, "-c", code, pending("ask_user").model_dump_json()]
    ran = subprocess.run(arguments, input=typed, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout.rpartition("ANSWER")[2]) == answer
    assert "o result" in ran.stdout
    assert "a approve" not in ran.stdout


def test_a_person_gives_the_result_in_a_conversation() -> None:
    """By its key; approving and editing are not offered. Where no result is waited for, that key is not."""
    at, file = screen()
    keys = Typed("a", "o", ">blue")
    asker = Asker(at, Desk(at.sheet, keys, LADY), Editor(at.sheet, {}))
    assert asker.ask(pending("ask_user")) == BLUE
    keys.done()
    shown = plain(file)
    assert "lady waits" in shown
    assert "o result" in shown
    assert "a approve" not in shown
    at, file = screen()
    keys = Typed("o", "a")
    asker = Asker(at, Desk(at.sheet, keys, LADY), Editor(at.sheet, {}))
    assert asker.ask(pending("write_file")) == {"verdict": "approve"}
    assert "o result" not in plain(file)
