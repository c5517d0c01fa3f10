"""`repertory chat` without a terminal: in processes of its own."""

import shlex
import shutil

import pytest

from tests.apps.conftest import Serve, Shell
from tests.openai_answers import Refused

HELLO = "I am Joe. Who are you?"


def test_a_message_as_json(shell: Shell, hanne: str) -> None:
    """Each proposal and decision of every layer is a line; the last is the result; status 0."""
    ran = shell("chat", hanne, "--say", HELLO, "--json", "--thread", "t")
    assert ran.status == 0
    proposals = [event["proposal"] for event in ran.events if event["event"] == "proposal"]
    assert [("/".join(each["path"]), each["kind"]) for each in proposals] == [
        ("hanne_voss", "delegate"),
        ("hanne_voss/answerer", "reply"),
        ("hanne_voss", "delegate"),
        ("hanne_voss/stylist", "reply"),
        ("hanne_voss", "reply"),
    ]
    settled = [event["decision"]["by"] for event in ran.events if event["event"] == "settled"]
    assert settled == ["policy"] * 5
    assert not {"speaking", "written"} & {event["event"] for event in ran.events}
    assert (ran.result["status"], ran.result["thread_id"]) == ("completed", "t")
    assert ran.result["answer"] == proposals[-1]["text"]


def test_pieces_where_they_are_wanted(shell: Shell, hanne: str) -> None:
    """What is written is what is proposed."""
    ran = shell("chat", hanne, "--say", HELLO, "--json", "--stream")
    written = "".join(
        event["text"] for event in ran.events if event["event"] == "written" and event["path"] == ["hanne_voss"]
    )
    assert written == ran.result["answer"]


def test_a_person_is_needed_and_answers(shell: Shell, hanne: str) -> None:
    """Status 3 with the command that approves; `repertory answer` goes on to the next question, and to the end."""
    ran = shell("chat", hanne, "--say", HELLO, "--json", "--policy", "interactive", "--thread", "t")
    asked = []
    while ran.status == 3:
        assert ran.result["status"] == "needs_decision"
        [pending] = ran.result["pending"]
        assert pending == {**ran.events[-2]["pending"], "command": pending["command"]}
        asked.append("/".join(pending["proposal"]["path"]))
        ran = shell(*shlex.split(pending["command"])[1:], "--json")
    assert ran.status == 0
    assert asked == ["hanne_voss", "hanne_voss/answerer", "hanne_voss", "hanne_voss/stylist", "hanne_voss"]
    more = shell("chat", hanne, "--say", "Well?", "--json", "--thread", "t", "--policy", "autonomous")
    assert more.status == 0
    assert more.result["thread_id"] == "t"


def test_a_person_beside_one_persona(shell: Shell, hanne: str) -> None:
    """Only that one asks, by the end of its path."""
    ran = shell("chat", hanne, "--say", HELLO, "--json", "--beside", "stylist", "--thread", "t")
    assert ran.status == 3
    assert [pending["proposal"]["path"][-1] for pending in ran.result["pending"]] == ["stylist"]
    assert shell("answer", "t", "--approve", "--json").status == 0


def test_no_message_is_lost_while_a_decision_waits(shell: Shell, hanne: str) -> None:
    """The command is refused with the ids, and says how to answer."""
    ran = shell("chat", hanne, "--say", HELLO, "--json", "--policy", "interactive", "--thread", "t")
    again = shell("chat", hanne, "--say", "more", "--json", "--thread", "t")
    assert again.status == 2
    assert ran.result["pending"][0]["id"] in again.err
    assert "repertory answer t" in again.err


def test_each_line_of_standard_input_is_a_message(shell: Shell, hanne: str) -> None:
    """In one conversation; with `--say -` all of it is one message."""
    ran = shell("chat", hanne, "--json", stdin=f"{HELLO}\n\nWhat is your ambition?\n")
    assert ran.status == 0
    results = [event for event in ran.events if event["event"] == "result"]
    assert len(results) == 2
    assert len({result["thread_id"] for result in results}) == 1
    ran = shell("chat", hanne, "--say", "-", "--json", stdin="I am Joe.\nWho are you?\n")
    assert [event["task"] for event in ran.events if event["event"] == "started"] == ["I am Joe.\nWho are you?"]


def test_lines_that_come_to_nothing_are_told(shell: Shell, hanne: str) -> None:
    """Where a decision is needed: on standard error, with the way on; as JSON before the result."""
    ran = shell("chat", hanne, "--policy", "interactive", "--thread", "t", stdin=f"{HELLO}\nYou are a fool.\n")
    assert ran.status == 3
    assert "not said" in ran.err
    assert "\n  You are a fool.\n" in ran.err
    assert f"repertory chat {hanne} --thread t" in ran.err
    ran = shell("chat", hanne, "--policy", "interactive", "--json", stdin=f"{HELLO}\nYou are a fool.\n")
    assert ran.events[-2]["event"] == "unsaid"
    assert ran.events[-2]["messages"] == ["You are a fool."]


def test_a_pipe_gets_lines(shell: Shell, hanne: str) -> None:
    """No control characters, nothing but ASCII of our own, at most 80 columns but for names and commands."""
    ran = shell("chat", hanne, HELLO, "--thread", "t", PYTHONIOENCODING="ascii")
    assert ran.status == 0
    lines = ran.out.splitlines()
    assert lines[:4] == [
        "policy    supervised",
        "personas  hanne_voss",
        "          |- answerer",
        "          `- stylist",
    ]
    assert "hanne_voss/stylist  [m0/1.0]" in lines
    assert lines[-1] == "go on     repertory chat characters/model/hanne_voss.yaml --thread t"
    assert max(len(line) for line in lines) <= 80
    assert not {char for char in ran.out if ord(char) < 32 and char != "\n"}
    asks = shell("chat", hanne, "More?", "--thread", "t", "--policy", "interactive")
    assert asks.status == 3
    assert "repertory answer t --id" in asks.out


