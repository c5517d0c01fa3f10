"""Artifacts: up, down, and whose they are (sections 3 and 4)."""

import os
from typing import Any

import pytest

from tests.apps.protocol.conformance.api import V1, Api, action, acts, at
from tests.apps.protocol.conformance.entities import Body

UNSAFE = ["/etc/passwd", "../x", "a/../../x", "a/..", "..", "a\\b", "..\\x", "C:\\x", "a\0b"]


@pytest.mark.parametrize("level", ["topic", "task"])
def test_bytes_come_back_as_they_went(api: Api, level: str) -> None:
    """Exactly, with the name; also none at all, and more than one block."""
    task = api.task()
    parent = task if level == "task" else {"topic_id": task["topic_id"]}
    for content in (b"", b"\x00\xff\r\n--boundary\r\n", os.urandom(3_000_000)):
        sent = api.upload(parent, content, "data.bin", relative_path="in/data.bin")
        assert (sent["agent_created"], sent["file_name"], sent["relative_path"]) == (False, "data.bin", "in/data.bin")
        assert (sent["size"], sent["topic_id"], sent["step_id"]) == (len(content), task["topic_id"], None)
        assert sent["task_id"] == (task["task_id"] if level == "task" else None)
        answer = api.download(parent, sent)
        assert answer.content == content
        assert "data.bin" in answer.headers["content-disposition"]


def test_a_path_is_optional(api: Api) -> None:
    """Then it is null."""
    assert api.upload(api.task(), b"x")["relative_path"] is None


def test_the_same_twice_is_two(api: Api) -> None:
    """Each with its own bytes."""
    task = api.task()
    first = api.upload(task, b"one", "a.txt", relative_path="a.txt")
    second = api.upload(task, b"two", "a.txt", relative_path="a.txt")
    third = api.upload(task, b"one", "a.txt", relative_path="a.txt")
    assert len({each["artifact_id"] for each in (first, second, third)}) == 3
    assert [api.download(task, each).content for each in (first, second, third)] == [b"one", b"two", b"one"]
    assert api.all(f"{at(task)}/artifacts", "artifacts") == [first, second, third]


def test_a_topic_shows_what_its_tasks_have(api: Api) -> None:
    """A task only its own; both entities carry their lists."""
    topic, other = api.topic(), api.topic()
    one, two = api.task(topic), api.task(topic)
    files = [api.upload(topic, b"t"), api.upload(one, b"1"), api.upload(two, b"2"), api.upload(topic, b"t")]
    assert api.all(f"{at(topic)}/artifacts", "artifacts") == files
    assert api.all(f"{at(one)}/artifacts", "artifacts") == [files[1]]
    assert api.read(one)["artifacts"] == [files[1]]
    assert api.read(two)["artifacts"] == [files[2]]
    assert sorted(each["artifact_id"] for each in api.read(topic)["artifacts"]) == sorted(
        each["artifact_id"] for each in files
    )
    assert api.all(f"{at(other)}/artifacts", "artifacts") == []
    assert api.download(topic, files[1]).content == b"1"


def test_an_artifact_lives_under_its_parent(api: Api) -> None:
    """Elsewhere it is 404."""
    topic, other = api.topic(), api.topic()
    one, two = api.task(topic), api.task(topic)
    of_topic, of_task = api.upload(topic, b"t"), api.upload(one, b"1")
    for parent, artifact in ((one, of_topic), (two, of_task), (other, of_topic), (other, of_task)):
        assert api.http.get(f"{at(parent)}/artifacts/{artifact['artifact_id']}").status_code == 404
    assert api.http.get(f"{at(topic)}/artifacts/nowhere").status_code == 404
    assert api.http.get(f"{at(one)}/artifacts/..%2F..%2Fetc%2Fpasswd").status_code == 404


def test_what_a_step_writes_is_an_artifact(api: Api) -> None:
    """Of the step, its task and its topic; made by the agent."""
    write = action("write_file", path="out/grüße.txt", content="häß\n")
    same = action("write_file", path="b.txt", content="häß\n")
    task = api.task(None, [acts(write, same), {}], permission_mode="auto")
    step = api.step(task)
    assert [act["output"] for act in step["actions"]] == ["out/grüße.txt", "b.txt"]
    made = api.all(f"{at(task)}/artifacts", "artifacts")
    assert step["artifacts"] == made == api.read(task)["artifacts"]
    assert [(each["file_name"], each["relative_path"]) for each in made] == [
        ("grüße.txt", "out/grüße.txt"),
        ("b.txt", "b.txt"),
    ]
    for artifact in made:
        assert (artifact["agent_created"], artifact["step_id"]) == (True, step["step_id"])
        answer = api.download(task, artifact)
        assert answer.content == "häß\n".encode()
        assert artifact["size"] == len(answer.content)
    assert api.all(f"{at({'topic_id': task['topic_id']})}/artifacts", "artifacts") == made


