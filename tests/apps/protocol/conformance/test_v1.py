"""The face of version 1 (section 7): the same entities, v1's shapes, codes and manners."""

from typing import Any

import pytest

from tests.apps.protocol.conformance.api import V1, V2, Api, action, acts, at
from tests.apps.protocol.conformance.entities import Body
from tests.apps.protocol.conformance.server import until

TASKS = f"{V1}/tasks"


def task(api: Api, script: Any = None, **fields: Any) -> Body:
    """A new task."""
    extra = {} if script is None else {"additional_input": {"script": script, **fields.pop("additional_input", {})}}
    made = api.post(TASKS, {**extra, **fields}, 200)
    assert isinstance(made["task_id"], str)
    assert isinstance(made["artifacts"], list)
    assert isinstance(made["additional_input"], dict)
    return made  # type: ignore[no-any-return]


def step(api: Api, of: Body, **fields: Any) -> Body:
    """The next step."""
    done = api.post(f"{TASKS}/{of['task_id']}/steps", fields, 200)
    assert done["task_id"] == of["task_id"]
    assert isinstance(done["step_id"], str)
    assert done["status"] in ("created", "running", "completed")
    assert isinstance(done["is_last"], bool)
    assert isinstance(done["artifacts"], list)
    for name in ("name", "input", "output"):
        assert done[name] is None or isinstance(done[name], str)
    return done  # type: ignore[no-any-return]


def in_v2(api: Api, of: Body) -> Body:
    """The same task in version 2."""
    for topic in reversed(api.all(f"{V2}/topics", "topics")):
        answer = api.http.get(f"{at(topic)}/tasks/{of['task_id']}")
        if answer.status_code == 200:
            return answer.json()  # type: ignore[no-any-return]
    raise AssertionError(of)


def test_a_task_of_v1(api: Api) -> None:
    """200, with the fields of v1, in a topic of its own."""
    made = task(api, input="x", additional_input={"a": [1]})
    assert (made["input"], made["additional_input"]["a"], made["artifacts"]) == ("x", [1], [])
    assert api.get(f"{TASKS}/{made['task_id']}") == made
    same = in_v2(api, made)
    assert (same["permission_mode"], same["metadata_source"], same["created_by"]) == ("auto", "server", "client")
    assert set(same["metadata_provenance"].values()) <= {"server"}
    topic = api.read({"topic_id": same["topic_id"]})
    assert topic["implicit"] is True
    assert [each["task_id"] for each in api.all(f"{at(topic)}/tasks", "tasks")] == [made["task_id"]]


def test_a_task_runs_to_its_end_and_stays_there(api: Api) -> None:
    """Steps until `is_last`; after that the same step again, 200, and none is made."""
    made = task(api, [acts(action(text="a"), name="one"), {"output": "b"}])
    first, last = step(api, made), step(api, made)
    assert (first["name"], first["output"], first["status"], first["is_last"]) == ("one", "a", "completed", False)
    assert (last["output"], last["status"], last["is_last"]) == ("b", "completed", True)
    for _ in range(3):
        assert step(api, made, input="more")["step_id"] == last["step_id"]
    body = api.get(f"{TASKS}/{made['task_id']}/steps")
    assert [each["step_id"] for each in body["steps"]] == [first["step_id"], last["step_id"]]
    assert body["pagination"] == {"total_items": 2, "total_pages": 1, "current_page": 1, "page_size": 10}
    assert api.get(f"{TASKS}/{made['task_id']}/steps/{first['step_id']}") == first
    assert in_v2(api, made)["status"] == "completed"


def test_without_a_script_the_input_comes_back(api: Api) -> None:
    """The task's, or the step's; also without any body."""
    assert step(api, task(api, input="x"))["output"] == "x"
    assert step(api, task(api, input="x"), input="y")["output"] == "y"
    made = task(api, input="x")
    assert api.post(f"{TASKS}/{made['task_id']}/steps", None, 200)["is_last"] is True


