"""Bodies and pages of calls, at a real server."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from repertory.apps.protocol.reading import MAX_BODY, MAX_NUMBER, arriving
from repertory.memory.topics.errors import RefusedError

TASKS_V1 = "/ap/v1/agent/tasks"


def nested(levels: int) -> bytes:
    """A task with that many lists in each other."""
    return b'{"additional_input": {"a": ' + b"[" * levels + b"]" * levels + b"}}"


NO_OBJECTS = {
    "text": b"hello",
    "cut": b'{"input": "x"',
    "two": b"{}{}",
    "list": b"[]",
    "string": b'"x"',
    "number": b"1",
    "boolean": b"true",
    "null": b"null",
    "form": b"input=x",
    "UTF-16": '{"input": "x"}'.encode("utf-16"),
    "invalid UTF-8": b'{"input": "\xff"}',
    "NUL": b'{"input": "\0"}',
    "half a surrogate pair": rb'{"input": "\ud800"}',
    "NaN": b'{"additional_input": {"a": NaN}}',
    "Infinity": b'{"additional_input": {"a": -Infinity}}',
    "beyond a double": b'{"additional_input": {"a": [1e400]}}',
    "beyond a double in digits": b'{"additional_input": {"a": ' + b"9" * 400 + b".0}}",
    "beyond 64 bits": b'{"additional_input": {"a": {"b": 9223372036854775808}}}',
    "beyond 64 bits, negative": b'{"additional_input": {"a": -9223372036854775809}}',
    "5000 digits": b'{"additional_input": {"a": ' + b"9" * 5000 + b"}}",
    "300 levels": nested(300),
    "100,000 levels": nested(100_000),
    "number for a text": b'{"input": 5}',
    "text for an object": b'{"additional_input": "x"}',
    "list for an object": b'{"additional_input": []}',
}


@pytest.mark.parametrize("body", NO_OBJECTS.values(), ids=NO_OBJECTS)
def test_what_is_no_fitting_object_is_refused_on_both_faces(http: httpx.Client, topic: str, body: bytes) -> None:
    """400 in version 2 and 422 in version 1, each time with words; nothing is made."""
    for path, status in ((f"{topic}/tasks", 400), (TASKS_V1, 422)):
        answer = http.post(path, content=body)
        assert answer.status_code == status, answer.text
        assert answer.json()["message"]
        assert answer.json()["code"] in ("invalid_json", "invalid_body")
    assert http.get(f"{topic}/tasks").json()["tasks"] == []


KEPT: dict[str, Any] = {
    "limits": {"most": 2**63 - 1, "least": -(2**63), "double": 1.7976931348623157e308, "small": 5e-324, "zero": -0.0},
    "digits": {"long": 0.1234567890123456789, "exponent": 1e300, "text": "123456789012345678901234567890"},
    "texts": {"\0": "a\0b", "\U0001f600": "\u2028 \ufffe \udbff\udfff"[:4], "": ""},
    "levels": json.loads(nested(190))["additional_input"],
}


@pytest.mark.parametrize("value", KEPT.values(), ids=KEPT)
def test_whatever_else_is_json_comes_back_as_it_was(http: httpx.Client, topic: str, value: dict[str, Any]) -> None:
    """Numbers to their limits, NUL and unassigned characters, and deep nesting; a step with it does not fail."""
    task = http.post(f"{topic}/tasks", json={"additional_input": value}).json()
    path = f"{topic}/tasks/{task['task_id']}"
    assert http.get(path).json()["additional_input"] == value
    assert http.post(f"{path}/steps").json()["status"] == "completed"


def test_the_content_type_of_json_does_not_matter(http: httpx.Client) -> None:
    """As `curl -d` and the official collection send it."""
    for kind in ("application/x-www-form-urlencoded", "text/plain", "application/problem+json"):
        answer = http.post("/ap/v2/topics", content=b'{"name": "x"}', headers={"Content-Type": kind})
        assert answer.status_code == 201


def test_unknown_fields_are_ignored_and_the_last_of_two_equal_ones_counts(http: httpx.Client) -> None:
    """Neither is an error."""
    answer = http.post("/ap/v2/topics", content=b'{"name": "a", "colour": "red", "name": "b"}').json()
    assert answer["name"] == "b"
    assert "colour" not in answer


@pytest.mark.parametrize("body", [b"", b" \n"])
def test_a_task_needs_a_body_in_version_2(http: httpx.Client, topic: str, body: bytes) -> None:
    """400; version 1 leaves it out as it likes, by its schema."""
    answer = http.post(f"{topic}/tasks", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")
    assert http.get(f"{topic}/tasks").json()["tasks"] == []
    assert http.post(TASKS_V1, content=body).json()["input"] is None


def test_a_step_needs_no_body(http: httpx.Client, topic: str) -> None:
    """None, blanks and an empty object are the same; what is there must be an object."""
    for body in (None, b"", b" ", b"{}"):
        task = http.post(f"{topic}/tasks", json={"input": "x"}).json()["task_id"]
        assert http.post(f"{topic}/tasks/{task}/steps", content=body).status_code == 201
    task = http.post(f"{topic}/tasks", json={}).json()["task_id"]
    assert http.post(f"{topic}/tasks/{task}/steps", content=b"null").status_code == 400
    assert http.post(f"{TASKS_V1}/{task}/steps", content=b"[]").status_code == 422


def test_a_body_beyond_the_limit_is_refused(http: httpx.Client) -> None:
    """413, told or not told beforehand how large it is; one of just the limit is taken."""
    start, end = b'{"input": "', b'"}'
    most = start + b"x" * (MAX_BODY - len(start + end)) + end
    assert http.post("/ap/v2/topics", content=most).status_code == 201
    assert http.post("/ap/v2/topics", content=most + b" ").status_code == 413
    chunks = (most[i : i + 100_000] for i in range(0, 2 * MAX_BODY, 100_000))
    assert http.post(TASKS_V1, content=(chunk or b" " * 100_000 for chunk in chunks)).status_code == 413


async def test_a_client_that_stops_in_the_middle_is_refused() -> None:
    """What came is passed on; then the connection is not kept open for more that never comes."""
    sent = [{"type": "http.request", "body": b"{", "more_body": True}]

    async def receive() -> Any:
        return sent.pop() if sent else await asyncio.Event().wait()

    arrived = arriving(Request({"type": "http"}, receive), patience=0.01)
    assert await anext(arrived) == b"{"
    with pytest.raises(RefusedError, match="nothing came for"):
        await anext(arrived)


@pytest.mark.parametrize("fixed", ["task_id", "input", "status", "artifacts", "metadata_provenance"])
def test_fixed_fields_in_a_change_are_refused(http: httpx.Client, topic: str, fixed: str) -> None:
    """422, even if the value is the present one, and nothing else of the change is done."""
    task = http.post(f"{topic}/tasks", json={"input": "x"}).json()
    path = f"{topic}/tasks/{task['task_id']}"
    answer = http.patch(path, json={"metadata": {"a": 1}, fixed: task[fixed]})
    assert (answer.status_code, answer.json()["code"]) == (422, "read_only")
    assert http.get(path).json() == task


WRONG_NUMBERS = [
    "0",
    "-1",
    "1.0",
    "1e3",
    "",
    " 1",
    "+1",
    "x",
    "\N{FULLWIDTH DIGIT ONE}",
    "\0",
    str(MAX_NUMBER + 1),
    "9" * 5000,
]


@pytest.mark.parametrize("number", WRONG_NUMBERS, ids=ascii)
@pytest.mark.parametrize("name", ["current_page", "page_size"])
def test_wrong_pages_are_refused(http: httpx.Client, topic: str, name: str, number: str) -> None:
    """400 in version 2 and 422 in version 1."""
    for path, status in (("/ap/v2/topics", 400), (f"{topic}/artifacts", 400), (TASKS_V1, 422)):
        answer = http.get(path, params={name: number})
        assert (answer.status_code, answer.json()["code"]) == (status, "invalid_query")


def test_a_number_that_is_given_twice_is_refused(http: httpx.Client) -> None:
    """Nobody could say which one counts."""
    assert http.get("/ap/v2/topics?page_size=1&page_size=2").status_code == 400


def test_a_page_far_beyond_the_end_is_empty(http: httpx.Client, topic: str) -> None:
    """200, also beyond what a double holds; it tells the number that was given."""
    http.post(f"{topic}/tasks", json={"input": "x"})
    page = http.get(f"{topic}/tasks", params={"current_page": 10**18}).json()
    assert page["tasks"] == []
    assert page["pagination"] == {"total_items": 1, "total_pages": 1, "current_page": 10**18, "page_size": 10}


def test_the_greatest_page_is_empty_and_the_greatest_size_is_capped(http: httpx.Client, topic: str) -> None:
    """The server says which size it used."""
    page = http.get(f"{topic}/tasks", params={"current_page": MAX_NUMBER, "page_size": MAX_NUMBER}).json()
    assert page == {
        "tasks": [],
        "pagination": {"total_items": 0, "total_pages": 0, "current_page": MAX_NUMBER, "page_size": 1000},
    }
