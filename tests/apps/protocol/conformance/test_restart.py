"""What a restart leaves (section 1): everything, and open actions can be decided."""

from pathlib import Path

from tests.apps.protocol.conformance.api import V1, V2, Api, action, acts, at
from tests.apps.protocol.conformance.entities import Body
from tests.apps.protocol.conformance.server import Server, until


def shown(api: Api, topic: Body) -> list[Body]:
    """All that can be read of a topic."""
    path = at(topic)
    tasks = api.all(f"{path}/tasks", "tasks")
    steps = [step for task in tasks for step in api.all(f"{at(task)}/steps", "steps")]
    said = api.all(f"{path}/interactions", "interactions")
    return [api.read(topic), *said, *tasks, *steps, *api.all(f"{path}/artifacts", "artifacts")]


def test_all_is_there_after_a_kill_and_can_be_gone_on_with(tmp_path: Path) -> None:
    """To the letter; what waited still waits, and what was decided is not asked again."""
    write = action("write_file", path="a.txt", content="written")
    with Server(tmp_path) as server:
        api = Api(server.url)
        topic = api.topic(name="lasting", metadata={"a": [None]})
        script = [acts(action(text="a"), action("door", "client"), action("ask", "user"), write, output="one"), {}]
        done = api.talked(topic, input="do it", additional_input={"script": script}, create_task=True)
        task = api.read({"topic_id": topic["topic_id"], "task_id": done["task_ids"][0]})
        sent = api.upload(task, b"\x00" * 100_000, "sent.bin")
        first, second, third, fourth = api.step(task)["actions"]
        api.decide(first, "feedback", feedback="louder")
        api.decide(second, "approve")
        api.decide(fourth, "approve")
        api.step_of(fourth)
        remember = acts(action("remember", key="k", value="v"))
        api.step(api.task(topic, [remember], permission_mode="auto"))
        v1 = api.post(f"{V1}/tasks", {"input": "x"}, 200)
        before = shown(api, topic)
        topics = api.all(f"{V2}/topics", "topics")
        server.kill()
    with Server(tmp_path) as server:
        api = Api(server.url)
        assert shown(api, topic) == before
        assert api.all(f"{V2}/topics", "topics") == topics
        assert api.get(f"{V1}/tasks/{v1['task_id']}") == v1
        assert api.download(task, sent).content == b"\x00" * 100_000
        [written] = api.step_of(first)["artifacts"]
        assert api.download(task, written).content == b"written"
        api.decide(second, "approve", 409)
        api.report(second, output="open")
        api.decide(api.step_of(first)["actions"][-1], "approve")
        server.kill()
    with Server(tmp_path) as server:
        api = Api(server.url)
        api.report(third, output="yes", actor="user")
        step = api.step_of(third)
        assert (step["status"], step["output"]) == ("completed", "one")
        statuses = [each["status"] for each in step["actions"]]
        assert statuses == ["superseded", "completed", "completed", "completed", "completed"]
        assert api.step(task)["is_last"] is True
        recall = acts(action("recall", key="k"))
        assert api.step(api.task(topic, [recall], permission_mode="auto"))["output"] == "v"
        [said] = until(
            lambda: [e for e in api.all(f"{at(topic)}/interactions", "interactions") if e["created_by"] == "server"]
        )
        assert said["task_ids"] == [task["task_id"]]
        server.kill()
    with Server(tmp_path) as server:
        api = Api(server.url)
        kinds = [each["created_by"] for each in api.all(f"{at(topic)}/interactions", "interactions")]
        assert kinds == ["client", "server"]
