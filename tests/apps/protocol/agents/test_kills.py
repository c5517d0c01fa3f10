"""The planner's server is killed at every stage of a task; the task goes on, and nothing that was done is repeated."""

import contextlib
import json
import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from repertory.memory.topics.errors import ConflictError
from tests.apps.company import Company, company
from tests.apps.protocol.agents.crashing import go_on
from tests.apps.protocol.agents.desk import Desk, desk
from tests.openai_answers import Answer, Slow
from tests.openai_server import OpenAIServer
from tests.playing import agent_step
from tests.processes import run_until

WRITE = ("write_file", {"path": "a.txt", "content": "alpha"})


def players() -> Company:
    """Two agents; the first one writes a file."""
    steps = [agent_step("a", "write a", tools=["write_file"]), agent_step("b", "do b", ["a"])]
    return company(*steps, acts={"write a": [[WRITE], "wrote a"]})


class Killing:
    """A model that, when it is asked something for the first time, kills who asks."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._players = folder, players()
        self.asked = Counter[tuple[str, int]]()

    def __call__(self, request: dict[str, Any]) -> Answer:
        answer = self._players(request)
        turn = sum(message["role"] == "assistant" for message in request["messages"])
        about = (self._players.asked[-1], turn)
        self.asked[about] += 1
        if self.asked[about] > 1:
            return answer
        with contextlib.suppress(ProcessLookupError):
            os.kill(int((self._folder / "pid").read_text()), signal.SIGKILL)
        return Slow(60, answer)


STAGES = [
    "plan is awaiting_input",
    "plan of plan is approved",
    "a is awaiting_input",
    "run_tests of a is approved",
    "report is completed",
]
DEADLY = """
import os
from pathlib import Path

def test_it():
    ran = Path({folder!r}) / "ran"
    first = not ran.exists()
    with ran.open("a") as lines:
        lines.write("once ")
    if first:
        os.kill(int((ran.parent / "pid").read_text()), 9)
"""


@pytest.mark.timeout(600)
async def test_a_task_outlives_its_servers(tmp_path: Path) -> None:
    """Killed whenever its model is asked something new, after each decision and after each step that rests.

    The model is asked again what it was asked when the server died, and at most the one thing before it; what the user
    said counts, the file is written once, and steps that were done are not done again.
    """
    model = Killing(tmp_path)
    kills = 0
    with OpenAIServer(model) as server:
        (tmp_path / "environ").write_text(json.dumps(server.environ()))
        while (code := run_until(go_on, tmp_path)[0]) != 0:
            assert code == -signal.SIGKILL
            kills += 1
            assert kills < 40
        assert kills >= 10
        assert set(model.asked.values()) == {2}, model.asked
        task = json.loads((tmp_path / "task").read_text())
        async with desk(tmp_path / "home", server) as new:
            at = Desk(new.service, task["topic_id"])
            assert (await at.read(task))["status"] == "completed"
            steps = await at.steps(task)
            done = [step["name"] for step in steps if step["status"] == "completed"]
            assert done == ["plan", "a", "b", "report"]
            lost = [step for step in steps if step["status"] != "completed"]
            assert all("the server stopped" in step["error"] for step in lost)
            approved = [act["name"] for step in steps for act in step["actions"] if act["status"] == "completed"]
            assert approved == ["plan", "write_file"]
            assert [await at.content(file) for file in await at.artifacts()] == [b"alpha"]
            with pytest.raises(ConflictError):
                await at.step(task)


@pytest.mark.timeout(600)
async def test_what_may_have_been_done_is_not_repeated_unasked(tmp_path: Path) -> None:
    """A call with effects during which the server died: the user is asked again before it is made again."""
    step = agent_step("a", "test it", tools=["run_tests"])
    players = company(step, acts={"test it": [[("run_tests", {"path": "test_it.py"})], "tested"]})
    with OpenAIServer(players) as server:
        (tmp_path / "environ").write_text(json.dumps(server.environ()))
        async with desk(tmp_path / "home", server) as at:
            await at.upload(DEADLY.format(folder=str(tmp_path)).encode(), "test_it.py")
            task = await at.task("do it")
        (tmp_path / "task").write_text(json.dumps(task))
        log = tmp_path / "log"
        log.write_text("\n".join(STAGES) + "\n")  # nothing kills it but the call
        assert run_until(go_on, tmp_path)[0] == -signal.SIGKILL
        approvals = log.read_text().count("run_tests of a is approved")
        assert run_until(go_on, tmp_path)[0] == 0
        assert log.read_text().count("run_tests of a is approved") == approvals + 1
        async with desk(tmp_path / "home", server) as new:
            at = Desk(new.service, task["topic_id"])
            steps = [step for step in await at.steps(task) if step["name"] == "a"]
            assert [step["status"] for step in steps] == ["failed", "completed"]
            [lost], [permitted, again] = (step["actions"] for step in steps)
            assert [action["status"] for action in (lost, permitted, again)] == ["failed", "failed", "completed"]
            assert "as far as is known" in permitted["error"]
            assert again["args"] == permitted["args"] == lost["args"]
            assert again["decided_by"] == "user"
            assert (await at.read(task))["status"] == "completed"
    assert (tmp_path / "ran").read_text() == "once once "
