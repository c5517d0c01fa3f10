"""`repertory serve`, in a process of its own."""

import re
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest

from tests.apps.conftest import Serve, Shell
from tests.openai_answers import Held

LINE = re.compile(r"listening on (http://\S+) \((.+)\)\n")


def begin(shell: Shell, *options: str) -> tuple["subprocess.Popen[str]", str, str]:
    """Start a server on a free port: its process, its address, and what it says of its agent."""
    process = shell.start("serve", "--port", "0", *options)
    assert process.stdout is not None
    line = LINE.fullmatch(process.stdout.readline())
    assert line, process.communicate()
    return process, line[1], line[2]


def end(process: "subprocess.Popen[str]", number: signal.Signals) -> tuple[int, str]:
    """Send it a signal: its exit status, and what it said on standard error."""
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    return process.returncode, err


def client(url: str, **headers: str) -> httpx.Client:
    """A client of it."""
    return httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_stops_in_an_orderly_way(shell: Shell, number: signal.Signals) -> None:
    """One line, at once even into a pipe; what is served is kept for the next start."""
    process, url, what = begin(shell, "--agent", "scripted")
    assert what == "agent scripted"
    with client(url) as http:
        made = http.post("/ap/v2/topics", json={"name": "kept"}).json()
    assert end(process, number) == (0, "")
    process, url, _ = begin(shell, "--agent", "scripted")
    with client(url) as http:
        assert http.get(f"/ap/v2/topics/{made['topic_id']}").json() == made
    assert end(process, number) == (0, "")


def test_the_planner_serves_and_its_model_is_named(shell: Shell) -> None:
    """The default; the offline model where there is no other."""
    process, url, what = begin(shell)
    assert what == "agent planner; offline model: rule-based, for trying the product"
    with client(url) as http:
        assert http.get("/ap/v2/agent/info").json()["protocol"] == 2
    assert end(process, signal.SIGTERM) == (0, "")


def test_the_token_comes_from_an_option_or_the_environment(shell: Shell) -> None:
    """And is not said anywhere."""
    shell.environ["REPERTORY_TOKEN"] = "from-environment"
    for options, token in (((), "from-environment"), (("--token", "from-option"), "from-option")):
        process, url, what = begin(shell, "--agent", "scripted", "--host", "0.0.0.0", *options)
        assert token not in what
        url = url.replace("0.0.0.0", "127.0.0.1")
        with client(url, Authorization=f"Bearer {token}", Host="any.example") as http:
            assert http.get("/ap/versions").status_code == 200
            assert http.get("/ap/versions", headers={"Authorization": "Bearer x"}).status_code == 401
        assert end(process, signal.SIGINT) == (0, "")


def test_without_a_token_it_is_for_this_machine(shell: Shell) -> None:
    """Not for names that others made lead here, nor for their pages."""
    process, url, _ = begin(shell, "--agent", "scripted")
    with client(url) as http:
        assert http.get("/ap/versions").status_code == 200
        assert http.get("/ap/versions", headers={"Host": "evil.example"}).status_code == 403
        assert http.post("/ap/v2/topics", content="{}", headers={"Origin": "https://evil.example"}).status_code == 403
        assert http.get("/ap/v2/topics").json()["topics"] == []
    end(process, signal.SIGTERM)