def test_what_is_asked_comes_as_a_completed_step(api: Api) -> None:
    """With the question as output; the next input is the reply, to the same step."""
    made = task(api, [acts(action(text="yes!")), {}], additional_input={"permission_mode": "ask"})
    assert in_v2(api, made)["permission_mode"] == "ask"
    asked = step(api, made)
    assert (asked["status"], asked["is_last"]) == ("completed", False)
    assert asked["output"]
    again = step(api, made, input="louder please")
    assert (again["step_id"], again["status"], again["is_last"]) == (asked["step_id"], "completed", False)
    done = step(api, made, input="y")
    assert (done["step_id"], done["output"]) == (asked["step_id"], "yes!")
    actions = api.all(f"{at(in_v2(api, made))}/steps/{asked['step_id']}/actions", "actions")
    assert [each["status"] for each in actions] == ["superseded", "completed"]
    assert actions[1]["args"]["feedback"] == "louder please"
    assert step(api, made)["is_last"] is True


@pytest.mark.parametrize("fields", [{}, {"input": ""}, {"input": None}, {"input": "y"}])
def test_words_of_approval(api: Api, fields: dict[str, Any]) -> None:
    """Empty, absent and `y`."""
    made = task(api, [acts(action(text="x"))], additional_input={"permission_mode": "ask"})
    asked = step(api, made)
    done = step(api, made, **fields)
    assert (done["step_id"], done["output"], done["is_last"]) == (asked["step_id"], "x", True)


def test_users_and_clients_reply_with_the_result(api: Api) -> None:
    """The answer of the user; of the client, what came out."""
    made = task(api, [acts(action("ask", "user", question="Which color?")), acts(action("door", "client"))])
    asked = step(api, made)
    done = step(api, made, input="blue")
    assert (done["step_id"], done["output"]) == (asked["step_id"], "blue")
    asked = step(api, made)
    assert (asked["status"], asked["is_last"]) == ("completed", False)
    done = step(api, made, input="y")
    if not done["is_last"]:  # approved; now it waits for the output
        done = step(api, made, input="opened")
        assert done["output"] == "opened"
    assert (done["step_id"], done["is_last"]) == (asked["step_id"], True)


def test_several_questions_are_asked_one_by_one(api: Api) -> None:
    """Each reply goes to the first that is open."""
    made = task(api, [acts(action("a", "user", q="A?"), action("b", "user", q="B?"))])
    asked = step(api, made)
    assert step(api, made, input="one")["is_last"] is False
    done = step(api, made, input="two")
    assert (done["step_id"], done["is_last"]) == (asked["step_id"], True)
    actions = api.all(f"{at(in_v2(api, made))}/steps/{asked['step_id']}/actions", "actions")
    assert [each["output"] for each in actions] == ["one", "two"]


def test_a_failed_step_is_completed_with_its_error(api: Api) -> None:
    """v1 knows three states."""
    made = task(api, "no script")
    failed = step(api, made)
    assert failed["status"] == "completed"
    assert failed["output"]
    assert in_v2(api, made)["status"] == "failed"
    assert step(api, made)["step_id"] == failed["step_id"]


def test_a_cancelled_task_has_a_last_step(api: Api) -> None:
    """The one that was open; or one to close it, which is made once."""
    waiting = task(api, [acts(action("x", "user"))])
    asked = step(api, waiting)
    bare = task(api, [{}])
    for made in (waiting, bare):
        api.cancel(in_v2(api, made))
        last = step(api, made)
        assert (last["status"], last["is_last"]) == ("completed", True)
        assert step(api, made)["step_id"] == last["step_id"]
        assert api.get(f"{TASKS}/{made['task_id']}/steps")["pagination"]["total_items"] == 1
    assert step(api, waiting)["step_id"] == asked["step_id"]


def test_a_task_that_ends_early_says_so(api: Api) -> None:
    """The step again that was its last is `is_last`, or clients that go on to the last step go on for ever."""
    made = task(api, [{"output": "x"}, {}])
    first = step(api, made)
    assert first["is_last"] is False
    api.cancel(in_v2(api, made))
    assert step(api, made) == {**first, "is_last": True}


def test_other_words_than_y_are_feedback(api: Api) -> None:
    """Even those that a person may take for approval."""
    made = task(api, [acts(action(text="x"))], additional_input={"permission_mode": "ask"})
    step(api, made)
    assert step(api, made, input="yes")["is_last"] is False
    assert step(api, made, input="y")["output"] == "x"