def test_a_name_of_the_registry(shell: Shell, hanne: str) -> None:
    """After `repertory agents add`; of an unknown one the nearest is told, or the file beside."""
    assert shell("agents", "add", hanne).status == 0
    assert shell("chat", "hanne_voss", "--say", HELLO, "--json").status == 0
    unknown = shell("chat", "hane_voss", "--say", HELLO)
    assert unknown.status == 2
    assert "did you mean 'hanne_voss'?" in unknown.err
    shutil.copy(shell.folder / hanne, shell.folder / "voss.yaml")
    assert "write 'voss.yaml'" in shell("chat", "voss", "--say", HELLO).err


def test_a_file_that_is_wrong(shell: Shell) -> None:
    """File, line and field; nothing was opened for it."""
    (shell.folder / "bad.yaml").write_text("name: bad\nrole: Bad\ndescription: is bad\ntool: [x]\n")
    ran = shell("chat", "bad.yaml", "--say", HELLO)
    assert ran.status == 2
    assert "bad.yaml:4" in ran.err
    assert not (shell.folder / "home").exists()


def test_a_thread_that_is_none_of_its_conversations(shell: Shell, hanne: str) -> None:
    """The run of a plan, and a conversation with somebody else; each with the way on."""
    assert shell("run", "What is 2 + 2?", "--thread", "plan", "--yes").status == 0
    ran = shell("chat", hanne, "--say", HELLO, "--thread", "plan")
    assert ran.status == 2
    assert "repertory resume plan" in ran.err
    assert shell("chat", hanne, "--say", HELLO, "--thread", "t").status == 0
    other = shell("chat", "characters/model/kez_dupree.yaml", "--say", HELLO, "--thread", "t")
    assert other.status == 2
    assert "is with 'hanne_voss', not with 'kez_dupree'" in other.err


def test_a_persona_that_was_changed_since(shell: Shell, pair: str) -> None:
    """The conversation goes on with it as it was, and says so; what it was begun with cannot be given again."""
    assert shell("chat", pair, "--say", "a word", "--thread", "t").status == 0
    file = shell.folder / pair
    file.write_text(file.read_text().replace("Asks two at once", "Asks twice"))
    ran = shell("chat", pair, "--say", "another", "--thread", "t", "--json")
    assert ran.status == 0
    assert "pair was changed since" in ran.err
    assert shell("chat", pair, "--say", "more", "--thread", "t", "--model", "offline").status == 2


WRONG = [
    (["--say", " "], "the message is empty"),
    (["b", "--say", "a"], "give one of them"),
    (["--say", "a", "--stream"], "--stream goes with --json"),
    (["--say", "a", "--beside", "nobody"], "has no persona 'nobody'"),
    (["--say", "a", "--beside", "one", "--policy", "interactive"], "not allowed with"),
    (["--say", "a", "--policy", "lax"], "'lax'"),
    (["--say", "a", "--thread", "a/b"], "'a/b'"),
    ([], "nothing is said"),
]


@pytest.mark.parametrize(("arguments", "word"), WRONG, ids=str)
def test_wrong_usage(shell: Shell, pair: str, arguments: list[str], word: str) -> None:
    """Status 2, with the value, and no conversation is begun."""
    ran = shell("chat", pair, *arguments)
    assert ran.status == 2
    assert word in ran.err
    assert "Traceback" not in ran.err
    assert "no runs yet" in shell("runs").out


def test_siblings_that_wait_are_answered_by_id(shell: Shell, pair: str) -> None:
    """The second first; each answer goes to its own."""
    ran = shell("chat", pair, "--say", "it", "--json", "--beside", "one", "--thread", "t")
    assert ran.status == 3
    texts = {pending["id"]: pending["proposal"]["text"] for pending in ran.result["pending"]}
    assert sorted(texts.values()) == ["I heard it from the left", "I heard it from the right"]
    right, left = sorted(texts, key=lambda each: texts[each], reverse=True)
    assert shell("answer", "t", "--id", right, "--edit", '{"text": "RIGHT"}').status == 3
    ran = shell("answer", "t", "--id", left, "--edit", '{"text": "LEFT"}', "--json")
    assert ran.status == 0
    assert ran.result["answer"] == "LEFT and RIGHT"


def test_a_model_that_refuses(shell: Shell, serve: Serve, hanne: str) -> None:
    """Status 1, with a result that says why; `repertory resume` ends the exchange when it answers again."""
    broken = [True]
    serve(lambda _: Refused(401, "no such key") if broken[0] else "Aye.")
    ran = shell("chat", hanne, "--say", HELLO, "--json", "--thread", "t", "--policy", "autonomous")
    assert ran.status == 1
    assert ran.result["status"] == "error"
    assert "key" in ran.result["error"]
    assert "Traceback" not in ran.err
    assert "repertory resume t" in shell("chat", hanne, "--say", "more", "--thread", "t").err
    broken[0] = False
    assert shell("resume", "t", "--json").result["answer"] == "Aye."
    assert shell("chat", hanne, "--say", "more", "--thread", "t", "--json").result["answer"] == "Aye."
