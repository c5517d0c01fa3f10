"""Messages that a person leaves for a persona of a thread's run, by its path."""

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from repertory.graphs import Policy, Rule, build_persona, leave_message, transcript_of
from repertory.graphs.messages import personas_of
from repertory.memory.errors import InputError, ResourceError
from repertory.nodes.context import Context
from tests.graphs.conftest import Keeping
from tests.graphs.test_persona import CONFIG, HIGH, Cast, drive, to
from tests.graphs.test_replay import conversation

BESIDE = Context(policy=Policy(rules=(Rule(then="ask", kind="delegate", tool="low"), Rule(then="auto"))))


def cast() -> Cast:
    return Cast(high=[[to("mid", "to mid")], "high done"], mid=[[to("low", "to low")], "mid done"], low=["low done"])


async def test_a_message_is_read_by_the_persona_at_its_path_alone(keeping: Keeping) -> None:
    """Left while a coordinator waits for a person; its delegate reads it before its first proposal."""
    played = cast()
    graph = conversation(played, keeping, HIGH)
    out = await graph.ainvoke({"message": "go"}, CONFIG, context=BESIDE)
    assert await personas_of(graph, CONFIG) == ["high", "high/mid", "high/mid/low"]
    message = await leave_message(graph, CONFIG, "high/mid/low", " mind the gap ")
    out = await graph.ainvoke(Command(resume={out["__interrupt__"][0].id: True}), CONFIG, context=BESIDE)
    assert out["reply"] == "high done"
    heard = [ask for ask in played.model.asks if "<feedback>\nmind the gap\n</feedback>" in ask.text]
    assert [str(ask.messages[0].text).split(".")[0] for ask in heard] == ["You are low"]
    assert (await transcript_of(graph, CONFIG)).messages == {"high/mid/low": (message,)}


async def test_a_message_to_nobody_is_refused_with_those_there_are(keeping: Keeping) -> None:
    """Before the run began there is nobody; no words are none."""
    graph = conversation(cast(), keeping, HIGH)
    with pytest.raises(InputError, match="there is no persona 'high' in the run 't'; there is none yet"):
        await leave_message(graph, CONFIG, "high", "words")
    await drive(graph, "go", Context(policy="autonomous"))
    with pytest.raises(InputError, match=r"no persona 'high/low' .* there is high, high/mid, high/mid/low"):
        await leave_message(graph, CONFIG, "high/low", "words")
    with pytest.raises(InputError, match="the message is empty"):
        await leave_message(graph, CONFIG, "high/mid/low", "  ")
    assert (await transcript_of(graph, CONFIG)).messages == {}


async def test_a_message_needs_a_store() -> None:
    """Without one there is no place to leave it."""
    graph: Any = build_persona(HIGH, cast().deps, checkpointer=InMemorySaver())
    await graph.ainvoke({"message": "go"}, CONFIG, context=Context(policy="autonomous"))
    with pytest.raises(ResourceError, match="has no store"):
        await leave_message(graph, CONFIG, "high", "words")
