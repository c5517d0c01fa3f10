"""Propose: one model call, or one step of the persona's own function, whose outcome is its next proposal."""

from collections.abc import Sequence

from langgraph.runtime import Runtime

from repertory.memory.errors import ModelError
from repertory.memory.proposals import Call, Kind, Proposal, Turn, decided_calls
from repertory.memory.records import Agent, JsonObject
from repertory.nodes.context import Context, context_of
from repertory.nodes.decisions.policy import Policy
from repertory.nodes.deps import Deps, Node
from repertory.nodes.models.responses import ToolLike
from repertory.nodes.persona.choice import Choice, Chooser, Situation
from repertory.nodes.persona.coded import by_function
from repertory.nodes.persona.finish import finish
from repertory.nodes.persona.modelled import by_model
from repertory.nodes.persona.past import earlier_frames, unheard
from repertory.nodes.persona.state import Frame, PersonaState, PersonaUpdate


def proposer(agent: Agent, tools: Sequence[ToolLike], deps: Deps) -> Node:
    """Make the propose node of an agent.

    Args:
        agent: who proposes.
        tools: what it may call; a delegate is called through one of them.
        deps: models, functions, tools, and the runs at work.

    Raises:
        InputError: its orchestration is not known.
    """
    chooser = by_model if agent.orchestration == "model" else by_function
    choose: Chooser = chooser(agent, tools, deps)

    async def propose(state: PersonaState, runtime: Runtime[Context]) -> PersonaUpdate:
        context, frame = context_of(runtime), state["frame"]
        run = deps.runs.at(frame.run_id, frame.branch)
        turns = _settled(state)
        n, last = len(turns), turns[-1:]
        state = {**state, "turns": turns}
        if recorded := run.turns.get(f"{frame.key}#{n}"):
            return {"turns": [*last, recorded.model_copy(update={"at_work": {}, "begun": {}})]}
        if n >= context.limits.turns:
            error = f"no result after {n} turns; raise `limits.turns` or simplify the step"
            return {"turns": last, **await finish(state, run, error=error)}
        await run.hear()
        heard = unheard(run, frame, turns)
        earlier = earlier_frames(run, frame, context.limits.remembered) if agent.memory == "thread" else ()
        runtime.stream_writer({"event": "speaking", "path": frame.path, "frame": frame.key})
        try:
            choice = await choose(Situation(run, frame, state["message"], turns, heard, earlier))
        except ModelError as error:
            return {"turns": last, **await finish(state, run, error=str(error))}
        proposal = await _proposal(frame, choice, turns, deps)
        turn = Turn(n=n, proposal=proposal, heard=heard, usage=choice.usage)
        runtime.stream_writer({"event": "proposal", "proposal": proposal.model_dump(mode="json")})
        if not _ends_the_step(proposal, frame, context.rules):
            await run.keep(frame.key, [*last, turn])
        return {"turns": [*last, turn]}

    return propose


def _settled(state: PersonaState) -> list[Turn]:
    """The turns so far, with what delegates reported put into the last one."""
    turns = list(state.get("turns", []))
    if not turns:
        return turns
    frame, reported = state["frame"], state.get("reported", {})
    known = {result.call_id: result for result in turns[-1].results}
    ids = [call.id for call in decided_calls(turns[-1])]
    results = (known.get(call_id) or reported.get(f"{frame.key}/{call_id}") for call_id in ids)
    turns[-1] = turns[-1].model_copy(update={"results": tuple(result for result in results if result)})
    return turns


async def _proposal(frame: Frame, choice: Choice, turns: Sequence[Turn], deps: Deps) -> Proposal:
    n = len(turns)
    calls = tuple(
        Call(id=f"{n}.{index}", name=name, arguments=arguments) for index, (name, arguments) in enumerate(choice.calls)
    )
    tools = [call for call in calls if call.name not in choice.delegates]
    kind: Kind = "tool" if tools else "delegate" if calls else "reply"
    superseded = turns and turns[-1].decision and turns[-1].decision.verdict == "respond"
    previews = {call.id: text for call in tools if (text := await _preview(call, deps))}
    content: JsonObject = {**choice.content, **({"previews": previews} if previews else {})}
    return Proposal(
        id=f"{frame.run_id}/{frame.key}#{n}",
        path=frame.path,
        kind=kind,
        text=choice.text,
        calls=calls,
        content=content,
        step_id=frame.step_id,
        supersedes=turns[-1].proposal.id if superseded else None,
    )


async def _preview(call: Call, deps: Deps) -> str | None:
    """What a call would change, where its tool can say so."""
    return await deps.toolbox[call.name].preview(call.arguments) if call.name in deps.toolbox else None


def _ends_the_step(proposal: Proposal, frame: Frame, policy: Policy) -> bool:
    """Whether this becomes the step's result, or a report, at once, which keeps it: then it is not kept before."""
    return not proposal.calls and policy.decide(frame.path, "reply") == "auto"