def test_a_port_in_use_is_said(shell: Shell) -> None:
    """Exit status 1, before anything is opened."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = shell("serve", "--agent", "scripted", "--port", str(port))
    assert (ran.status, ran.out) == (1, "")
    assert f"127.0.0.1:{port} cannot be listened at: Address already in use" in ran.err
    assert not (shell.folder / "home").exists()


def test_an_unknown_model_or_place_of_files_is_wrong_usage(shell: Shell) -> None:
    """Exit status 2 and a word of it."""
    for options, word in ((["--model", "gpt-5.1"], "openai:gpt-5.1"), (["--artifacts", "what://x"], "what://x")):
        ran = shell("serve", "--port", "0", *options)
        assert ran.status == 2, ran
        assert word in ran.err
        assert "Traceback" not in ran.err


def test_limits_hold(shell: Shell) -> None:
    """Of files, and of the patience with steps."""
    process, url, _ = begin(shell, "--agent", "scripted", "--upload-limit", "10", "--step-limit", "0")
    with client(url) as http:
        topic = f"/ap/v2/topics/{http.post('/ap/v2/topics', json={}).json()['topic_id']}"
        assert http.post(f"{topic}/artifacts", files={"file": b"x" * 10}).status_code == 201
        assert http.post(f"{topic}/artifacts", files={"file": b"x" * 11}).status_code == 413
        task = http.post(f"{topic}/tasks", json={"input": "x"}).json()["task_id"]
        assert http.post(f"{topic}/tasks/{task}/steps").status_code == 201
    end(process, signal.SIGTERM)


def test_a_running_step_is_told_to_stop_and_its_client_hears_of_it(shell: Shell, serve: Serve) -> None:
    """The call that waits for it is answered, not cut off; the step has failed, and the task can be gone on with."""
    asked, go_on = threading.Event(), threading.Event()

    def held(_: object) -> Held:
        asked.set()
        return Held(go_on, {"steps": []})

    serve(held)
    process, url, what = begin(shell, "--model", "openai:gpt-5.1")
    assert "model: openai:gpt-5.1 at http://127.0.0.1" in what
    with client(url) as http:
        topic = f"/ap/v2/topics/{http.post('/ap/v2/topics', json={}).json()['topic_id']}"
        task = f"{topic}/tasks/{http.post(f'{topic}/tasks', json={'input': 'Think hard'}).json()['task_id']}"
        answers: list[httpx.Response] = []
        caller = threading.Thread(target=lambda: answers.append(http.post(f"{task}/steps")))
        caller.start()
        assert asked.wait(60)
        status, err = end(process, signal.SIGTERM)
        go_on.set()
        caller.join(60)
    assert status == 0
    assert "Traceback" not in err
    [answer] = answers
    assert answer.status_code == 201
    assert answer.json()["status"] in ("running", "failed")  # as it was when the call was let go
    process, url, _ = begin(shell, "--model", "offline")
    with client(url) as http:
        assert [step["status"] for step in http.get(f"{task}/steps").json()["steps"]] == ["failed"]
        assert http.post(f"{task}/steps").json()["status"] in ("awaiting_input", "completed")
    assert end(process, signal.SIGTERM)[0] == 0


@contextmanager
def uploading(url: str, path: str) -> Iterator[socket.socket]:
    """A client that began to send a file, and sends no more."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as slow:
        head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        part = '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nbegin'
        slow.sendall(f"{head}Content-Length: 1000\r\n\r\n{part}".encode())
        yield slow


def test_followers_and_slow_clients_do_not_keep_it(shell: Shell) -> None:
    """A stream that has no end, ends; an upload that stands still is broken off, and nothing of it is left."""
    process, url, _ = begin(shell, "--agent", "scripted")
    with client(url) as http:
        topic = f"/ap/v2/topics/{http.post('/ap/v2/topics', json={}).json()['topic_id']}"
        following = threading.Event()
        told: list[str] = []

        def follow() -> None:
            with (
                client(url) as follower,
                follower.stream("GET", f"{topic}/events") as stream,
                suppress(httpx.RemoteProtocolError),  # it is cut off: it has no end
            ):
                for line in stream.iter_lines():
                    told.append(line)
                    following.set()

        follower = threading.Thread(target=follow)
        follower.start()
        assert following.wait(60)
        with uploading(url, f"{topic}/artifacts"):
            status, err = end(process, signal.SIGTERM)
        follower.join(60)
    assert status == 0
    assert "Traceback" not in err
    assert not follower.is_alive()
    assert any(line.startswith("event: topic") for line in told)
    files = [path for path in (shell.folder / "home" / "artifacts").rglob("*") if path.is_file()]
    assert files == []
