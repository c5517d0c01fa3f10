"""`repertory answer`: to which decision, in which form, and what happens to wrong ones."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.apps.company import Company, company
from tests.apps.conftest import Ran, Serve, Shell
from tests.playing import agent_step, plan_of


def writers() -> Company:
    """Two agents who each want to write a file."""
    return company(
        *(agent_step(name, f"write {name}", tools=["write_file"]) for name in ("one", "two")),
        acts={
            f"write {name}": [[("write_file", {"path": name, "content": name})], f"wrote {name}"]
            for name in ("one", "two")
        },
    )


@pytest.fixture
def waiting(shell: Shell, serve: Serve) -> Callable[[], Ran]:
    """A run `t` that waits for two decisions at once."""

    def begin() -> Ran:
        serve(writers())
        assert shell("run", "write both", "--workspace", "ws", "--thread", "t").status == 3
        ran = shell("answer", "t", "approve", "--json")
        assert ran.status == 3
        assert {pending["step_id"] for pending in ran.result["pending"]} == {"one", "two"}
        return ran

    return begin


def ids(ran: Ran) -> dict[str, str]:
    return {pending["step_id"]: pending["id"] for pending in ran.result["pending"]}


def test_with_several_decisions_an_id_is_needed(shell: Shell, waiting: Callable[[], Ran]) -> None:
    """Without one, with an unknown one, or with a start that fits all: an error that lists them, and nothing lost."""
    pending = ids(waiting())
    for arguments in (["approve"], ["approve", "--id", "zzz"], ["approve", "--id", ""]):
        ran = shell("answer", "t", *arguments)
        assert ran.status == 2
        assert all(each in ran.err for each in pending.values())
    assert ids(shell("show", "t", "--json")) == pending


def test_some_at_a_time_by_the_start_of_the_id(shell: Shell, waiting: Callable[[], Ran]) -> None:
    """The second is answered first; the first still waits, and its answer ends the run."""
    pending = ids(waiting())
    ran = shell("answer", "t", "--id", pending["two"][:8], "--approve", "--json")
    assert ran.status == 3
    assert ids(ran) == {"one": pending["one"]}
    assert (shell.workspace / "two").exists()
    assert not (shell.workspace / "one").exists()
    ran = shell("answer", "t", "--edit", json.dumps({"path": "three", "content": "3"}), "--json")
    assert ran.status == 0
    assert (shell.workspace / "three").read_text() == "3"
    assert not (shell.workspace / "one").exists()


def test_all_at_once(shell: Shell, waiting: Callable[[], Ran]) -> None:
    """--all gives the answer to each."""
    waiting()
    ran = shell("answer", "t", "--all", "--approve", "--json")
    assert ran.status == 0
    assert [event["verdict"] for event in ran.events if event["event"] == "decision"] == ["approve", "approve"]
    assert {path.name for path in shell.workspace.iterdir()} >= {"one", "two"}


def test_an_edit_that_is_wrong_is_refused_with_the_reason(shell: Shell, serve: Serve) -> None:
    """It is asked again, with what was wrong; --yes does not approve what a person wanted changed; a right one runs."""
    serve(company(agent_step("a", "first"), agent_step("b", "second", ["a"])))
    assert shell("run", "do it", "--thread", "t").status == 3
    wrong = json.dumps({"steps": [{"id": "a", "needs": ["b"]}, {"id": "b"}]})
    ran = shell("answer", "t", "--edit", wrong, "--yes")
    assert ran.status == 3
    assert "circle" in ran.out
    assert "edited" not in ran.out
    last = ran.out.splitlines()[-24:]  # what a small screen has
    assert any("Not accepted" in line for line in last)
    assert any(line.strip().startswith("repertory answer t --id") for line in last)
    (shell.folder / "edit.json").write_text(json.dumps({"steps": [{"id": "b", "needs": [], "instruction": "only"}]}))
    ran = shell("answer", "t", "--edit", "@edit.json", "--json")
    assert ran.status == 0
    assert ran.result["answer"] == "did: only"


def test_an_edit_of_a_call_is_told_of_when_it_is_made(shell: Shell, waiting: Callable[[], Ran]) -> None:
    """Not where it is refused; of a right one it is told before the call."""
    pending = ids(waiting())
    wrong = shell("answer", "t", "--id", pending["one"], "--edit", '{"way": "three"}')
    assert wrong.status == 3
    assert "Not accepted" in wrong.out
    assert "edited" not in wrong.out
    again = ids(shell("show", "t", "--json"))
    right = shell("answer", "t", "--id", again["one"], "--edit", json.dumps({"path": "three", "content": "3"}))
    assert right.status == 3
    assert 0 < right.out.index("edited    by you") < right.out.index("called write_file")


def test_commands_and_options_are_not_broken(shell: Shell) -> None:
    """At 80 columns each stands whole, on a line of its own."""
    name = "a-name-that-is-as-long-as-names-of-runs-may-be-made-by-a-person"
    ran = shell("run", "What is 2 + 2?", "--thread", name, COLUMNS="80")
    lines = [line.strip() for line in ran.out.splitlines()]
    assert any(re.fullmatch(f"repertory answer {name} --id [0-9a-f]+ --approve", line) for line in lines)
    assert {"--reject [REASON]", "--respond TEXT", "--edit JSON"} <= set(lines)


def test_words_are_answered_with_another_proposal(shell: Shell, serve: Serve) -> None:
    """--respond goes back to the planner; what it proposes then is asked again."""
    players = Company(plan_of(agent_step("a", "first")), plan_of(agent_step("b", "better")))
    serve(players)
    assert shell("run", "do it", "--thread", "t").status == 3
    ran = shell("answer", "t", "--respond", "make it better, please", "--json")
    assert ran.status == 3
    assert [step["id"] for step in ran.result["pending"][0]["proposal"]["content"]["steps"]] == ["b"]
    assert any("make it better, please" in text for text in players.texts)
    ran = shell("answer", "t", '{"type": "accept"}', "--json")
    assert ran.result["answer"] == "did: better"


@pytest.mark.parametrize("answer", ['{"verdict": "maybe"}', '{"verdict": "respond"}', "[{}, {}]"])
def test_an_answer_that_cannot_be_understood_changes_nothing(answer: str, shell: Shell) -> None:
    """Status 2, the value named, and the decision is still pending."""
    assert shell("run", "What is 2 + 2?", "--thread", "t").status == 3
    before = shell("show", "t", "--json").result["pending"]
    ran = shell("answer", "t", answer)
    assert ran.status == 2
    assert "answer" in ran.err or "decisions" in ran.err
    assert shell("show", "t", "--json").result["pending"] == before


def test_nothing_to_answer(shell: Shell) -> None:
    """A finished run waits for no decision, and says so."""
    assert shell("run", "What is 2 + 2?", "--thread", "t", "--yes").status == 0
    ran = shell("answer", "t", "approve")
    assert ran.status == 2
    assert "waits for no decision" in ran.err


def test_interactive_asks_for_everything_and_yes_answers_it(shell: Shell, serve: Serve) -> None:
    """Plan, calls, replies and the rating each become a decision."""
    serve(writers())
    ran = shell("run", "write both", "--workspace", "ws", "--policy", "interactive", "--yes", "--json")
    assert ran.status == 0
    kinds: list[Any] = [event["pending"]["kind"] for event in ran.events if event["event"] == "asked"]
    assert {kind: kinds.count(kind) for kind in kinds} == {"plan": 1, "tool": 2, "reply": 2, "rating": 1}
    assert ran.result["rating"] == "satisfied"


def test_two_answers_to_one_decision_at_once(shell: Shell, waiting: Callable[[], Ran]) -> None:
    """One counts, and the other is told so: nobody believes that he was heard who was not."""
    first, second = ids(waiting()).values()
    words = {"--approve": [], "--reject": ["too late"]}
    processes = [shell.start("answer", "t", "--id", first, verdict, *more) for verdict, more in words.items()]
    ends = [(process.communicate(timeout=100), process.returncode) for process in processes]
    assert sorted(status for _, status in ends) == [2, 3]
    [refused] = [err for (_, err), status in ends if status == 2]
    assert first in refused
    assert list(ids(shell("show", "t", "--json")).values()) == [second]
