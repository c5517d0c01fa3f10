"""The conformance agent as a graph: what it proposes, how it takes decisions, and what a kill leaves of it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from repertory.apps.protocol.agents.script.graph import Graph, acts_of, build_scripted
from repertory.apps.protocol.agents.script.lane import ScriptedAct
from repertory.memory.home import open_home
from repertory.memory.portable import portable
from repertory.memory.proposals import Proposal
from tests.processes import run_until

CONFIG: Any = {"configurable": {"thread_id": "task"}}
ECHO = {"name": "echo", "args": {"text": "a"}}


class Task:
    """A task on the graph, driven as a server does."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    async def step(
        self, script: Any, n: int = 0, *, text: str | None = None, auto: bool = False, topic: str = "T"
    ) -> list[ScriptedAct]:
        """Run a step until it rests; its actions."""
        given = {"script": portable(script), "n": n, "text": text, "topic": topic, "auto": auto}
        await self.graph.ainvoke(given, CONFIG, durability="sync")
        return await self.acts()

    async def acts(self) -> list[ScriptedAct]:
        """The actions of the step."""
        return list(acts_of(await self.graph.aget_state(CONFIG, subgraphs=True)).values())

    async def answer(self, act: ScriptedAct, **decision: Any) -> list[ScriptedAct]:
        """Answer the question about an action; the actions after that."""
        resume = {act["interrupt"]: {"decisions": [decision]}}
        await self.graph.ainvoke(Command(resume=resume), CONFIG, durability="sync")
        return await self.acts()

    async def values(self) -> dict[str, Any]:
        """The state of the step."""
        return dict((await self.graph.aget_state(CONFIG)).values)


@pytest.fixture(params=["memory", "sqlite"])
async def task(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Task]:
    """A task in memory, and one in a home."""
    if request.param == "memory":
        yield Task(build_scripted(checkpointer=InMemorySaver(), store=InMemoryStore()))
        return
    async with open_home(tmp_path, environ={"REPERTORY_EMBEDDINGS": "lexical"}) as home:
        yield Task(build_scripted(checkpointer=home.checkpointer, store=home.store))


async def test_without_a_script_there_is_one_step_that_says_what_it_is_told(task: Task) -> None:
    """No script: no action, the input as output, and it is the last step."""
    assert await task.step(None, text="hello") == []
    values = await task.values()
    assert (values["output"], values["is_last"], values["error"], values["name"]) == ("hello", True, None, None)


async def test_all_actions_of_a_step_are_proposed_at_once_and_decided_one_by_one(task: Task) -> None:
    """One action is decided and performed while others wait, and its outcome can be read meanwhile."""
    acts = await task.step([{"actions": [ECHO, {"name": "echo", "args": {"text": "b"}}, {"name": "fail"}]}])
    assert [act["status"] for act in acts] == ["proposed"] * 3
    assert all(act["interrupt"] for act in acts)
    acts = await task.answer(acts[1], type="approve")
    assert [(act["status"], act["output"]) for act in acts] == [
        ("proposed", None),
        ("completed", "b"),
        ("proposed", None),
    ]
    assert [act["status"] for act in (await task.values())["acts"].values()] == ["proposed", "completed", "proposed"]
    acts = await task.answer(acts[0], type="reject", message="no")
    acts = await task.answer(acts[2], type="approve")
    assert [act["status"] for act in acts] == ["rejected", "completed", "failed"]
    assert [act["interrupt"] for act in acts] == [None] * 3
    assert (await task.graph.aget_state(CONFIG)).next == ()


async def test_feedback_proposes_the_same_action_again(task: Task) -> None:
    """The new one has the words in its arguments, replaces the former, and can be replaced itself."""
    acts = await task.step([{"actions": [ECHO, ECHO]}])
    acts = await task.answer(acts[0], type="respond", message="louder")
    acts = await task.answer(acts[2], type="respond", message="still louder")
    keys = list(acts_of(await task.graph.aget_state(CONFIG, subgraphs=True)))
    assert keys == ["1.0#0", "1.1#0", "1.0~1#0", "1.0~2#0"]
    assert [act["status"] for act in acts] == ["superseded", "proposed", "superseded", "proposed"]
    assert [act["supersedes"] for act in acts] == [None, None, "1.0#0", "1.0~1#0"]
    assert acts[3]["args"] == {"text": "a", "feedback": "still louder"}
    [interrupt] = [i for i in (await task.graph.aget_state(CONFIG)).interrupts if i.id == acts[3]["interrupt"]]
    assert interrupt.value["repertory"]["proposal"]["supersedes"] == "1.0~1"
    acts = await task.answer(acts[3], type="approve")
    assert acts[3]["output"] == "a"


