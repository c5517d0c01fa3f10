"""Two servers with homes of their own over one database, one Chroma server and one place for the bytes of files."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.apps.company import Company
from tests.apps.protocol.conformance.api import Api, at
from tests.apps.protocol.conformance.entities import TERMINAL, Body
from tests.apps.protocol.conformance.server import Server, until
from tests.chroma_server import chroma
from tests.openai_answers import Answer, Held
from tests.openai_server import OpenAIServer
from tests.playing import agent_step, plan_of
from tests.postgres import Cluster, cluster

__all__ = ["cluster"]
CHAIN = plan_of(agent_step("a", "do a"), agent_step("b", "do b", ["a"]))


class Model:
    """A model that plays what a test wants of it."""

    def __init__(self) -> None:
        self.players = Company(CHAIN)
        self.held = ""
        """The instruction whose answer is held back."""
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self, request: dict[str, Any]) -> Answer:
        answer = self.players(request)
        if self.held and self.players.asked[-1] == self.held:
            self.reached.set()
            return Held(self.opened, answer)
        return answer


class Shared(NamedTuple):
    """What the servers have in common."""

    model: Model
    folder: Path
    environ: dict[str, str]

    def server(self, name: str) -> Server:
        """Another server, with a home of its own."""
        artifacts = (self.folder / "artifacts").as_uri()
        return Server(self.folder / name, "--agent", "planner", "--artifacts", artifacts, **self.environ)


@pytest.fixture(scope="module")
def shared(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """A database, a Chroma server and a model."""
    folder, model = tmp_path_factory.mktemp("shared"), Model()
    cluster.execute("CREATE DATABASE two_servers")
    with OpenAIServer(model) as openai, chroma(folder / "chroma") as address:
        stores = {"REPERTORY_DATABASE": cluster.address("two_servers"), "REPERTORY_CHROMA": address}
        yield Shared(model, folder, {**openai.environ(), **stores, "REPERTORY_EMBEDDINGS": "minilm"})
    cluster.execute("DROP DATABASE two_servers WITH (FORCE)")


@pytest.fixture(scope="module")
def both(shared: Shared) -> Iterator[tuple[Api, Api]]:
    """Clients of two servers."""
    with shared.server("one") as one, shared.server("two") as two:
        yield Api(one.url), Api(two.url)


def approved(api: Api, step: Body) -> Body:
    """The step at rest, once all that it proposes is approved."""
    while proposed := [action for action in step["actions"] if action["status"] == "proposed"]:
        api.decide(proposed[0], "approve")
        step = api.step_of(proposed[0])
    return step


def finish(task: Body, *apis: Api) -> Body:
    """Go on with a task at one server after the other, until it ends."""
    turns = 0
    while (now := apis[turns % len(apis)].read(task))["status"] not in TERMINAL:
        turns += 1
        step = apis[turns % len(apis)].step(task)
        approved(apis[(turns + 1) % len(apis)], step)
    return now


def test_a_task_that_is_made_at_one_is_performed_at_both(shared: Shared, both: tuple[Api, Api]) -> None:
    """Each step at another server than the one before, and its decisions at the other; both show the same."""
    one, two = both
    shared.model.players = Company(CHAIN)
    task = one.task(one.topic(), input="do it here and there")
    assert two.read(task) == task
    assert finish(task, one, two)["status"] == "completed"
    path = f"{at(task)}/steps"
    steps = one.all(path, "steps")
    assert [(step["name"], step["status"]) for step in steps] == [
        (name, "completed") for name in ("plan", "a", "b", "report")
    ]
    assert two.all(path, "steps") == steps
    assert two.read(task) == one.read(task)
    assert shared.model.players.asked.count("do a") == 1


def test_of_decisions_that_race_one_counts(shared: Shared, both: tuple[Api, Api]) -> None:
    """Whichever it is; the other is told that it came too late."""
    shared.model.players = Company(CHAIN)
    topic = both[0].topic()
    with ThreadPoolExecutor(4) as pool:
        for n in range(6):
            task = both[n % 2].task(topic, input=f"race number {n}")
            [plan] = both[n % 2].step(task)["actions"]
            barrier = threading.Barrier(4)

            def decide(api: Api, verdict: str, plan: Body = plan, barrier: threading.Barrier = barrier) -> int:
                barrier.wait()
                return api.http.post(f"{at(plan)}/decision", json={"decision": verdict}).status_code

            calls = [pool.submit(decide, api, verdict) for api in both for verdict in ("approve", "reject")]
            assert sorted(call.result() for call in calls) == [200, 409, 409, 409]
            step = both[n % 2].step_of(plan)
            assert {"approve": "completed", "reject": "failed"}[step["actions"][0]["decision"]] == step["status"]
            assert both[1 - n % 2].read(step) == step


def test_steps_that_are_executed_at_both_run_once(shared: Shared, both: tuple[Api, Api]) -> None:
    """One call executes it, the others are told that it is open."""
    shared.model.players = Company(CHAIN)
    task = both[0].task(both[0].topic(), input="do it once")
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(api.http.post, f"{at(task)}/steps") for api in (*both, *both)]
        assert sorted(call.result().status_code for call in calls) == [201, 409, 409, 409]
    assert shared.model.players.asked.count("PlanDraft") == 1


def test_lists_have_no_holes(both: tuple[Api, Api]) -> None:
    """Though many make tasks at both at once: all are there, once, and in the same order at both."""
    topic = both[0].topic()
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda n: both[n % 2].task(topic, input=f"task {n}")["task_id"], range(40)))
    path = f"{at(topic)}/tasks"
    listed = [[task["task_id"] for task in api.all(path, "tasks")] for api in both]
    assert listed[0] == listed[1]
    assert sorted(listed[0]) == sorted(made)


def test_events_at_one_tell_what_happens_at_the_other(both: tuple[Api, Api]) -> None:
    """As it happens, to who listens already; with the entity as it is."""
    one, two = both
    topic = one.topic()
    with one.http.stream("GET", f"{at(topic)}/events", timeout=httpx.Timeout(60)) as stream:
        lines = stream.iter_lines()
        task = two.task(topic, input="be heard")
        heard = next(line for line in lines if task["task_id"] in line)
        assert json.loads(heard.removeprefix("data: "))["task"] == task


def test_files_are_there_at_both(shared: Shared, both: tuple[Api, Api]) -> None:
    """What is uploaded at one an agent at the other reads; what it makes there is read here, by clients and agents."""
    one, two = both
    tools = ["read_file", "write_file"]
    write = [("write_file", {"path": "b.txt", "content": "MADE AT TWO"})]
    shared.model.players = Company(
        plan_of(agent_step("a", "read a and write b", tools=tools)),
        plan_of(agent_step("b", "read b", tools=tools)),
        acts={
            "read a and write b": [[("read_file", {"path": "a.txt"})], write, "done"],
            "read b": [[("read_file", {"path": "b.txt"})], "done"],
        },
    )
    topic = one.topic()
    one.upload(topic, b"SENT TO ONE", "a.txt")
    finish(two.task(topic, input="read the first file", permission_mode="auto"), two)
    assert "SENT TO ONE" in shared.model.players.texts[-1]
    [made] = [file for file in one.all(f"{at(topic)}/artifacts", "artifacts") if file["agent_created"]]
    assert one.download(topic, made).content == b"MADE AT TWO"
    finish(one.task(topic, input="now look at the second document"), one)
    assert "MADE AT TWO" in shared.model.players.texts[-1]


def test_a_task_outlives_the_server_at_it(shared: Shared, both: tuple[Api, Api]) -> None:
    """Killed while its step runs: another server says that the step failed, and goes on; nothing is done twice."""
    model, other = shared.model, both[0]
    model.players, model.held = Company(CHAIN), "do b"
    model.reached.clear()
    with shared.server("dying") as dying, ThreadPoolExecutor(1) as pool:
        api = Api(dying.url)
        task = api.task(api.topic(), input="do it and die", permission_mode="auto")
        assert [api.step(task)["status"] for _ in "pa"] == ["completed", "completed"]
        broken = pool.submit(api.http.post, f"{at(task)}/steps")
        assert model.reached.wait(60)
        running = other.all(f"{at(task)}/steps", "steps")[-1]
        assert running["status"] == "running"  # its server lives
        dying.kill()
        with pytest.raises(httpx.TransportError):
            broken.result()
    model.held = ""
    model.opened.set()
    lost = until(lambda: (now := other.read(running))["status"] == "failed" and now)
    assert "server stopped" in lost["error"]
    assert other.read(task)["status"] == "created"
    assert finish(task, other)["status"] == "completed"
    done = [step["name"] for step in other.all(f"{at(task)}/steps", "steps") if step["status"] == "completed"]
    assert done == ["plan", "a", "b", "report"]
    assert (model.players.asked.count("do a"), model.players.asked.count("do b")) == (1, 2)
