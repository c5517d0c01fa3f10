"""A topic that is killed after every single thing it does, in processes of its own.

Each answer of the model is logged before it is given, each write when it is done; a line that was not there before is
the process's last act.
"""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

from repertory.graphs import build_topic
from repertory.memory.home import open_home
from repertory.memory.topics.memory import TopicMemory
from repertory.nodes.context import Context
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.tools.toolbox import Toolbox
from repertory.nodes.topic.converse import TopicTurn
from tests.crashing import append
from tests.playing import Players, agent_step, plan_of
from tests.scripted import Answer, Ask, ScriptedModel

CONFIG: Any = {"configurable": {"thread_id": "killed"}}
SEQUENCE, PARALLEL = "one, then two", "one and two at once"


def die_after(log: Path, line: str) -> None:
    """Log a line; where it is the first of its kind, nothing comes after it."""
    known = log.exists() and line in log.read_text().splitlines()
    append(str(log), line)
    if not known:
        os.kill(os.getpid(), signal.SIGKILL)


class Dying(Players):
    """Players who die after each new answer: two tasks, each of them a note that is written and then confirmed."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self.model, self._log = ScriptedModel(responder=self), log

    def __call__(self, ask: Ask) -> Answer:
        """Answer one call."""
        turn = sum(message.type == "ai" for message in ask.messages)
        answer = self._answer_to(ask)
        about = next(name for name in ("message", "task", "instruction", "agents") if f"<{name}>" in ask.text)
        die_after(self._log, f"{ask.schema} {ask.text.partition(f'<{about}>')[2][:40].split()} {turn}")
        return answer

    def _answer_to(self, ask: Ask) -> Answer:
        if ask.schema == "TopicTurn":
            return TopicTurn(answer="On it.", tasks=["one", "two"], parallel=PARALLEL in ask.text)
        if ask.schema == "PlanDraft":
            name = "one" if "<task>\none\n" in ask.text else "two"
            return plan_of(agent_step("s1", f"write {name}", role=f"Clerk {name}: writes {name}", tools=["note"]))
        for name in ("one", "two"):
            if ask.schema is None and f"<instruction>\nwrite {name}\n" in ask.text:
                seen = "Result: wrote one" in ask.text
                wrote = any(message.type == "tool" for message in ask.messages)
                return f"wrote {name}{' after one' if seen else ''}" if wrote else [("note", {"name": name})]
        return super().__call__(ask)


async def perform(folder: Path, message: str) -> None:
    """Begin the exchange in this folder, or go on with it; what it leaves is in `out.json`."""

    def note(name: str) -> str:
        """Write a note."""
        (folder / f"{name}.note").write_text(name)
        die_after(folder / "log", f"note {name}")
        return f"wrote {name}"

    toolbox = Toolbox()
    toolbox.add(note, risk="write")
    async with open_home(folder / "home", environ={"REPERTORY_EMBEDDINGS": "lexical"}) as home:
        deps = Deps(models=given_model(Dying(folder / "log").model), toolbox=toolbox, index=home.index)
        graph = build_topic(deps, checkpointer=home.checkpointer, store=home.store)
        begun = bool((await graph.aget_state(CONFIG)).values)
        context = Context(policy="autonomous")
        asked = None if begun else {"input": message}
        # else a node may end, and the next one begin, before it is on disk that it did
        out = await graph.ainvoke(asked, CONFIG, context=context, durability="sync")
        lines = await TopicMemory(home.store, "killed").recall("x", budget_tokens=5_000)
    ended = {"output": out["output"], "tasks": out["tasks"], "memory": lines}
    (folder / "out.json").write_text(json.dumps(ended))


def in_sequence(folder: Path) -> None:
    """For a process of its own."""
    asyncio.run(perform(folder, SEQUENCE))


def in_parallel(folder: Path) -> None:
    """For a process of its own."""
    asyncio.run(perform(folder, PARALLEL))