async def test_feedback_can_come_while_other_actions_are_done(task: Task) -> None:
    """Lanes do not wait for each other, and in the end each has told the step all."""
    acts = await task.step([{"actions": [ECHO, {"name": "echo", "args": {"text": "b"}}]}])
    acts = await task.answer(acts[0], type="respond", message="x")
    acts = await task.answer(acts[1], type="respond", message="y")
    acts = await task.answer(acts[3], type="approve")
    acts = await task.answer(acts[2], type="approve")
    assert list((await task.values())["acts"].values()) == acts
    assert [act["status"] for act in acts] == ["superseded", "superseded", "completed", "completed"]
    assert (await task.values())["output"] == "b"  # of the action proposed last


async def test_others_perform_what_is_theirs(task: Task) -> None:
    """The client's and the user's results are the outcome; nobody but the server is permitted in `auto`."""
    script = [{"actions": [{**ECHO, "executor": "client"}, {**ECHO, "executor": "user"}, ECHO]}]
    acts = await task.step(script, auto=True)
    assert [(act["status"], act["auto"]) for act in acts] == [
        ("proposed", False),
        ("proposed", False),
        ("completed", True),
    ]
    acts = await task.answer(acts[0], type="result", status="failed", output=None, error="no disk", data={"n": 1})
    acts = await task.answer(acts[1], type="result", status="completed", output="blue", data=None)
    assert [(act["status"], act["output"], act["data"], act["error"]) for act in acts[:2]] == [
        ("failed", None, {"n": 1}, "no disk"),
        ("completed", "blue", None, None),
    ]
    assert (await task.values())["output"] == "a"


@pytest.mark.parametrize(
    ("executor", "decision"),
    [
        ("server", {"type": "result", "status": "completed", "output": "x"}),
        ("client", {"type": "approve"}),
        ("user", {"type": "approve"}),
        ("user", {"type": "result", "status": "perhaps"}),
        ("server", {"type": "respond", "message": " "}),
        ("server", {"type": ["approve"]}),
        ("server", {}),
    ],
)
async def test_an_answer_that_does_not_fit_is_asked_for_again(
    task: Task, executor: str, decision: dict[str, Any]
) -> None:
    """Nothing is performed on a word that is of no use, and the objection says why."""
    [act] = await task.step([{"actions": [{**ECHO, "executor": executor}]}])
    [again] = await task.answer(act, **decision)
    assert again["status"] == "proposed"
    assert "answer" in str(again["objection"])
    [done] = await task.answer(again, type="reject")
    assert (done["status"], done["objection"]) == ("rejected", None)


async def test_what_the_server_can_do(task: Task) -> None:
    """Each action of the contract, and one that there is not."""
    actions = [
        ECHO,
        {"name": "write_file", "args": {"path": "notes/a.txt", "content": "grüße\n"}},
        {"name": "remember", "args": {"key": "color", "value": "blue"}},
        {"name": "fail", "args": {"message": "boom"}},
        {"name": "dance"},
        {"name": "echo"},
    ]
    acts = await task.step([{"actions": actions}, {}], auto=True)
    assert [act["status"] for act in acts] == ["completed"] * 3 + ["failed"] * 3
    assert [act["output"] for act in acts] == ["a", "notes/a.txt", "blue", None, None, None]
    assert acts[1]["file"] == {"path": "notes/a.txt", "content": "grüße\n"}
    assert acts[3]["error"] == "boom"
    assert "'dance'" in str(acts[4]["error"])
    assert "'text'" in str(acts[5]["error"])
    recall = [{}, {"actions": [{"name": "recall", "args": {"key": "color"}}]}]
    assert (await task.step(recall, 1, auto=True))[0]["output"] == "blue"
    [elsewhere] = await task.step(recall, 1, auto=True, topic="another")
    assert (elsewhere["status"], elsewhere["output"]) == ("completed", None)


@pytest.mark.parametrize("path", ["/etc/x", "../x", "a/../../x", "a\\b", "a\0b", "", ".", "a/", "..", "a/..", "C:x"])
async def test_an_unsafe_path_is_not_written(path: str) -> None:
    """The action fails and leaves no file."""
    task = Task(build_scripted(checkpointer=InMemorySaver(), store=InMemoryStore()))
    write = {"name": "write_file", "args": {"path": path, "content": "x"}}
    [act] = await task.step([{"actions": [write]}], auto=True)
    assert (act["status"], act["file"], act["output"]) == ("failed", None, None)
    assert "path" in str(act["error"])


