"""A run that is killed: a six-step plan with parallel branches and writing tools, in a process of its own.

Every model call and every execution of a tool is appended to a log before it takes effect, so that a test can count
what really happened, whatever the process remembered.
"""

import asyncio
import os
from pathlib import Path
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from langgraph.types import Command

from repertory.graphs import build_planner
from repertory.memory.home import open_home
from repertory.nodes.context import Context
from repertory.nodes.decisions.policy import Policy, Rule
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.tools.toolbox import Toolbox
from tests.playing import Players, agent_step, plan_of, tool_step
from tests.scripted import Ask, ScriptedModel

POLICY = Policy.preset("autonomous").preceded_by([Rule(then="ask", kind="retry")])
CONFIG: Any = {"configurable": {"thread_id": "killed"}}

PLAN = plan_of(
    agent_step("a", "note a", tools=["note"]),
    agent_step("b", "note b", tools=["note"]),
    tool_step("c", "note", name="c", text="from the plan"),
    agent_step("d", "join", ["a", "b"]),
    agent_step("e", "note e", ["c", "d"], tools=["note", "look"]),
    tool_step("f", "look", ["e"], name="e"),
)


def acts() -> dict[str, Any]:
    """What the agents do: turn by turn, from what they see and not from what this process remembers."""

    def noting(name: str) -> Any:
        def act(ask: Ask) -> Any:
            turn = sum(message.type == "ai" for message in ask.messages)
            if turn == 0:
                return [("note", {"name": name, "text": f"{name} first"})]
            if turn == 1:
                return [("note", {"name": f"{name}2", "text": f"{name} second"})]
            return f"noted {name}"

        return act

    return {"note a": noting("a"), "note b": noting("b"), "note e": noting("e")}


class LoggedModel(ScriptedModel):
    """A scripted model that takes its time and logs each answer when it gives it."""

    log: str

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        await asyncio.sleep(0.02)
        result = await super()._agenerate(messages, stop, run_manager, **kwargs)
        ask = self.asks[-1]
        turn = sum(message.type == "ai" for message in messages)
        head = str(messages[-1 if ask.schema else 1].text).replace("\n", " ")[:60]
        append(self.log, f"model {ask.schema or head} turn {turn}")
        return result


def append(log: str, line: str) -> None:
    """One line, in one write."""
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


def toolbox(folder: Path) -> Toolbox:
    """A tool that writes and logs that it does, and one that looks."""

    async def note(name: str, text: str) -> str:
        """Write a note."""
        append(str(folder / "log"), f"write {name}")
        await asyncio.sleep(0.02)
        (folder / f"{name}.note").write_text(text)
        return f"wrote {name}"

    def look(name: str) -> str:
        """Read a note."""
        return (folder / f"{name}.note").read_text()

    box = Toolbox()
    box.add(note, risk="write")
    box.add(look, risk="read")
    return box


async def perform(folder: Path, *, answers: bool) -> Any:
    """Begin the run in this folder, or go on with it.

    Args:
        folder: where home, notes and log are.
        answers: whether calls of unknown outcome are run again, each such answer being logged.
    """
    players = Players(PLAN, acts=acts())
    model = LoggedModel(responder=players, log=str(folder / "log"))
    players.model = model
    async with open_home(folder / "home", environ={"REPERTORY_EMBEDDINGS": "lexical"}) as home:
        deps = Deps(models=given_model(model), toolbox=toolbox(folder), index=home.index)
        graph = build_planner(deps, checkpointer=home.checkpointer, store=home.store)
        context = Context(policy=POLICY)
        state = await graph.aget_state(CONFIG)
        begun = bool(state.values)
        out = await graph.ainvoke(None if begun else {"task": "take notes"}, CONFIG, context=context)
        while answers and (pending := (await graph.aget_state(CONFIG)).interrupts):
            for interrupt in pending:
                [call] = interrupt.value["repertory"]["proposal"]["calls"]
                append(str(folder / "log"), f"retry {call['arguments']['name']}")
            out = await graph.ainvoke(
                Command(resume={interrupt.id: True for interrupt in pending}), CONFIG, context=context
            )
    return out


def begin(folder: Path) -> None:
    """Run until done or killed; for a process of its own."""
    asyncio.run(perform(folder, answers=False))


def resume(folder: Path) -> None:
    """Go on with a killed run, to its end; the answer is left in a file."""
    out = asyncio.run(perform(folder, answers=True))
    (folder / "answer").write_text(f"{out['status']}\n{out['answer']}")
