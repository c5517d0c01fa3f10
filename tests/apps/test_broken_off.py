"""Runs that are interrupted, killed, or met by another process."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.apps.company import Company, company
from tests.apps.conftest import Serve, Shell
from tests.openai_answers import Answer, Held, Slow
from tests.playing import agent_step, tool_step


class Gate:
    """A responder that holds back the answer to one instruction until it is opened."""

    def __init__(self, players: Company, instruction: str) -> None:
        self.players, self.instruction, self.open = players, instruction, False
        self.reached = threading.Event()

    def __call__(self, request: dict[str, Any]) -> Answer:
        answer = self.players(request)
        if self.players.asked[-1] == self.instruction and not self.open:
            self.reached.set()
            return Slow(60, answer)
        return answer


def three_steps() -> Company:
    return company(
        tool_step("save", "write_file", path="saved.txt", content="once"),
        agent_step("first", "think first"),
        agent_step("last", "think last", ["save", "first"]),
    )


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_broken_off_is_resumed_by_another_process(
    shell: Shell, serve: Serve, how: signal.Signals
) -> None:
    """By another process. Ctrl-C says how to go on, with status 130; after either, finished steps are not run again."""
    gate = Gate(three_steps(), "think last")
    serve(gate)
    process = shell.start("run", "think", "--workspace", "ws", "--thread", "t", "--yes", "--json")
    assert gate.reached.wait(60)
    process.send_signal(how)
    out, err = process.communicate(timeout=30)
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert "repertory resume t" in err
        assert "Traceback" not in err
        assert json.loads(out.splitlines()[-1])["status"] == "interrupted"
    assert "interrupted" in shell("runs").out
    show = shell("show", "t", "--json").result
    assert {step["id"]: step["status"] for step in show["steps"]} == {
        "save": "done",
        "first": "done",
        "last": "waiting",
    }
    (shell.workspace / "saved.txt").write_text("changed since")
    gate.open = True
    ran = shell("resume", "t", "--json")
    assert ran.status == 0
    assert (shell.workspace / "saved.txt").read_text() == "changed since"
    assert gate.players.asked.count("think first") == 1
    assert gate.players.asked.count("PlanDraft") == 1


def test_a_run_killed_while_it_was_planned_begins_again(shell: Shell, serve: Serve) -> None:
    """Nothing of it was kept but its settings; `resume` plans and asks."""
    gate = Gate(three_steps(), "PlanDraft")
    serve(gate)
    process = shell.start("run", "think", "--workspace", "ws", "--thread", "t")
    assert gate.reached.wait(60)
    process.kill()
    process.wait()
    gate.open = True
    ran = shell("resume", "t", "--json")
    assert ran.status == 3
    assert ran.result["pending"][0]["kind"] == "plan"


@pytest.fixture
def page() -> Iterator[tuple[str, list[str], threading.Event]]:
    """A page that is slow until its event is set: its address, the requests that came, and the event."""
    requests: list[str] = []
    quick = threading.Event()

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)
            quick.wait(30)
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            self.wfile.write(b"the page")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/page", requests, quick
    quick.set()
    server.shutdown()


def test_yes_never_repeats_a_call_whose_outcome_is_unknown(
    shell: Shell, serve: Serve, page: tuple[str, list[str], threading.Event]
) -> None:
    """Killed while a page was fetched: `resume --yes` names the call and ends with 3; a person's word repeats it."""
    url, requests, quick = page
    serve(company(tool_step("get", "fetch_url", url=url)))
    process = shell.start("run", "get it", "--thread", "t", "--yes", "--allow-private")
    wait_for(lambda: bool(requests))
    process.kill()
    process.wait()
    quick.set()
    for _ in range(2):
        ran = shell("resume", "t", "--yes")
        assert ran.status == 3
        assert "fetch_url was running when the process died. Run it again?" in " ".join(ran.out.split())
    assert len(requests) == 1
    ran = shell("answer", "t", "--approve", "--json")
    assert ran.status == 0
    assert len(requests) == 2
    assert "the page" in ran.result["answer"]


def test_a_run_is_performed_by_one_process_at_a_time(shell: Shell, serve: Serve) -> None:
    """A second process says which one performs it; other runs of the home go on beside it."""
    gate = Gate(three_steps(), "think last")
    serve(gate)
    process = shell.start("run", "think", "--workspace", "ws", "--thread", "t", "--yes", "--json")
    assert gate.reached.wait(60)
    ran = shell("resume", "t")
    assert ran.status == 1
    assert f"process {process.pid}" in ran.err
    ran = shell("run", "What is 2 + 2?", "--thread", "other", "--yes", "--model", "offline", "--json")
    assert ran.status == 0
    assert [run["status"] for run in shell("runs", "--json").events] == ["completed", "running"]


def test_an_answer_to_a_run_at_work_is_kept_for_it(shell: Shell, serve: Serve) -> None:
    """While one step still thinks, another's question is answered from outside: the process at work takes it up."""
    players = company(
        agent_step("write", "write it", tools=["write_file"]),
        agent_step("think", "think long"),
        acts={"write it": [[("write_file", {"path": "out", "content": "x"})], "wrote"]},
    )

    def respond(request: dict[str, Any]) -> Answer:
        answer = players(request)
        return Held(answered, answer) if players.asked[-1] == "think long" else answer

    answered = threading.Event()
    serve(respond)
    (shell.folder / "rules.json").write_text(
        json.dumps({"rules": [{"then": "ask", "risk": "write"}, {"then": "auto"}]})
    )
    process = shell.start("run", "both", "--workspace", "ws", "--thread", "t", "--policy", "rules.json", "--json")
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["event"] == "asked":
            break
    ran = shell("answer", "t", "approve")
    assert ran.status == 0
    assert "kept" in ran.out
    assert str(process.pid) in ran.out
    answered.set()
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert json.loads(out.splitlines()[-1])["status"] == "completed"
    assert (shell.workspace / "out").read_text() == "x"
    assert players.asked.count("think long") == 1


def test_two_runs_at_once_on_one_home(shell: Shell, serve: Serve) -> None:
    """Both complete, and what both have learned is there afterwards."""
    serve(lambda request: Slow(0.3, players(request)))
    players = company(agent_step("a", "say a", role="Sayer: says"))
    running = [
        shell.start("run", task, "--thread", name, "--yes", "--json")
        for task, name in (("say a once", "one"), ("say a more often", "two"))
    ]
    for process in running:
        out, err = process.communicate(timeout=90)
        assert process.returncode == 0, err
        assert json.loads(out.splitlines()[-1])["kept"]
    for task in ("say a once", "say a more often"):
        ran = shell("run", task, "--json")
        assert next(e for e in ran.events if e.get("status") == "done")["detail"]["source"] == "equal"


def test_a_reader_that_goes_away_does_no_harm(shell: Shell) -> None:
    """`repertory runs | head` ends without a traceback."""
    assert shell("run", "What is 2 + 2?", "--yes").status == 0
    process = shell.start("runs")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()
    process.wait(30)


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Until it holds."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.02)
