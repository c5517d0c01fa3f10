"""The conformance agent: a graph that obeys a script, so that the protocol can be checked without a model.

begin -> action (a lane for each) -> finish

A thread is a task, and an invocation one of its steps. It speaks as the other graphs do: a proposal in each interrupt,
answered by `{"decisions": [one]}`. Beside the payload's own keys, `executors` says who performs a call, and the
proposal's `content["names"]` how it is called, since a script may give names that no tool could have.
"""

from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.store.base import BaseStore
from langgraph.types import Overwrite, Send, StateSnapshot

from repertory.apps.protocol.agents.script.lane import Lane, ScriptedAct, act_key, build_lane, proposed
from repertory.apps.protocol.agents.script.steps import read_step
from repertory.memory.errors import InputError
from repertory.memory.portable import portable
from repertory.memory.proposals import merge
from repertory.memory.records import JsonObject

Graph = CompiledStateGraph[Any, Any, Any, Any]


class ScriptedInput(TypedDict):
    """One step."""

    script: Any
    """What the client sent, made portable."""
    n: int
    """Number of the step in the script, from 0."""
    text: str | None
    """What is said for the step, or else for the task."""
    topic: str
    """Id of the topic whose memory it uses."""
    auto: bool
    """Whether what the server performs is permitted unasked."""


class ScriptedState(ScriptedInput, total=False):
    """A task, at its latest step."""

    invocation: int
    """Steps begun on the thread; it tells the proposals of one from those of another."""
    name: str | None
    output: str | None
    additional_output: JsonObject | None
    error: str | None
    """Why the step has failed: the script cannot be obeyed."""
    is_last: bool
    acts: Annotated[dict[str, ScriptedAct], merge]
    """By `proposal id#call id`. While lanes wait, `acts_of` knows more."""


def build_scripted(*, checkpointer: BaseCheckpointSaver[Any] | None = None, store: BaseStore | None = None) -> Graph:
    """Compile the conformance agent.

    Args:
        checkpointer: keeps the tasks; without one nobody can be asked.
        store: keeps what topics remember.

    Returns:
        A graph that takes a `ScriptedInput` for each step and ends as a `ScriptedState`. A script that cannot be obeyed
        is an `error` there.
    """
    graph = StateGraph(ScriptedState, input_schema=ScriptedInput)
    graph.add_node("begin", begin)
    graph.add_node("action", build_lane())
    graph.add_node("finish", finish)
    graph.add_edge(START, "begin")
    graph.add_conditional_edges("begin", _lanes, ["action", "finish"])
    graph.add_edge("action", "finish")
    graph.add_edge("finish", END)
    return graph.compile(checkpointer=checkpointer, store=store, name="scripted")


def acts_of(snapshot: StateSnapshot) -> dict[str, ScriptedAct]:
    """All actions of the step by key, in the order proposed, each as far as it has come.

    Args:
        snapshot: taken with `subgraphs=True`, since lanes that wait have told the step nothing yet.
    """
    acts: dict[str, ScriptedAct] = dict(snapshot.values.get("acts", {}))
    for task in snapshot.tasks:
        if isinstance(task.state, StateSnapshot):
            acts |= task.state.values.get("acts", {})
        for pending in task.interrupts:
            key = act_key(pending.value["repertory"]["proposal"]["id"])
            acts[key] = {**acts[key], "interrupt": pending.id}
    return dict(sorted(acts.items(), key=_when))


def begin(state: ScriptedState) -> Any:
    """Read the step, and propose all its actions at once."""
    invocation = state.get("invocation", 0) + 1
    fresh: JsonObject = {
        "invocation": invocation,
        "name": None,
        "output": None,
        "additional_output": None,
        "error": None,
    }
    try:
        step, is_last = read_step(state.get("script"), state["n"])
    except InputError as error:
        return {**fresh, "error": str(error), "is_last": True, "acts": Overwrite({})}
    if step is None:
        return {**fresh, "output": portable(state.get("text")), "is_last": is_last, "acts": Overwrite({})}
    acts = {act_key(f"{invocation}.{n}"): proposed(action, n) for n, action in enumerate(step.actions)}
    return {**fresh, "name": step.name, "output": step.output, "is_last": is_last, "acts": Overwrite(acts)}


def finish(state: ScriptedState) -> Any:
    """What the script does not say, the action proposed last does."""
    acts = sorted(state["acts"].items(), key=_when)
    return {"output": acts[-1][1]["output"]} if acts and state["output"] is None else {}


def _lanes(state: ScriptedState) -> list[Send] | str:
    shared = Lane(topic=state["topic"], auto=state["auto"])
    return [
        Send("action", {**shared, "key": key, "acts": {key: act}}) for key, act in state["acts"].items()
    ] or "finish"


def _when(item: tuple[str, ScriptedAct]) -> tuple[int, str]:
    return item[1]["proposed_at"], item[0]
