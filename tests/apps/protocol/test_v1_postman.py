"""What the official Postman collection of version 1 calls, in its order, and what it asks of the answers."""

from typing import Any

import httpx
import pytest

TASKS = "/ap/v1/agent/tasks"
INPUT = "Write the word 'Washington' to a .txt file"
RAW = b'{\n    "input": "Write the word \'Washington\' to a .txt file"\n}'


def asked(answer: httpx.Response) -> Any:
    """The JSON of an answer, which has to be of status 200 and of its type."""
    assert answer.status_code == 200, answer.text
    assert "application/json" in answer.headers["Content-Type"]
    return answer.json()


def test_the_basic_user_experience(http: httpx.Client) -> None:
    """A list, called with an empty body; a task; its steps, and one more after the last."""
    asked(http.request("GET", TASKS, content=b"", headers={"mock-match": "19"}))
    body = {"input": INPUT, "additional_input": {"test_run_id": "123"}}
    task = asked(http.post(TASKS, json=body, headers={"mock-match": "34"}))
    for text in (INPUT, "y", "y"):
        step = asked(http.post(f"{TASKS}/{task['task_id']}/steps", json={"input": text}))
        assert isinstance(step["artifacts"], list)
        assert isinstance(step["is_last"], bool)
    assert step["is_last"]


def test_the_tasks(http: httpx.Client) -> None:
    """Read back and listed with bodies that a GET has no use for; one a page; a body of no declared type."""
    task = asked(http.post(TASKS, content=RAW, headers={"Content-Type": "application/json"}))
    read = asked(http.request("GET", f"{TASKS}/{task['task_id']}", content=RAW))
    assert {"task_id", "input", "additional_input", "artifacts"} <= read.keys()
    assert (read["task_id"], read["input"]) == (task["task_id"], INPUT)
    asked(http.request("GET", TASKS, content=RAW))
    asked(http.post(TASKS, content=RAW, headers={"Content-Type": "text/plain"}))
    page = asked(http.request("GET", f"{TASKS}?page_size=1&current_page=1", content=RAW))
    assert isinstance(page["pagination"], dict)
    assert page["pagination"]["page_size"] == 1
    assert len(page["tasks"]) == 1


def test_the_artifacts(http: httpx.Client) -> None:
    """A file goes up, and comes down as it was."""
    task = asked(http.post(TASKS, content=RAW))
    path = f"{TASKS}/{task['task_id']}/artifacts"
    file = asked(http.post(path, files={"file": ("test_output.txt", b"Washington\n")}))
    assert file.keys() == {"artifact_id", "agent_created", "file_name", "relative_path"}
    got = http.request("GET", f"{path}/{file['artifact_id']}", content=b"", headers={"mock-match": "11"})
    assert (got.status_code, got.content) == (200, b"Washington\n")
    assert got.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("path", ["", "/steps", "/steps/none", "/artifacts", "/artifacts/none"])
def test_what_is_not_there(http: httpx.Client, path: str) -> None:
    """404 with a message."""
    answer = http.get(f"{TASKS}/none{path}")
    assert answer.status_code == 404
    assert isinstance(answer.json()["message"], str)
