"""Bad input never gives a 5xx (section 1.1), and every error says what is wrong."""

import json
from typing import Any

import pytest

from tests.apps.protocol.conformance.api import V1, V2, Api, action, acts, at


def posts(api: Api) -> dict[str, str]:
    """Every path that takes JSON, with its method."""
    task = api.task(None, [acts(action())])
    act = api.step(task)["actions"][0]
    topic = at({"topic_id": task["topic_id"]})
    return {
        f"{V2}/topics": "POST",
        f"{topic}/interactions": "POST",
        f"{topic}/tasks": "POST",
        at(task): "PATCH",
        f"{at(api.task())}/steps": "POST",
        f"{at(act)}/decision": "POST",
        f"{at(act)}/result": "POST",
    }


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"not json",
        b"\xff\xfe",
        b'{"input": "\xff"}',
        b'{"input": NaN}',
        b"[1, 2",
        b'{"input": "x"} trailing',
        b"null",
        b'"text"',
        b"[]",
        b"[" * 100_000,
        b'{"additional_input":' * 5_000,
        b'{"additional_input":' * 5_000 + b"{}" + b"}" * 5_000,
        b"\x00",
    ],
    ids=lambda content: repr(content[:20]),
)
def test_what_is_no_json_object_is_400(api: Api, content: bytes) -> None:
    """Everywhere."""
    for path, method in posts(api).items():
        if content == b"null" and path.endswith("/steps"):
            continue  # its body is optional
        api.call(method, path, 400, content=content, headers={"content-type": "application/json"})


_STRANGE: list[Any] = [
    {"a": "\x00"},
    {"\x00": "a"},
    {"a": 10**400},
    {"a": -(10**30), "b": 2**64},
    {"a": 1e308},
    {"": {"": {"": None}}},
    {"a": "\ufffe\uffff\u200b\u202e"},
    {"__proto__": {}, "constructor": [], "$ref": "#"},
    {"type": "constructor", "lc": 1, "id": ["langchain_core", "messages", "HumanMessage"], "kwargs": {}},
    {"lc": 2, "type": "constructor", "id": ["builtins", "dict"], "kwargs": {"a": 1}},
]


@pytest.mark.parametrize("odd", _STRANGE, ids=lambda odd: repr(odd)[:40])
def test_strange_json_is_kept_or_refused(api: Api, odd: Any) -> None:
    """In every place that takes an object: as it was, or 400; through a whole run, as arguments, too."""
    answer = api.http.post(f"{V2}/topics", json={"additional_input": odd, "metadata": odd})
    assert answer.status_code in (201, 400), answer.text
    if answer.status_code == 400:
        return
    topic = answer.json()
    assert (topic["additional_input"], topic["metadata"]) == (odd, odd)
    task = api.task(topic, [acts(action("x", "client", odd=odd))], metadata=odd)
    assert api.read(task)["metadata"] == odd
    step = api.step(task)
    [act] = step["actions"]
    api.decide(act, "approve")
    api.report(act, output="x", additional_output=odd)
    assert api.step_of(act)["status"] == "completed"
    assert api.read(act)["additional_output"] == odd
    api.talked(topic, input="x", additional_input=odd)


def test_half_characters_are_no_server_error(api: Api) -> None:
    """A surrogate alone is no text; it is refused, or made one."""
    for path, method in posts(api).items():
        for body in ({"input": "\ud800"}, {"additional_input": {"a": "\udfff"}}, {"metadata": {"\ud800": 1}}):
            content = json.dumps({"decision": "reject", "status": "completed", "input": "x", **body})
            answer = api.http.request(method, path, content=content, headers={"content-type": "application/json"})
            assert answer.status_code < 500, (path, body, answer.text)
            if answer.status_code < 300:
                answer.json()
                assert api.http.get(path if method == "PATCH" else f"{V2}/topics").status_code == 200


def test_big_text_is_kept(api: Api) -> None:
    """A megabyte of input."""
    task = api.task(input="ä" * 500_000)
    assert api.read(task)["input"] == "ä" * 500_000
    assert api.step(task)["output"] == "ä" * 500_000


def test_a_body_of_another_type_is_refused_or_read_as_json(api: Api) -> None:
    """Never a server error."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml", ""):
        answer = api.http.post(f"{V2}/topics", content=b'{"name": "x"}', headers={"content-type": kind})
        assert answer.status_code in (201, 400, 415), answer.text


@pytest.mark.parametrize(
    "path", [f"{V2}/nothing", f"{V2}/agent/tasks", "/nothing", f"{V2}/topics/%00", f"{V1}/nothing"]
)
def test_what_there_is_not_is_404(api: Api, path: str) -> None:
    """With a message."""
    answer = api.http.get(path)
    assert answer.status_code == 404
    assert isinstance(answer.json()["message"], str)


@pytest.mark.parametrize("odd", ["%2e%2e", "%2F", "a%00b", "%ff", "x" * 5000, "%F0%9F%98%80", "'; --"])
def test_an_odd_id_is_404(api: Api, odd: str) -> None:
    """Wherever it stands."""
    task = api.task(None, [acts(action())])
    act = api.step(task)["actions"][0]
    topic = at({"topic_id": task["topic_id"]})
    step = at({**act, "action_id": None})
    for path in (
        f"{V2}/topics/{odd}",
        f"{topic}/interactions/{odd}",
        f"{topic}/tasks/{odd}",
        f"{topic}/artifacts/{odd}",
        f"{at(task)}/steps/{odd}",
        f"{at(task)}/artifacts/{odd}",
        f"{step}/actions/{odd}",
        f"{V1}/tasks/{odd}",
        f"{V1}/tasks/{task['task_id']}/steps/{odd}",
        f"{V1}/tasks/{task['task_id']}/artifacts/{odd}",
    ):
        assert api.http.get(path).status_code == 404, path


def test_other_verbs_are_405(api: Api) -> None:
    """On every path that there is."""
    task = api.task(None, [acts(action())])
    act = api.step(task)["actions"][0]
    topic, step = at({"topic_id": task["topic_id"]}), at({**act, "action_id": None})
    verbs = {"GET", "POST", "PUT", "PATCH", "DELETE"}
    for path, allowed in {
        f"{V2}/topics": {"GET", "POST"},
        topic: {"GET"},
        f"{topic}/interactions": {"GET", "POST"},
        f"{topic}/tasks": {"GET", "POST"},
        f"{topic}/artifacts": {"GET", "POST"},
        at(task): {"GET", "PATCH"},
        f"{at(task)}/cancel": {"POST"},
        f"{at(task)}/steps": {"GET", "POST"},
        f"{at(task)}/artifacts": {"GET", "POST"},
        step: {"GET"},
        f"{step}/actions": {"GET"},
        at(act): {"GET"},
        f"{at(act)}/decision": {"POST"},
        f"{at(act)}/result": {"POST"},
        "/ap/versions": {"GET"},
        f"{V2}/agent/info": {"GET"},
        f"{V2}/info": {"GET"},
    }.items():
        for verb in verbs - allowed:
            answer = api.http.request(verb, path, json={})
            assert answer.status_code == 405, (verb, path, answer.status_code)
            assert isinstance(answer.json()["message"], str)
