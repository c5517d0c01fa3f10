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
from tests.apps.protocol.served.crashing import go_on
from tests.apps.protocol.served.desk import Desk, desk
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


@pytest.mark.timeout(600)
async def test_a_task_outlives_its_servers(tmp_path: Path) -> None:
    """Killed whenever its model is asked something new, after each decision and after each step that rests.

    The model is asked once more what it was asked when the server died, and no more; what the user said counts, the
    file is written once, and steps that were done are not done again.
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
