"""A replay, and a conversation, that are killed: a hierarchy four deep with a writing tool, in a process of its own.

Every model call and every execution of the tool is appended to a log before it takes effect, so that a test can count
what really happened, whatever the process remembered.
"""

import asyncio
from pathlib import Path
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from langgraph.types import Command

from repertory.graphs import build_persona, restore, transcript_of
from repertory.memory.home import Home, open_home
from repertory.memory.records import Agent
from repertory.memory.transcripts.checks import check_transcript
from repertory.memory.transcripts.cutting import cut
from repertory.memory.transcripts.files import write_transcript
from repertory.memory.transcripts.records import Transcript, Tweak
from repertory.nodes.context import Context
from repertory.nodes.decisions.policy import Policy, Rule
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.tools.toolbox import Toolbox
from tests.crashing import append
from tests.scripted import Ask, ScriptedModel

CONTEXT = Context(policy=Policy.preset("autonomous").preceded_by([Rule(then="ask", kind="retry")]))
ORIGINAL: Any = {"configurable": {"thread_id": "original"}}
FORK: Any = {"configurable": {"thread_id": "fork"}}
RUN_ID = "f" * 32
AT = "m0/1.0/0.0#0"
"""Where the replay leaves the original: two delegates above have proposed before, and a tool has been called."""
ENVIRON = {"REPERTORY_EMBEDDINGS": "lexical"}


def _agent(name: str, *delegates: Agent, tools: tuple[str, ...] = ()) -> Agent:
    prompt = f"You are {name}."
    return Agent(name=name, role=name, description=name, prompt=prompt, tools=tools, delegates=delegates)


ROOT = _agent("top", _agent("high", _agent("mid", _agent("low", tools=("note",)))), tools=("note",))


def _to(name: str, message: str) -> tuple[str, dict[str, str]]:
    return ("delegate", {"to": name, "message": message})


def _note(name: str) -> tuple[str, dict[str, str]]:
    return ("note", {"name": name})


def play(ask: Ask) -> Any:
    """What each persona does, from what it sees and not from what this process remembers."""
    name, turn = str(ask.messages[0].text).split()[2].rstrip("."), sum(message.type == "ai" for message in ask.messages)
    plays: dict[str, Any] = {
        "top": [[_note("first")], [_to("high", "go on")], "top done"],
        "high": [[_to("mid", "go on")], "high done"],
        "mid": [[_to("low", "one"), _to("low", "two")], [_to("low", "three")], "mid done"],
        "low": [[_note(str(ask.messages[1].text))], f"low did {ask.messages[1].text}"],
    }
    return plays[name][turn]


class LoggedModel(ScriptedModel):
    """Plays, takes its time, and logs each answer when it gives it."""

    log: str

    async def _agenerate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        await asyncio.sleep(0.02)
        result = await super()._agenerate(messages, *args, **kwargs)
        name = str(messages[0].text).split()[2].rstrip(".")
        turn = sum(message.type == "ai" for message in messages)
        append(self.log, f"model {name} {messages[1].text!s} {turn}")
        return result


def graph_of(folder: Path, home: Home) -> Any:
    """The conversation, over a home."""

    async def note(name: str) -> str:
        """Write a note."""
        append(str(folder / "log"), f"write {name}")
        await asyncio.sleep(0.02)
        (folder / f"{name}.note").write_text(name)
        return f"wrote {name}"

    toolbox = Toolbox()
    toolbox.add(note, risk="write")
    deps = Deps(models=given_model(LoggedModel(responder=play, log=str(folder / "log"))), toolbox=toolbox)
    return build_persona(ROOT, deps, checkpointer=home.checkpointer, store=home.store)


async def _to_the_end(folder: Path, graph: Any, out: Any, config: Any, *, answers: bool) -> Any:
    while answers and (questions := out.get("__interrupt__")):
        for question in questions:
            [call] = question.value["repertory"]["proposal"]["calls"]
            append(str(folder / "log"), f"retry {call['arguments']['name']}")
        out = await graph.ainvoke(Command(resume={q.id: True for q in questions}), config, context=CONTEXT)
    return out


async def converse(folder: Path, *, answers: bool) -> Transcript:
    """Begin the original in this folder, or go on with it; its transcript."""
    async with open_home(folder / "home", environ=ENVIRON) as home:
        graph = graph_of(folder, home)
        begun = bool((await graph.aget_state(ORIGINAL)).values)
        out = await graph.ainvoke(None if begun else {"message": "go"}, ORIGINAL, context=CONTEXT)
        await _to_the_end(folder, graph, out, ORIGINAL, answers=answers)
        return await transcript_of(graph, ORIGINAL)


async def replay(folder: Path, *, answers: bool) -> Transcript:
    """Begin the replay in this folder, or go on with it; its transcript. The original must be there."""
    async with open_home(folder / "home", environ=ENVIRON) as home:
        graph = graph_of(folder, home)
        if not (await graph.aget_state(FORK)).values:
            document = await transcript_of(graph, ORIGINAL)
            await restore(graph, FORK, cut(document, Tweak(at=AT), RUN_ID))
        out = await graph.ainvoke(None, FORK, context=CONTEXT)
        await _to_the_end(folder, graph, out, FORK, answers=answers)
        return await transcript_of(graph, FORK)


async def exported(folder: Path, config: Any) -> Transcript | None:
    """The transcript of a thread as it is now, checked; None where nothing has run on it."""
    async with open_home(folder / "home", environ=ENVIRON) as home:
        graph = graph_of(folder, home)
        if not (await graph.aget_state(config)).values.get("run_id"):
            return None
        document = await transcript_of(graph, config)
        check_transcript(document)
        return document


async def move(document: Transcript, folder: Path) -> Transcript:
    """Take a transcript up in another home, to its end; its transcript there."""
    async with open_home(folder / "home", environ=ENVIRON) as home:
        graph = graph_of(folder, home)
        await restore(graph, ORIGINAL, document, agent=ROOT)
        out = await graph.ainvoke(None, ORIGINAL, context=CONTEXT)
        await _to_the_end(folder, graph, out, ORIGINAL, answers=True)
        return await transcript_of(graph, ORIGINAL)


# for processes of their own


def begin_conversation(folder: Path) -> None:
    """Until done or killed."""
    asyncio.run(converse(folder, answers=False))


def begin_replay(folder: Path) -> None:
    """Until done or killed."""
    asyncio.run(replay(folder, answers=False))


def resume_conversation(folder: Path) -> None:
    """To the end; the transcript is left in a file."""
    write_transcript(asyncio.run(converse(folder, answers=True)), folder / "original.json")


def resume_replay(folder: Path) -> None:
    """To the end; the transcript is left in a file."""
    write_transcript(asyncio.run(replay(folder, answers=True)), folder / "fork.json")
