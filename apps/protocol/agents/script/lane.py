"""One action of a script: proposed, decided, performed. Feedback proposes it anew.

review <-feedback-> review -> act
"""

import re
import time
from typing import Annotated, Any, Literal, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from repertory.apps.protocol.agents.script.acts import perform
from repertory.apps.protocol.agents.script.steps import ScriptAction
from repertory.memory.errors import AnswerError
from repertory.memory.portable import portable
from repertory.memory.proposals import Call, Proposal, merge
from repertory.memory.records import JsonObject
from repertory.memory.topics.entities import Party
from repertory.nodes.decisions.payload import payload

_CALL = "0"  # id of the one call of each proposal
_FORMS = (
    'answer {"decisions": [one]}, one of {"type": "approve"}, {"type": "reject", "message": "…"}, '
    '{"type": "respond", "message": "…"} or {"type": "result", "status": "completed", "output": "…", "data": {…}}'
)


class ScriptedAct(TypedDict):
    """An action that was proposed, and what became of it."""

    name: str
    args: JsonObject
    executor: Party
    supersedes: str | None
    """Key of the action in whose place it was proposed, after feedback."""
    status: Literal["proposed", "rejected", "superseded", "completed", "failed"]
    output: str | None
    data: JsonObject | None
    error: str | None
    auto: bool
    """It was permitted, and nobody was asked."""
    file: JsonObject | None
    """A file that it wrote: `path` and `content`."""
    proposed_at: int
    """Nanoseconds since 1970: the order among the actions of a step."""
    interrupt: str | None
    """Id of the interrupt that asks about it; filled in by `acts_of`."""
    objection: str | None
    """Why the last answer about it was of no use."""


class Lane(TypedDict, total=False):
    """One action, with those proposed in its place."""

    key: str
    """Of the action that is proposed now."""
    acts: Annotated[dict[str, ScriptedAct], merge]
    topic: str
    auto: bool
    """Whether what the server performs is permitted unasked."""
    approved: bool


class LaneOutput(TypedDict):
    """What a lane tells the step when it is done."""

    acts: Annotated[dict[str, ScriptedAct], merge]


def build_lane() -> CompiledStateGraph[Any, Any, Any, Any]:
    """Compile the graph of one action; it starts with the action proposed."""
    graph = StateGraph(Lane, output_schema=LaneOutput)
    graph.add_node("review", review)
    graph.add_node("act", act)
    graph.add_edge(START, "review")
    graph.add_conditional_edges("review", _after_review, ["review", "act", END])
    graph.add_edge("act", END)
    return graph.compile(name="action")


def proposed(action: ScriptAction, offset: int) -> ScriptedAct:
    """An action as a step proposes it.

    Args:
        action: what the script says.
        offset: number among those that the step proposes at once.
    """
    return ScriptedAct(
        name=action.name,
        args=action.args,
        executor=action.executor,
        supersedes=None,
        status="proposed",
        output=None,
        data=None,
        error=None,
        auto=False,
        file=None,
        proposed_at=time.time_ns() + offset,
        interrupt=None,
        objection=None,
    )


def act_key(proposal_id: str) -> str:
    """The key of the action that a proposal is about."""
    return f"{proposal_id}#{_CALL}"


def review(state: Lane) -> Lane:
    """The one place where somebody is asked."""
    key = state["key"]
    asked = state["acts"][key]
    if state["auto"] and asked["executor"] == "server":
        return {"approved": True, "acts": {key: {**asked, "auto": True}}}
    answer = portable(interrupt(_question(key, asked)))
    try:
        decision = _decision(answer, asked["executor"])
    except AnswerError as error:
        return {"acts": {key: {**asked, "objection": str(error)}}}
    asked = {**asked, "objection": None}
    if decision["type"] == "approve":
        return {"approved": True, "acts": {key: asked}}
    if decision["type"] == "respond":
        return _again(key, asked, decision["message"])
    if decision["type"] == "reject":
        return {"acts": {key: {**asked, "status": "rejected"}}}
    result: Any = {"output": None, "data": None, "error": None, **decision}
    said: Any = {field: result[field] for field in ("status", "output", "data", "error")}
    return {"acts": {key: {**asked, **said}}}


async def act(state: Lane, runtime: Runtime[Any]) -> Lane:
    """Perform what was approved."""
    key = state["key"]
    approved = state["acts"][key]
    done: Any = await perform(approved["name"], approved["args"], state["topic"], runtime.store)
    return {"acts": {key: {**approved, **done}}}


def _after_review(state: Lane) -> str:
    if state.get("approved"):
        return "act"
    return "review" if state["acts"][state["key"]]["status"] == "proposed" else END


def _again(key: str, asked: ScriptedAct, feedback: str) -> Lane:
    """The same action, with what was said about it."""
    first, _, turn = _proposal_id(key).partition("~")
    after = act_key(f"{first}~{int(turn or 0) + 1}")
    anew: ScriptedAct = {
        **asked,
        "args": {**asked["args"], "feedback": feedback},
        "supersedes": key,
        "proposed_at": time.time_ns(),
    }
    return {"key": after, "acts": {key: {**asked, "status": "superseded"}, after: anew}}


def _question(key: str, asked: ScriptedAct) -> JsonObject:
    """The payload of an interrupt. A call's name is a tool's: what no tool could be called is in `content`."""
    tool = re.sub(r"^(?=[^A-Za-z]|$)", "a", re.sub(r"[^A-Za-z0-9_-]", "_", asked["name"]))[:64]
    call = Call(id=_CALL, name=tool, arguments=asked["args"])
    before = asked["supersedes"]
    proposal = Proposal(
        id=_proposal_id(key),
        path=("scripted",),
        kind="tool",
        calls=(call,),
        content={"names": {_CALL: asked["name"]}},
        supersedes=_proposal_id(before) if before else None,
    )
    value = payload(proposal, title=f"scripted wants to call {asked['name']}", objection=asked["objection"])
    return {**value, "repertory": {**value["repertory"], "executors": {_CALL: asked["executor"]}}}


def _proposal_id(key: str) -> str:
    return key.removesuffix(f"#{_CALL}")


def _decision(answer: Any, executor: Party) -> JsonObject:
    """The one decision of an answer.

    Raises:
        AnswerError: there is none, or none that fits an action of that executor.
    """
    decisions = answer.get("decisions") if isinstance(answer, dict) else None
    if not isinstance(decisions, list) or len(decisions) != 1 or not isinstance(decisions[0], dict):
        raise AnswerError(f"cannot understand the answer {answer!r}; {_FORMS}")
    decision: JsonObject = decisions[0]
    kind = decision.get("type")
    fits = {
        "approve": executor == "server",
        "reject": True,
        "respond": isinstance(decision.get("message"), str) and bool(decision["message"].strip()),
        "result": executor != "server" and decision.get("status") in ("completed", "failed"),
    }
    if not isinstance(kind, str) or not fits.get(kind, False):
        raise AnswerError(f"the answer {decision!r} does not fit an action of the {executor}; {_FORMS}")
    return decision
