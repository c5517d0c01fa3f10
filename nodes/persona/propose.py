"""Propose: one model call, whose response is the persona's next proposal."""

from collections.abc import Sequence

from langgraph.runtime import Runtime
from langgraph.types import Overwrite

from repertory.memory.errors import ModelError
from repertory.memory.proposals import Call, Kind, Message, Proposal, Turn
from repertory.memory.records import Agent, JsonObject
from repertory.nodes.budget import Budget
from repertory.nodes.context import Context, context_of
from repertory.nodes.decisions.policy import Policy
from repertory.nodes.deps import Deps, Node
from repertory.nodes.live import LiveRun
from repertory.nodes.models.responses import Response, ToolLike, respond
from repertory.nodes.persona.conversation import conversation, decided_calls
from repertory.nodes.persona.finish import finish
from repertory.nodes.persona.speech import DELEGATE
from repertory.nodes.persona.state import Frame, PersonaState, PersonaUpdate


def proposer(agent: Agent, tools: Sequence[ToolLike], deps: Deps) -> Node:
    """Make the propose node of an agent.

    Args:
        agent: who proposes.
        tools: what it may call; a delegate is called through one of them.
        deps: the models, and the runs at work.
    """
    delegates = {delegate.name for delegate in agent.delegates}

    async def propose(state: PersonaState, runtime: Runtime[Context]) -> PersonaUpdate:
        context, frame = context_of(runtime), state.get("frame") or Frame(path=(agent.name,))
        run = deps.runs.get(frame.run_id)
        if again := _is_new_message(state, frame):
            state = {**state, "turns": [], "reported": {}}
        turns = _settled(state, frame)
        n, last = len(turns), turns[-1:]
        if n >= context.limits.turns:
            error = f"no result after {n} turns; raise `limits.turns` or simplify the step"
            return {"turns": last, **finish(state, frame, error=error)}
        if run and (recorded := run.turns.get(f"{frame.key}#{n}")):
            return {"frame": frame, "turns": [*last, recorded]}
        heard = _unheard(run, frame, turns)
        messages = conversation(agent, state["message"], turns, heard)
        budget = run.meter(frame.step_id) if run else Budget(context.limits)
        try:
            response = await respond(deps.models(agent.model), messages, tools, budget=budget)
        except ModelError as error:
            failed = finish(state, frame, error=str(error))
            return {**failed, "turns": Overwrite([])} if again else {**failed, "turns": last}  # type: ignore[typeddict-item]
        proposal = _proposal(frame, n, response, delegates, turns)
        turn = Turn(n=n, proposal=proposal, heard=heard, usage=response.usage)
        if run and not _ends_the_step(proposal, frame, context.rules):
            await run.journal.keep_turn(frame.key, turn)
        if again:
            return {"frame": frame, "turns": Overwrite([turn]), "reported": Overwrite({}), **_AFRESH}  # type: ignore[typeddict-item]
        return {"frame": frame, "turns": [*last, turn]}

    return propose


_AFRESH: PersonaUpdate = {"unknown": {}, "retries": {}, "objection": None, "reply": None}


def _is_new_message(state: PersonaState, frame: Frame) -> bool:
    """Whether the thread has another conversation in it, which ended or was left before its last turn was decided."""
    turns = state.get("turns", [])
    return frame.key in state.get("reported", {}) or bool(turns and turns[-1].decision is None)


def _settled(state: PersonaState, frame: Frame) -> list[Turn]:
    """The turns so far, with what delegates reported put into the last one."""
    turns = list(state.get("turns", []))
    if not turns:
        return turns
    reported, done = state.get("reported", {}), {result.call_id for result in turns[-1].results}
    keys = [f"{frame.key}/{call.id}" for call in decided_calls(turns[-1]) if call.id not in done]
    reports = tuple(reported[key] for key in keys if key in reported)
    turns[-1] = turns[-1].model_copy(update={"results": (*turns[-1].results, *reports)})
    return turns


def _unheard(run: LiveRun | None, frame: Frame, turns: Sequence[Turn]) -> tuple[Message, ...]:
    """Messages that other agents of the plan left since; they are for the step's agent, not for its delegates."""
    if run is None or frame.step_id is None or frame.key != frame.step_id:
        return ()
    heard = {message.id for turn in turns for message in turn.heard}
    return tuple(message for message in run.messages.get(frame.step_id, ()) if message.id not in heard)


def _proposal(frame: Frame, n: int, response: Response, delegates: set[str], turns: Sequence[Turn]) -> Proposal:
    calls = tuple(_call(n, index, name, arguments) for index, (name, arguments) in enumerate(response.calls))
    kind: Kind = "reply" if not calls else "delegate" if all(call.name in delegates for call in calls) else "tool"
    superseded = turns and turns[-1].decision and turns[-1].decision.verdict == "respond"
    return Proposal(
        id=f"{frame.run_id}/{frame.key}#{n}",
        path=frame.path,
        kind=kind,
        text=response.text,
        calls=calls,
        step_id=frame.step_id,
        supersedes=turns[-1].proposal.id if superseded else None,
    )


def _call(n: int, index: int, name: str, arguments: JsonObject) -> Call:
    """A call; one of `delegate` is named after the delegate, so that policies and people see whom it goes to."""
    if name == DELEGATE:
        return Call(id=f"{n}.{index}", name=arguments["to"], arguments={"message": arguments["message"]})
    return Call(id=f"{n}.{index}", name=name, arguments=arguments)


def _ends_the_step(proposal: Proposal, frame: Frame, policy: Policy) -> bool:
    """Whether this becomes the step's result at once, which keeps it: then there is nothing to journal."""
    return not proposal.calls and frame.key == frame.step_id and policy.decide(frame.path, "reply") == "auto"
