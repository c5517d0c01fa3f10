"""Interactions, tasks derived from them, and the feedback on these (sections 3, 5 and 8)."""

from typing import Any

import pytest

from tests.apps.protocol.conformance.api import Api, action, acts, at
from tests.apps.protocol.conformance.entities import Body
from tests.apps.protocol.conformance.server import until


def feedback(api: Api, topic: Body) -> list[Body]:
    """What the server said by itself."""
    said = api.all(f"{at(topic)}/interactions", "interactions")
    found = [each for each in said if each["created_by"] == "server"]
    for each in found:
        assert each["input"] is None
        assert each["status"] == "completed"
        assert isinstance(each["output"], str)
        assert each["output"]
    return found


def test_an_interaction_is_answered(api: Api) -> None:
    """It is the client's, and ends with words of the agent and no task."""
    topic = api.topic()
    given = {"input": "hello", "additional_input": {"a": [1, None]}, "create_task": False}
    said = api.interaction(topic, **given)
    assert said["input"] == "hello"
    assert said["additional_input"] == {"a": [1, None]}
    assert said["created_by"] == "client"
    assert said["topic_id"] == topic["topic_id"]
    done = until(lambda: (now := api.read(said))["status"] == "completed" and now)
    assert isinstance(done["output"], str)
    assert done["task_ids"] == []
    assert done["error"] is None
    assert done["created_at"] == said["created_at"]
    assert api.all(f"{at(topic)}/interactions", "interactions") == [done]
    assert api.all(f"{at(topic)}/tasks", "tasks") == []


def test_left_to_the_scripted_agent_no_task_is_derived(api: Api) -> None:
    """`create_task` null, and absent."""
    topic = api.topic()
    for fields in ({}, {"create_task": None}):
        done = api.talked(topic, input="do it", additional_input={"script": [{}]}, **fields)
        assert (done["status"], done["task_ids"]) == ("completed", [])
    assert api.all(f"{at(topic)}/tasks", "tasks") == []


def test_one_task_is_derived_where_it_is_asked_for(api: Api) -> None:
    """It is the server's, of this interaction, with metadata of the server, and obeys the interaction's script."""
    topic = api.topic()
    script = [acts(action(text="one")), {"output": "two"}]
    done = api.talked(topic, input="do it", additional_input={"script": script}, create_task=True)
    assert done["status"] == "completed"
    [task] = api.all(f"{at(topic)}/tasks", "tasks")
    assert done["task_ids"] == [task["task_id"]]
    assert task["interaction_id"] == done["interaction_id"]
    assert task["created_by"] == "server"
    assert task["metadata_source"] == "server"
    assert set(task["metadata_provenance"].values()) <= {"server"}
    assert task["additional_input"]["script"] == script
    assert task["status"] == "created"
    assert task["permission_mode"] == "ask"
    step = api.step(task)
    assert (step["status"], [each["name"] for each in step["actions"]]) == ("awaiting_input", ["echo"])
    api.decide(step["actions"][0], "approve")
    assert api.step_of(step["actions"][0])["output"] == "one"
    assert feedback(api, topic) == []
    assert api.step(task)["output"] == "two"
    [said] = until(lambda: feedback(api, topic))
    assert said["task_ids"] == [task["task_id"]]


@pytest.mark.parametrize("end", ["completed", "failed", "cancelled", "cancelled open"])
def test_feedback_is_given_once_however_the_task_ends(api: Api, end: str) -> None:
    """A task that came from an interaction reports back, and nothing later adds to that."""
    topic = api.topic()
    script: Any = "no script" if end == "failed" else [acts(action())] if end == "cancelled open" else [{}]
    done = api.talked(topic, input="do it", additional_input={"script": script}, create_task=True)
    task = api.read({"topic_id": topic["topic_id"], "task_id": done["task_ids"][0]})
    if end != "cancelled":
        api.step(task)
    if end.startswith("cancelled"):
        api.cancel(task)
    assert api.read(task)["status"] == end.split()[0]
    [said] = until(lambda: feedback(api, topic))
    assert said["task_ids"] == [task["task_id"]]
    api.cancel(task, 409)
    api.post(f"{at(task)}/steps", None, 409)
    api.talked(topic, input="and now?", create_task=False)
    assert feedback(api, topic) == [said]
    inputs = [each["input"] for each in api.all(f"{at(topic)}/interactions", "interactions")]
    assert inputs == ["do it", None, "and now?"]


def test_a_task_of_the_client_is_no_interactions(api: Api) -> None:
    """It has no interaction."""
    topic = api.topic()
    task = api.task(topic, [{}])
    assert task["interaction_id"] is None
    api.step(task)
    assert api.read(task)["status"] == "completed"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"input": None},
        {"input": ""},
        {"input": 1},
        {"input": ["x"]},
        {"input": "x", "additional_input": []},
        {"input": "x", "create_task": "yes"},
        {"input": "x", "create_task": 1},
        [],
        "x",
    ],
)
def test_a_bad_interaction_is_400(api: Api, body: Any) -> None:
    """Input is required, and not empty."""
    topic = api.topic()
    api.post(f"{at(topic)}/interactions", body, 400)
    assert api.all(f"{at(topic)}/interactions", "interactions") == []


def test_an_interaction_lives_in_its_topic(api: Api) -> None:
    """Under another it is 404, and so is an unknown one."""
    topic, other = api.topic(), api.topic()
    said = api.interaction(topic, input="x", create_task=False)
    api.get(at({**said, "topic_id": other["topic_id"]}), 404)
    api.get(f"{at(topic)}/interactions/nowhere", 404)
    assert api.all(f"{at(other)}/interactions", "interactions") == []
