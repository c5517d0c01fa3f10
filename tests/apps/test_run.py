"""`repertory run`: a task from its plan to its answer, without a terminal."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.apps.company import company
from tests.apps.conftest import Serve, Shell
from tests.openai_answers import Refused
from tests.playing import agent_step, tool_step

OFFLINE = ("run", "Count the words in a.txt and in b.txt, compare the two and write the comparison to out.md")


def two_steps() -> Any:
    return company(
        tool_step("count", "text_statistics", path="a.txt"),
        agent_step("tell", "say something", ["count"], role="Teller: tells"),
    )


def test_without_a_terminal_it_says_what_to_decide_and_how(shell: Shell) -> None:
    """The proposal is shown in full, the exit status is 3, and the commands that are printed lead to the answer."""
    ran = shell(*OFFLINE, "--workspace", "ws", "--thread", "t")
    assert ran.status == 3
    assert ran.out.startswith("offline model")
    assert 'text_statistics(path="a.txt")' in ran.out
    assert "prompt:" in ran.out
    for _ in range(3):  # the plan, then the file that is written
        [command] = [
            line.strip() for line in ran.out.splitlines() if line.strip().startswith("repertory answer t --id")
        ]
        ran = shell(*shlex.split(command)[1:])
        if ran.status == 0:
            break
        assert ran.status == 3
        assert "write_file" in ran.out
    assert ran.status == 0
    assert (shell.workspace / "out.md").exists()
    assert "file      out.md" in ran.out


def test_the_same_task_again_reuses_the_company(shell: Shell) -> None:
    """The second run says so, plans nothing, casts from the cohort, and costs less."""
    first = shell(*OFFLINE, "--workspace", "ws", "--yes")
    assert first.status == 0
    assert "kept      the company, for next time" in first.out
    second = shell(*OFFLINE, "--workspace", "ws", "--yes")
    assert second.status == 0
    assert "this task was done before: its company is used again" in " ".join(second.out.split())
    assert "cohort: did 1 of 1 such tasks well" in " ".join(second.out.split())
    assert "approved  by --yes" in second.out
    for node in ("plan 1", "create_prompts", "reflect"):
        assert node in first.out
        assert node not in second.out


def test_json_is_one_event_a_line_and_ends_with_the_result(shell: Shell, serve: Serve) -> None:
    """Standard output holds nothing else; the result has steps, artifacts, and usage by node."""
    serve(
        company(
            tool_step("count", "text_statistics", path="a.txt"),
            tool_step("save", "write_file", path="out.txt", content="seen"),
            agent_step("tell", "say something", ["count"]),
        )
    )
    ran = shell("run", "tell me", "--workspace", "ws", "--thread", "t", "--json", "--yes")
    assert ran.status == 0
    events = ran.events
    assert [event["event"] for event in events if event["event"] != "node"][:2] == ["started", "asked"]
    kinds = {"started", "node", "asked", "proposal", "settled", "decision", "step", "call", "result"}
    assert kinds == {event["event"] for event in events}
    assert [event["by"] for event in events if event["event"] == "decision"] == ["--yes"]
    done = [event["step_id"] for event in events if event["event"] == "step" and event["status"] == "done"]
    assert sorted(done) == ["count", "save", "tell"]
    result = ran.result
    assert (result["status"], result["thread_id"], result["answer"]) == ("completed", "t", "the report")
    steps = {step["id"]: step for step in result["steps"]}
    assert steps["tell"]["performer"] == "agent role_tell"
    assert steps["tell"]["output"] == "did: say something"
    assert steps["count"]["error"] is None
    assert [file["path"] for file in result["artifacts"]] == ["out.txt"]
    usage = result["usage"]
    assert usage["total"]["model_calls"] == 5 == sum(part["model_calls"] for part in usage["by_node"].values())
    assert {"plan", "create_prompts", "reflect", "report", "perform"} <= set(usage["by_node"])
    assert usage["total"]["input_tokens"] > usage["by_node"]["perform"]["input_tokens"] > 0


def test_json_with_a_decision_needed_ends_with_what_is_pending(shell: Shell, serve: Serve) -> None:
    """Status 3, and in the last line each decision with its id, title, proposal and command."""
    serve(two_steps())
    ran = shell("run", "tell me", "--workspace", "ws", "--json")
    assert ran.status == 3
    [pending] = ran.result["pending"]
    assert ran.result["status"] == "needs_decision"
    assert [step["id"] for step in pending["proposal"]["content"]["steps"]] == ["count", "tell"]
    assert pending["title"].startswith("Perform 2 steps")
    done = shell(*shlex.split(pending["command"])[1:], "--json")
    assert done.status == 0
    assert done.result["status"] == "completed"


def test_the_task_is_read_from_standard_input(shell: Shell) -> None:
    """TASK `-`."""
    ran = shell("run", "-", "--json", "--yes", stdin="What is 17 * 23?\n")
    assert ran.status == 0
    assert ran.result["task"] == "What is 17 * 23?"
    assert "391" in ran.result["answer"]


def test_a_run_goes_on_with_the_settings_it_was_started_with(shell: Shell, serve: Serve) -> None:
    """Workspace, policy, model and limits are kept: `answer` needs none of them, from any folder."""
    server = serve(two_steps())
    (shell.folder / "rules.json").write_text(json.dumps({"rules": [{"then": "ask", "kind": "plan"}, {"then": "auto"}]}))
    arguments = ["--policy", "rules.json", "--model", "openai:gpt-4.1", "--limit", "model_calls=4"]
    ran = shell("run", "tell me", "--workspace", "ws", "--thread", "t", *arguments)
    assert ran.status == 3
    elsewhere = Shell(shell.folder / "ws", shell.environ)
    ran = elsewhere("answer", "t", "approve", "--json")
    assert ran.status == 1
    assert ran.result["status"] == "stopped"
    assert "limit of 4 model_calls" in ran.result["error"]
    assert {step["id"]: step["status"] for step in ran.result["steps"]} == {"count": "done", "tell": "done"}
    assert {request["model"] for request in server.requests} == {"gpt-4.1"}


def test_a_run_of_a_real_model_never_goes_on_with_the_offline_one(shell: Shell, serve: Serve) -> None:
    """Without the key that it was started with, `answer` refuses and nothing is lost."""
    serve(two_steps())
    assert shell("run", "tell me", "--workspace", "ws", "--thread", "t").status == 3
    offline = Shell(shell.folder, {k: v for k, v in shell.environ.items() if not k.startswith("OPENAI_")})
    ran = offline("answer", "t", "approve")
    assert ran.status == 1
    assert "set OPENAI_API_KEY" in ran.err
    assert shell("answer", "t", "approve").status == 0


def test_names_are_not_taken_twice(shell: Shell) -> None:
    """`run --thread` of a run that exists is an error that names the ways on."""
    assert shell("run", "What is 2 + 2?", "--thread", "t").status == 3
    ran = shell("run", "What is 3 + 3?", "--thread", "t")
    assert ran.status == 2
    assert "repertory resume t" in ran.err
    assert "What is 2 + 2?" in shell("show", "t").out


@pytest.mark.parametrize("rule", [{"then": "deny", "kind": "plan"}, None])
def test_what_is_rejected_ends_with_status_1(shell: Shell, rule: dict[str, str] | None) -> None:
    """By a rule or by the user: nothing is performed, and the reason is told."""
    (shell.folder / "rules.json").write_text(json.dumps({"rules": [rule] if rule else [{"then": "ask"}]}))
    ran = shell("run", "What is 2 + 2?", "--thread", "t", "--policy", "rules.json", "--json")
    if rule is None:
        ran = shell("answer", "t", "--reject", "too simple", "--json")
    assert ran.status == 1
    assert ran.result["status"] == "rejected"
    assert ("policy" if rule else "too simple") in ran.result["error"]
    assert [step["status"] for step in ran.result["steps"]] == ["waiting"]


def test_errors_are_told_without_a_traceback_and_resumed(shell: Shell, serve: Serve) -> None:
    """A server that refuses ends the run with status 1; when it answers again, `resume` goes on from there."""
    players = two_steps()
    broken = [True]
    serve(lambda request: Refused(401, "no such key") if broken[0] else players(request))
    ran = shell("run", "tell me", "--workspace", "ws", "--thread", "t", "--yes")
    assert ran.status == 1
    assert "refuses the key" in ran.out
    assert "repertory resume t" in ran.out
    assert "Traceback" not in ran.out + ran.err
    assert shell("runs", "--json").events[0]["status"] == "error"
    broken[0] = False
    ran = shell("resume", "t", "--yes", "--json")
    assert ran.status == 0
    assert ran.result["status"] == "completed"
    assert players.asked.count("PlanDraft") == 1


def test_a_finished_run_tells_its_result_again(shell: Shell) -> None:
    """`resume` of it performs nothing."""
    first = shell("run", "What is 17 * 23?", "--thread", "t", "--yes", "--json")
    again = shell("resume", "t", "--json")
    assert again.status == 0
    assert again.events == [first.result]
    assert "completed" in shell("resume", "t").out


def test_runs_and_show_tell_how_runs_stand(shell: Shell) -> None:
    """A list with the newest first; and one run whole: plan, agents, outputs, decisions and how to make them, cost."""
    assert shell(*OFFLINE, "--workspace", "ws", "--thread", "one").status == 3
    assert shell("run", "What is 17 * 23?", "--thread", "two", "--yes").status == 0
    lines = shell("runs").out.splitlines()
    assert [line.split()[2:4] for line in lines] == [["completed", "two"], ["needs_decision", "one"]]
    assert [run["id"] for run in shell("runs", "--json").events] == ["two", "one"]
    one = shell("show", "one")
    assert one.status == 0
    assert "repertory answer one --id" in one.out
    assert "usage" in one.out
    two = shell("show", "two").out
    assert "tool calculate: done" in two
    assert "391" in two
    assert shell("show", "one", "--json").result["status"] == "needs_decision"


def test_output_fits_a_pipe(shell: Shell) -> None:
    """80 columns but for answers and commands; no colours; a character that the codepage lacks does not end it."""
    (shell.workspace / "a.txt").write_text("żółw 🐢 " * 20)
    ran = shell(*OFFLINE, "--workspace", "ws", "--thread", "t", PYTHONIOENCODING="ascii")
    assert ran.status == 3
    assert "\x1b" not in ran.out
    assert max(len(line) for line in ran.out.splitlines()) <= 80
    assert not [char for char in ran.out if "\u2500" <= char <= "\u257f"]


def test_texts_cannot_act_on_the_terminal(shell: Shell, serve: Serve) -> None:
    """Escape sequences in what a model proposes are shown as a mark."""
    serve(company(agent_step("a", "innocent\x1b[2K\x1b[1A\u202eevil", role="Red\x1b[31m: is red")))
    ran = shell("run", "tell me")
    assert ran.status == 3
    assert "innocent\ufffd[2K\ufffd[1A\ufffdevil" in ran.out
    assert "\x1b" not in ran.out


def test_the_home_may_be_given(shell: Shell) -> None:
    """With --home, the printed commands carry it."""
    ran = shell("run", "What is 2 + 2?", "--thread", "t", "--home", "my home")
    assert Path(shell.folder / "my home" / "store.sqlite").exists()
    [command] = [line.strip() for line in ran.out.splitlines() if "repertory answer" in line]
    assert shell(*shlex.split(command)[1:]).status == 0