def test_a_file_is_written_only_when_it_is_permitted(api: Api) -> None:
    """Rejected and replaced ones leave none, an approved one does at once though others wait."""
    write = action("write_file", path="a.txt", content="x")
    task = api.task(None, [acts(write, write, write)])
    first, second, third = api.step(task)["actions"]
    api.decide(first, "reject")
    api.decide(second, "feedback", feedback="x")
    assert api.step_of(first)["artifacts"] == []
    api.decide(third, "approve")
    step = api.step_of(third)
    assert step["status"] == "awaiting_input"
    assert len(step["artifacts"]) == 1
    assert len(api.read(task)["artifacts"]) == 1


@pytest.mark.parametrize("path", UNSAFE)
def test_an_unsafe_path_is_refused(api: Api, path: str) -> None:
    """On both faces, for topics and tasks: 422, and nothing is there afterwards."""
    task = api.task()
    topic = {"topic_id": task["topic_id"]}
    for parent in (topic, task):
        api.upload(parent, b"x", code=422, relative_path=path)
    files = {"file": ("a.txt", b"x")}
    v1 = f"{V1}/tasks/{task['task_id']}/artifacts"
    assert api.http.post(v1, files=files, data={"relative_path": path}).status_code == 422
    assert api.all(f"{at(topic)}/artifacts", "artifacts") == []


@pytest.mark.parametrize("path", UNSAFE[:-1])  # a NUL is in no script: it is refused as JSON
def test_an_unsafe_path_of_a_script_fails_the_action(api: Api, path: str) -> None:
    """And nothing is written."""
    write = action("write_file", path=path, content="x")
    task = api.task(None, [acts(write)], permission_mode="auto")
    step = api.step(task)
    assert [(act["status"], bool(act["error"])) for act in step["actions"]] == [("failed", True)]
    assert step["artifacts"] == api.read(task)["artifacts"] == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("../../etc/passwd", "passwd"), ("/a/b.txt", "b.txt"), ("C:\\x\\y.txt", "y.txt"), ("grüße ✓.txt", "grüße ✓.txt")],
)
def test_of_a_file_name_the_base_is_kept(api: Api, sent: str, kept: str) -> None:
    """Whatever folders it names; the download says it."""
    task = api.task()
    artifact = api.upload(task, b"x", sent)
    assert artifact["file_name"] == kept
    assert api.download(task, artifact).content == b"x"


def test_an_upload_needs_a_file(api: Api) -> None:
    """Without the part, or without multipart: 400."""
    task = api.task()
    requests: list[dict[str, Any]] = [
        {"files": {"other": ("a.txt", b"x")}},
        {"data": {"relative_path": "a.txt"}},
        {"json": {"file": "x"}},
        {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
        {"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=b"}},
        {},
    ]
    for parent in (task, {"topic_id": task["topic_id"]}):
        for request in requests:
            api.call("POST", f"{at(parent)}/artifacts", 400, **request)
    assert api.read(task)["artifacts"] == []


def test_nobody_changes_an_artifact(api: Api) -> None:
    """There is no verb for it."""
    task = api.task()
    artifact: Body = api.upload(task, b"x")
    for method in ("PUT", "PATCH", "DELETE", "POST"):
        assert api.http.request(method, f"{at(task)}/artifacts/{artifact['artifact_id']}").status_code == 405
    assert api.download(task, artifact).content == b"x"


def test_an_ended_task_takes_uploads_or_says_why_not(api: Api) -> None:
    """Never a server error, and what was there stays."""
    task = api.task(None, [{}])
    before = api.upload(task, b"x")
    api.step(task)
    answer = api.http.post(f"{at(task)}/artifacts", files={"file": ("b.txt", b"y")})
    assert answer.status_code == 201, answer.text
    assert before in api.read(task)["artifacts"]