def test_tasks_of_v2_are_there(api: Api) -> None:
    """With the same ids, in the list, and can be gone on with."""
    made = api.task(None, [{"output": "x"}, {}])
    assert api.get(f"{TASKS}/{made['task_id']}")["task_id"] == made["task_id"]
    total = api.get(TASKS)["pagination"]["total_items"]
    pages = api.get(TASKS, page_size=100, current_page=-(-total // 100))
    assert made["task_id"] in [each["task_id"] for each in pages["tasks"]]
    first = step(api, made)
    assert first["output"] == "x"
    assert api.read({**first, "topic_id": made["topic_id"]})["output"] == "x"


def test_artifacts_of_v1(api: Api) -> None:
    """Up with 200, listed, down as they went; the same as in v2."""
    made = task(api, [acts(action("write_file", path="a/b.txt", content="written"))])
    path = f"{TASKS}/{made['task_id']}/artifacts"
    files = {"file": ("in.bin", b"\x00\xff", "application/octet-stream")}
    sent = api.call("POST", path, 200, files=files, data={"relative_path": "d/in.bin"})
    assert (sent["agent_created"], sent["file_name"], sent["relative_path"]) == (False, "in.bin", "d/in.bin")
    done = step(api, made)
    assert [each["file_name"] for each in done["artifacts"]] == ["b.txt"]
    body = api.get(path)
    assert [each["file_name"] for each in body["artifacts"]] == ["in.bin", "b.txt"]
    assert body["pagination"]["total_items"] == 2
    contents = []
    for each in body["artifacts"]:
        answer = api.http.get(f"{path}/{each['artifact_id']}")
        assert answer.headers["content-type"] == "application/octet-stream"
        contents.append(answer.content)
    assert contents == [b"\x00\xff", b"written"]
    assert [each["artifact_id"] for each in api.get(f"{TASKS}/{made['task_id']}")["artifacts"]] == [
        each["artifact_id"] for each in body["artifacts"]
    ]
    assert [each["artifact_id"] for each in in_v2(api, made)["artifacts"]] == [
        each["artifact_id"] for each in body["artifacts"]
    ]


@pytest.mark.parametrize("path", ["nowhere", "nowhere/steps", "nowhere/artifacts", "nowhere/steps/x"])
def test_what_there_is_not_is_404(api: Api, path: str) -> None:
    """With a message; also below a task that there is."""
    assert isinstance(api.get(f"{TASKS}/{path}", 404)["message"], str)
    made = task(api)
    for below in ("steps/nowhere", "artifacts/nowhere"):
        assert isinstance(api.get(f"{TASKS}/{made['task_id']}/{below}", 404)["message"], str)
    assert isinstance(api.post(f"{TASKS}/nowhere/steps", {}, 404)["message"], str)


@pytest.mark.parametrize("body", [{"input": 1}, {"input": {}}, {"additional_input": "x"}, [], "x"])
def test_a_bad_body_is_422(api: Api, body: Any) -> None:
    """For tasks and steps."""
    api.post(TASKS, body, 422)
    api.post(f"{TASKS}/{task(api)['task_id']}/steps", body, 422)


@pytest.mark.parametrize("value", ["0", "-1", "x", ""])
def test_a_bad_page_is_422(api: Api, value: str) -> None:
    """In each list."""
    made = task(api)
    for path in (TASKS, f"{TASKS}/{made['task_id']}/steps", f"{TASKS}/{made['task_id']}/artifacts"):
        for name in ("current_page", "page_size"):
            api.get(path, 422, **{name: value})


def test_an_upload_without_a_file_is_422(api: Api) -> None:
    """As every bad body."""
    path = f"{TASKS}/{task(api)['task_id']}/artifacts"
    api.call("POST", path, 422, files={"other": ("a", b"x")})


def test_v1_shows_nothing_of_v2(api: Api) -> None:
    """There are no topics, actions or metadata on this face."""
    made = task(api, [acts(action("x", "user"))])
    asked = step(api, made)
    for path in ("topics", f"tasks/{made['task_id']}/metadata", f"tasks/{made['task_id']}/cancel"):
        assert api.http.get(f"{V1}/{path}").status_code in (404, 405)
    assert api.http.get(f"{TASKS}/{made['task_id']}/steps/{asked['step_id']}/actions").status_code == 404
    until(lambda: in_v2(api, made)["status"] == "awaiting_input")
