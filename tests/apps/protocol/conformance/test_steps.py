"""Steps: how they come, end and are told of (sections 3, 5 and 8)."""

from typing import Any

import pytest

from tests.apps.protocol.conformance.api import Api, action, acts, at


def test_without_a_script_there_is_one_step(api: Api) -> None:
    """Its output is the task's input, or the step's own."""
    task = api.task(input="of the task")
    step = api.step(task)
    assert (step["status"], step["output"], step["is_last"], step["actions"]) == ("completed", "of the task", True, [])
    done = api.read(task)
    assert (done["status"], done["output"], done["error"]) == ("completed", "of the task", None)
    task = api.task(input="of the task")
    step = api.step(task, input="of the step", additional_input={"a": [1]})
    assert (step["input"], step["additional_input"], step["output"]) == ("of the step", {"a": [1]}, "of the step")
    assert api.read(task)["output"] == "of the step"


def test_a_step_needs_no_body(api: Api) -> None:
    """None, `{}`, nulls and unknown fields are all the same."""
    for body in (None, {}, {"input": None, "additional_input": None}, {"nonsense": 1, "is_last": False}):
        step = api.rested(api.post(f"{at(api.task(input='x'))}/steps", body))
        assert (step["status"], step["output"]) == ("completed", "x")
        assert not step["additional_input"]


def test_a_script_is_obeyed_step_by_step(api: Api) -> None:
    """Names and outputs are the script's; only the newest is the last; the task ends with its output."""
    script = [{"name": "one", "output": "a"}, {"output": ""}, acts(action(text="c"), name="three")]
    task = api.task(None, script, permission_mode="auto")
    steps = []
    for n, (name, output) in enumerate([("one", "a"), (None, ""), ("three", "c")]):
        step = api.step(task)
        assert (step["name"], step["output"], step["status"]) == (name, output, "completed")
        assert step["is_last"] is (n == 2)
        assert step["task_id"] == task["task_id"]
        steps.append(step)
        assert api.read(task)["status"] == ("completed" if n == 2 else "created")
        assert api.read(task)["output"] == ("c" if n == 2 else None)
    assert api.all(f"{at(task)}/steps", "steps") == [api.read(step) for step in steps]
    api.step(task, 409)


def test_a_failed_action_does_not_fail_its_step(api: Api) -> None:
    """The step completes, with what the last action said; the task goes on."""
    script = [acts(action(text="a"), action("fail", message="boom")), acts(action("fail", message="x"), output="fine")]
    task = api.task(None, script, permission_mode="auto")
    step = api.step(task)
    assert step["status"] == "completed"
    assert [(each["status"], each["output"], each["error"]) for each in step["actions"]] == [
        ("completed", "a", None),
        ("failed", None, "boom"),
    ]
    assert step["output"] is None
    step = api.step(task)
    assert (step["status"], step["output"], step["is_last"]) == ("completed", "fine", True)
    assert api.read(task)["status"] == "completed"


def test_a_step_is_open_while_it_waits(api: Api) -> None:
    """Another one is 409 until the last word has come; then the task is free for the next."""
    task = api.task(None, [acts(action(), action()), {"output": "end"}])
    step = api.step(task)
    assert (step["status"], step["is_last"], step["output"]) == ("awaiting_input", False, None)
    assert api.read(task)["status"] == "awaiting_input"
    first, second = step["actions"]
    api.step(task, 409)
    api.decide(first, "approve")
    between = api.step_of(first)
    assert (between["status"], between["actions"][0]["status"]) == ("awaiting_input", "completed")
    api.step(task, 409)
    api.decide(second, "reject")
    done = api.step_of(second)
    assert done["status"] == "completed"
    assert api.read(task)["status"] == "created"
    assert api.step(task)["is_last"] is True
    assert len(api.all(f"{at(task)}/steps", "steps")) == 2


def test_the_last_of_the_script_is_the_last_only_when_it_ends(api: Api) -> None:
    """And the task completes with it."""
    task = api.task(None, [acts(action())])
    step = api.step(task)
    assert api.read(task)["output"] is None
    api.decide(step["actions"][0], "approve")
    done = api.step_of(step["actions"][0])
    assert (done["status"], done["is_last"], done["output"]) == ("completed", True, "hello")
    assert (api.read(task)["status"], api.read(task)["output"]) == ("completed", "hello")


@pytest.mark.parametrize(
    "script", [{}, "x", 1, True, [1], [None], [{"actions": "x"}], [{"actions": [{}]}], [{"name": 1}], [{"output": []}]]
)
def test_a_script_that_cannot_be_obeyed_is_no_server_error(api: Api, script: Any) -> None:
    """Refused when the task is made, or the step fails and says why; the task does not hang."""
    answer = api.http.post(f"{at(api.topic())}/tasks", json={"additional_input": {"script": script}})
    assert answer.status_code in (201, 400, 422), answer.text
    if answer.status_code == 201:
        step = api.step(answer.json())
        assert step["status"] == "failed"
        assert step["error"]
        task = api.read(answer.json())
        assert (task["status"], bool(task["error"])) == ("failed", True)
        api.step(task, 409)


@pytest.mark.parametrize(
    "body", [{"input": 1}, {"input": ["x"]}, {"additional_input": "x"}, {"additional_input": []}, [], "x", 1]
)
def test_a_bad_step_is_400(api: Api, body: Any) -> None:
    """And nothing is executed."""
    task = api.task(input="x")
    api.post(f"{at(task)}/steps", body, 400)
    assert api.all(f"{at(task)}/steps", "steps") == []
    assert api.read(task)["status"] == "created"


def test_a_step_lives_in_its_task(api: Api) -> None:
    """Under another task it is 404, and so is an unknown one."""
    topic = api.topic()
    task, other = api.task(topic, [acts(action())]), api.task(topic, [{}])
    step = api.step(task)
    elsewhere = {**step, "task_id": other["task_id"]}
    for path in (at(elsewhere), f"{at(task)}/steps/nowhere"):
        api.get(path, 404)
        api.get(f"{path}/actions", 404)
    act = step["actions"][0]
    for wrong in ({"task_id": other["task_id"]}, {"step_id": "nowhere"}, {"action_id": "nowhere"}):
        path = at({**act, **wrong})
        api.get(path, 404)
        api.post(f"{path}/decision", {"decision": "approve"}, 404)
        api.post(f"{path}/result", {"status": "completed"}, 404)
    assert api.read(act) == act
