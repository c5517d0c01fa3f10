"""A client that works without pause until its server dies, and knows what it was told."""

import random
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.apps.protocol.conformance.api import Api, action, acts, at
from tests.apps.protocol.conformance.entities import TERMINAL, Body, checked, waits
from tests.apps.protocol.conformance.server import until


@dataclass
class Told:
    """What the server acknowledged; none of it may be lost."""

    topics: dict[str, Body] = field(default_factory=dict)
    interactions: dict[str, Body] = field(default_factory=dict)
    tasks: dict[str, Body] = field(default_factory=dict)
    steps: dict[str, Body] = field(default_factory=dict)
    """As last read; one that had ended stays as it is."""
    decisions: dict[str, tuple[Body, str]] = field(default_factory=dict)
    """Actions by id, with what was decided."""
    results: dict[str, tuple[Body, str]] = field(default_factory=dict)
    """Actions by id, with the output that was reported."""
    uploads: dict[str, tuple[Body, bytes]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    """Tasks by id, with metadata that was changed."""
    cancelled: set[str] = field(default_factory=set)


class Worker:
    """One client, with topics of its own.

    Args:
        seed: of what it does.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.told = Told()
        self.broken = 0
        """Calls that the death of a server left without an answer."""
        self.moves = 0

    def work(self, url: str) -> None:
        """Work until the server is gone."""
        api = Api(url)
        try:
            while True:
                self.move(api)
                self.moves += 1
        except httpx.TransportError:
            self.broken += 1
        finally:
            api.http.close()

    def move(self, api: Api) -> None:
        """One thing, with all calls that it takes."""
        told, chance = self.told, self.random
        if not told.topics or chance.random() < 0.05:
            topic = api.topic(name=str(chance.random()))
            told.topics[topic["topic_id"]] = topic
        topic = chance.choice(list(told.topics.values())[-3:])
        kind = chance.choices(["task", "say", "upload", "title", "cancel", "go on"], [2, 1, 2, 1, 0.3, 8])[0]
        if kind == "task" or not told.tasks:
            self.keep(api.task(topic, self.script(), permission_mode=chance.choice(["ask", "auto"])))
        elif kind == "say":
            derive = {"additional_input": {"script": self.script()}, "create_task": chance.random() < 0.7}
            said = api.interaction(topic, input="say", **derive)
            told.interactions[said["interaction_id"]] = said
            for task_id in said["task_ids"]:
                self.keep(api.read({"topic_id": topic["topic_id"], "task_id": task_id}))
        elif kind == "upload":
            content = chance.randbytes(chance.choice([0, 10, 3_000, 200_000]))
            parent = chance.choice([topic, chance.choice(list(told.tasks.values()))])
            artifact = api.upload(parent, content, "up.bin", relative_path="a/up.bin")
            told.uploads[artifact["artifact_id"]] = (artifact, content)
        else:
            self.go_on(api, chance.choice(list(told.tasks.values())[-6:]), kind)

    def keep(self, task: Body) -> None:
        """A task was acknowledged."""
        self.told.tasks[task["task_id"]] = task

    def script(self) -> list[Body]:
        """Two or three steps of all kinds of actions."""
        kinds = [
            action(text="x"),
            action("write_file", path="out/a.txt", content=str(self.random.random())),
            action("remember", key="k", value="v"),
            action("door", "client"),
            action("ask", "user"),
            action("fail", message="m"),
        ]
        return [acts(*self.random.sample(kinds, self.random.randrange(4))) for _ in range(self.random.choice([2, 3]))]

    def go_on(self, api: Api, task: Body, kind: str = "go on") -> bool:
        """Change a task, or make one move towards its end; whether it goes on after that."""
        told = self.told
        now = api.read(task)
        if kind == "title":
            title = str(self.random.random())
            if now["status"] not in TERMINAL:
                api.patch(at(task), {"metadata": {"title": title}, "metadata_source": "user"})
                told.titles[task["task_id"]] = title
            return True
        if now["status"] in TERMINAL:
            return False
        if kind == "cancel":
            api.cancel(task)
            told.cancelled.add(task["task_id"])
            return False
        opened = [step for step in api.all(f"{at(task)}/steps", "steps") if step["status"] not in TERMINAL]
        if not opened:
            self.seen(api.step(task))
            return True
        step = api.rested(opened[0])
        if waiting := [act for act in step["actions"] if waits(act)]:
            self.answer(api, self.random.choice(waiting))
            step = api.read(step)
        self.seen(step)
        return True

    def seen(self, step: Body) -> None:
        """A step was read."""
        self.told.steps[step["step_id"]] = step

    def answer(self, api: Api, act: Body) -> None:
        """Decide or report."""
        said: dict[str, Any] = {"decision": self.random.choice(["approve", "approve", "approve", "reject", "feedback"])}
        if act["status"] == "approved" or (act["executor"] == "user" and said["decision"] == "approve"):
            output = str(self.random.random())
            api.report(act, output=output, actor=act["executor"])
            self.told.results[act["action_id"]] = (act, output)
            return
        if said["decision"] == "feedback":
            said["feedback"] = "again"
        checked("action", api.post(f"{at(act)}/decision", said, 200))
        self.told.decisions[act["action_id"]] = (act, said["decision"])


ENDS = {
    "approve": {"approved", "running", "completed", "failed", "cancelled"},
    "reject": {"rejected"},
    "feedback": {"superseded"},
}


def check(api: Api, told: Told) -> None:
    """Everything that was acknowledged is there, and at rest."""
    for topic in told.topics.values():
        now = api.read(topic)
        assert {**now, "artifacts": 0, "modified_at": 0} == {**topic, "artifacts": 0, "modified_at": 0}
    for interaction in told.interactions.values():
        check_answered(api, interaction)
    for task in told.tasks.values():
        check_task(api, told, task)
    for step in told.steps.values():
        now = api.rested(step)
        assert step["status"] not in TERMINAL or now == step
    for act, decision in told.decisions.values():
        now = api.read(act)
        assert (now["decision"], now["decided_by"]) == (decision, "user")
        assert now["status"] in ENDS[decision]
        assert now["status"] != "approved" or now["executor"] == "client", now
    for act, output in told.results.values():
        now = api.read(act)
        assert (now["status"], now["output"]) == ("completed", output)
    for artifact, content in told.uploads.values():
        parent = {name: artifact[name] for name in ("topic_id", "task_id")}
        assert artifact in api.all(f"{at(parent)}/artifacts", "artifacts")
        assert api.download(parent, artifact).content == content


def check_answered(api: Api, interaction: Body) -> None:
    """It comes to its end, with the one task that it means."""
    now = until(lambda: (read := api.read(interaction))["status"] in ("completed", "failed") and read)
    tasks = api.all(f"{at({'topic_id': now['topic_id']})}/tasks", "tasks")
    derived = [task["task_id"] for task in tasks if task["interaction_id"] == now["interaction_id"]]
    assert now["task_ids"] == derived
    assert len(derived) <= 1
    if interaction["status"] == "completed":
        assert now == interaction


def check_task(api: Api, told: Told, task: Body) -> None:
    """It is what it was, with steps that hold together, none of which runs when it is at rest."""
    steps = [api.rested(step) for step in api.all(f"{at(task)}/steps", "steps")]
    now = api.read(task)
    for name in ("input", "additional_input", "interaction_id", "created_at", "created_by"):
        assert now[name] == task[name]
    if task["task_id"] in told.titles:
        assert now["metadata"]["title"] == told.titles[task["task_id"]]
    if task["task_id"] in told.cancelled:
        assert now["status"] == "cancelled"
    opened = [step for step in steps if step["status"] not in TERMINAL]
    assert len(opened) == (1 if now["status"] == "awaiting_input" else 0), (now, steps)
    assert [step["is_last"] for step in steps[:-1]] == [False] * len(steps[:-1])


def check_lists(api: Api, told: Told) -> None:
    """Lists have all there is, once; a task of an interaction that has ended reported back, once."""
    for topic in told.topics.values():
        for plural, known in (("tasks", told.tasks), ("interactions", told.interactions)):
            name = f"{plural.removesuffix('s')}_id"
            ids = [entity[name] for entity in api.all(f"{at(topic)}/{plural}", plural)]
            assert len(ids) == len(set(ids))
            assert {key for key, entity in known.items() if entity["topic_id"] == topic["topic_id"]} <= set(ids)
        path = at(topic)
        said = [each for each in api.all(f"{path}/interactions", "interactions") if each["created_by"] == "server"]
        reported = sorted(task_id for each in said for task_id in each["task_ids"])
        tasks = api.all(f"{path}/tasks", "tasks")
        assert reported == sorted(
            task["task_id"] for task in tasks if task["interaction_id"] and task["status"] in TERMINAL
        )
        artifacts = api.all(f"{path}/artifacts", "artifacts")
        assert len({artifact["artifact_id"] for artifact in artifacts}) == len(artifacts)
        for artifact in artifacts:
            assert len(api.download(topic, artifact).content) == artifact["size"]