async def test_steps_have_what_the_script_says(task: Task) -> None:
    """Name, output and the end, step by step; the output of the action proposed last where the script has none."""
    script = [{"name": "one", "output": "", "actions": [ECHO]}, {"actions": [ECHO, {"name": "fail"}]}, {"output": "c"}]
    seen = []
    for n in range(4):
        await task.step(script, n, text="words", auto=True)
        values = await task.values()
        seen.append((values["name"], values["output"], values["is_last"], len(values["acts"])))
    assert seen == [("one", "", False, 1), (None, None, False, 2), (None, "c", True, 0), (None, "words", True, 0)]


@pytest.mark.parametrize("name", ["", "do it", "äöü", "9lives", "x" * 100, "a\nb", "日本"])
async def test_any_text_can_be_the_name_of_an_action(task: Task, name: str) -> None:
    """It comes as it is, beside a proposal that every screen can read."""
    [act] = await task.step([{"actions": [{"name": name}]}])
    assert act["name"] == name
    [interrupt] = (await task.graph.aget_state(CONFIG)).interrupts
    proposal = Proposal.parse(interrupt.value["repertory"]["proposal"])
    assert proposal.content["names"] == {proposal.calls[0].id: name}
    assert interrupt.value["repertory"]["executors"] == {proposal.calls[0].id: "server"}
    [act] = await task.answer(act, type="approve")
    assert act["status"] == "failed"


@pytest.mark.parametrize(
    "script",
    [
        {},
        "",
        0,
        True,
        [[]],
        [None],
        [{"name": 1}],
        [{"output": {}}],
        [{"actions": {}}],
        [{"actions": [1]}],
        [{"actions": [{}]}],
        [{"actions": [{"name": "echo", "args": []}]}],
        [{"actions": [{"name": "echo", "executor": "robot"}]}],
        [{}, {"actions": "no"}],
    ],
)
async def test_a_script_that_cannot_be_obeyed_fails_the_step(script: Any) -> None:
    """The error says where it is wrong, nothing is done, and there is no step after it."""
    task = Task(build_scripted(checkpointer=InMemorySaver(), store=InMemoryStore()))
    assert await task.step(script, auto=True) == []
    values = await task.values()
    assert "script" in values["error"]
    assert (values["is_last"], values["output"]) == (True, None)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "actions", "args"]), inner),
    max_leaves=8,
)


@given(script=_JSON)
def test_no_script_crashes_the_graph(script: Any) -> None:
    """Whatever JSON a client sends, the step rests."""
    task = Task(build_scripted(checkpointer=InMemorySaver(), store=InMemoryStore()))
    acts = asyncio.run(task.step(script, auto=True))
    assert all(act["status"] in ("completed", "failed") for act in acts)


async def test_a_new_step_leaves_what_the_last_one_asked(task: Task) -> None:
    """After a step that was given up, the next has only its own actions, under ids of their own."""
    await task.step([{"actions": [ECHO, ECHO]}, {"actions": [ECHO]}])
    [act] = await task.step([{"actions": [ECHO, ECHO]}, {"actions": [ECHO]}], 1)
    assert list((await task.values())["acts"]) == ["2.0#0"]
    assert len((await task.graph.aget_state(CONFIG)).interrupts) == 1
    assert (await task.answer(act, type="approve"))[0]["output"] == "a"


def _decide_and_die(folder: Path) -> None:
    async def run() -> None:
        async with open_home(folder, environ={"REPERTORY_EMBEDDINGS": "lexical"}) as home:
            task = Task(build_scripted(checkpointer=home.checkpointer, store=home.store))
            remember = {"name": "remember", "args": {"key": "k", "value": "v"}}
            acts = await task.step([{"actions": [remember, ECHO, ECHO]}])
            acts = await task.answer(acts[0], type="approve")
            await task.answer(acts[1], type="respond", message="louder")
            os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(run())


async def test_open_actions_outlive_a_kill(tmp_path: Path) -> None:
    """What was decided is done, what was proposed is still asked, and the step goes on to its end."""
    code, _ = await asyncio.to_thread(run_until, _decide_and_die, tmp_path)
    assert code == -signal.SIGKILL
    async with open_home(tmp_path, environ={"REPERTORY_EMBEDDINGS": "lexical"}) as home:
        task = Task(build_scripted(checkpointer=home.checkpointer, store=home.store))
        acts = await task.acts()
        assert [act["status"] for act in acts] == ["completed", "superseded", "proposed", "proposed"]
        for act in acts[2:]:
            acts = await task.answer(act, type="approve")
        assert [act["status"] for act in acts] == ["completed", "superseded", "completed", "completed"]
        [act] = await task.step([{"actions": [{"name": "recall", "args": {"key": "k"}}]}], auto=True)
        assert act["output"] == "v"
