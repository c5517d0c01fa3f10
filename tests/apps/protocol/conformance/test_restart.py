"""What a restart leaves (section 1): everything, and open actions can be decided."""

import asyncio
from functools import partial
from pathlib import Path

from repertory.memory.home import open_home
from repertory.memory.topics.entities import Verdict
from repertory.memory.topics.ledger import Ledger
from repertory.memory.topics.states import decide
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


async def keep_decision(home: Path, act: Body, verdict: Verdict, feedback: str | None = None) -> None:
    """What a server does that dies right after it has kept a decision."""
    async with open_home(home, environ={"REPERTORY_EMBEDDINGS": "lexical"}) as opened:
        ledger = Ledger(opened.store, told=lambda *_: None)
        where = act["step_id"], act["action_id"], verdict
        move = partial(decide, feedback=feedback, actor="user")
        await ledger.change(act["task_id"], act["topic_id"], lambda task, _: move(task, *where))


def test_what_was_decided_before_a_kill_is_done_after_it(tmp_path: Path) -> None:
    """Though the step waits for other words, and nobody says anything."""
    with Server(tmp_path) as server:
        api = Api(server.url)
        task = api.task(None, [acts(action(text="1"), action(text="2"), action(text="3")), {}])
        first, second, third = api.step(task)["actions"]
    asyncio.run(keep_decision(tmp_path, first, "approve"))
    asyncio.run(keep_decision(tmp_path, second, "feedback", "again"))
    with Server(tmp_path) as server:
        api = Api(server.url)
        [step] = until(lambda: [s for s in api.all(f"{at(task)}/steps", "steps") if len(s["actions"]) == 4])
        assert step["status"] == "awaiting_input"
        assert [act["status"] for act in step["actions"]] == ["completed", "superseded", "proposed", "proposed"]
        assert step["actions"][0]["output"] == "1"
        for act in step["actions"][2:]:
            api.decide(act, "approve")
        assert api.step_of(third)["status"] == "completed"


def test_a_step_that_ran_at_a_kill_has_failed(tmp_path: Path) -> None:
    """With its actions, and so the task's list says, too; the task goes on with what was decided."""
    with Server(tmp_path) as server:
        api = Api(server.url)
        task = api.task(None, [acts(action(text="1"), name="one"), {"output": "two"}])
        [act] = api.step(task)["actions"]
    asyncio.run(keep_decision(tmp_path, act, "approve"))
    with Server(tmp_path) as server:
        api = Api(server.url)
        [listed] = api.all(f"{at({'topic_id': task['topic_id']})}/tasks", "tasks")
        assert listed["status"] == "created"
        step = api.read({**act, "action_id": None})
        assert (step["status"], bool(step["error"]), step["is_last"]) == ("failed", True, False)
        assert [each["status"] for each in step["actions"]] == ["failed"]
        api.decide(act, "approve", 409)
        outputs = []
        while api.read(task)["status"] == "created":
            outputs.append(api.step(task)["output"])
        assert outputs[-1] == "two"
        assert (api.read(task)["status"], api.read(task)["output"]) == ("completed", "two")
