"""Tasks of one topic share a memory, topics share nothing (section 6)."""

from tests.apps.protocol.conformance.api import V1, Api, action, acts
from tests.apps.protocol.conformance.entities import Body


def recalled(api: Api, topic: Body, key: str) -> str | None:
    """What a new task of a topic remembers."""
    task = api.task(topic, [acts(action("recall", key=key))], permission_mode="auto")
    step = api.step(task)
    assert step["actions"][0]["status"] == "completed"
    return step["output"]  # type: ignore[no-any-return]


def test_a_later_task_knows_what_an_earlier_one_stored(api: Api) -> None:
    """In the same topic only; the newest value counts."""
    topic, other = api.topic(), api.topic()
    assert recalled(api, topic, "color") is None
    for value in ("blue", "grün ✓"):
        remember = action("remember", key="color", value=value)
        assert api.step(api.task(topic, [acts(remember)], permission_mode="auto"))["output"] == value
        assert recalled(api, topic, "color") == value
        assert recalled(api, other, "color") is None
    assert recalled(api, topic, "other") is None


def test_a_task_remembers_from_step_to_step(api: Api) -> None:
    """And an open task shares with another at once."""
    topic = api.topic()
    remember, recall = action("remember", key="k", value="v"), action("recall", key="k")
    task = api.task(topic, [acts(remember, action()), acts(recall)])
    step = api.step(task)
    api.decide(step["actions"][0], "approve")
    api.step_of(step["actions"][0])
    assert recalled(api, topic, "k") == "v"
    api.decide(step["actions"][1], "reject")
    api.step_of(step["actions"][1])
    step = api.step(task)
    api.decide(step["actions"][0], "approve")
    assert api.step_of(step["actions"][0])["output"] == "v"


def test_derived_tasks_share_it(api: Api) -> None:
    """A task of an interaction is a task of the topic."""
    topic = api.topic()
    script = [acts(action("remember", key="k", value="said"))]
    done = api.talked(topic, input="note it", additional_input={"script": script}, create_task=True)
    step = api.step({"topic_id": topic["topic_id"], "task_id": done["task_ids"][0]})
    api.decide(step["actions"][0], "approve")
    api.step_of(step["actions"][0])
    assert recalled(api, topic, "k") == "said"


def test_v1_tasks_share_nothing(api: Api) -> None:
    """Each has a topic of its own."""
    outputs = []
    for act in (action("remember", key="k", value="v"), action("recall", key="k")):
        task = api.post(f"{V1}/tasks", {"input": "x", "additional_input": {"script": [acts(act)]}}, 200)
        outputs.append(api.post(f"{V1}/tasks/{task['task_id']}/steps", {}, 200)["output"])
    assert outputs == ["v", None]
