"""Act: run the tools of a decided proposal, each at most once, whatever dies meanwhile."""

import asyncio
from collections.abc import Sequence

from langgraph.runtime import Runtime

from repertory.memory.errors import ModelError, ToolArgumentsError, ToolError
from repertory.memory.proposals import Call, CallResult, Outcome, Turn, decided_calls
from repertory.nodes.context import Context, Limits, context_of
from repertory.nodes.deps import Deps, Node
from repertory.nodes.live import LiveRun
from repertory.nodes.persona.consult import consult
from repertory.nodes.persona.speech import SPEECH
from repertory.nodes.persona.state import Frame, PersonaState, PersonaUpdate
from repertory.nodes.tools.outcomes import to_outcome


def actor(delegates: Sequence[str], deps: Deps) -> Node:
    """Make the act node of a persona; calls of `delegates` are left to their subgraphs."""

    async def act(state: PersonaState, runtime: Runtime[Context]) -> PersonaUpdate:
        turn, frame = state["turns"][-1], state["frame"]
        done = {result.call_id: result for result in turn.results}
        refused = turn.decision.refused if turn.decision else {}
        results: list[CallResult] = [
            CallResult(call_id=call.id, status="refused", text=refused[call.id])
            for call in decided_calls(turn)
            if call.id in refused and call.id not in done
        ]
        todo = [
            call
            for call in decided_calls(turn)
            if call.id not in refused and call.id not in done and call.name not in delegates
        ]
        run, limits = deps.runs.at(frame.run_id, frame.branch), context_of(runtime).limits
        retries = state.get("retries", {})
        unknown = {
            call.id: attempts for call in todo if (attempts := _unknown_attempts(run, frame, call, retries)) is not None
        }
        run.budget.check()
        results += await asyncio.gather(
            *(
                _reported(call, turn.decision.outcomes[call.id], frame, run, deps)
                if turn.decision and call.id in turn.decision.outcomes
                else _once(call, frame, run, deps, limits, retries)
                for call in todo
                if call.id not in unknown
            )
        )
        _tell(turn, results, runtime)
        return {"turns": [turn.model_copy(update={"results": (*turn.results, *results)})], "unknown": unknown}

    return act


def _tell(turn: Turn, results: Sequence[CallResult], runtime: Runtime[Context]) -> None:
    """Stream what the calls brought back."""
    calls = {call.id: call for call in decided_calls(turn)}
    for result in results:
        call = calls[result.call_id]
        told = {"step_id": turn.proposal.step_id or "", "path": turn.proposal.path, "text": result.text}
        called = {"tool": call.name, "arguments": call.arguments, "status": result.status}
        runtime.stream_writer({"event": "call", **told, **called})


def _unknown_attempts(run: LiveRun, frame: Frame, call: Call, retries: dict[str, int]) -> int | None:
    """How often a call was begun whose outcome is unknown and which nobody has allowed to run again."""
    entry = run.calls.get(f"{frame.key}#{call.id}")
    if entry is None or entry.result is not None or retries.get(call.id) == entry.attempt:
        return None
    return entry.attempt


async def _once(
    call: Call, frame: Frame, run: LiveRun, deps: Deps, limits: Limits, retries: dict[str, int]
) -> CallResult:
    """Run a call, or take what the journal has of it; what changes something is announced there before it runs."""
    entry = run.calls.get(f"{frame.key}#{call.id}")
    if entry and entry.result:
        return entry.result
    attempt = retries.get(call.id, 0) + 1
    if call.name not in SPEECH and deps.toolbox[call.name].risk != "read":
        await run.journal.begin_call(frame.key, call.id, attempt)
    async with run.budget.in_time():  # one that changes something is then of unknown outcome
        result = await _run(call, frame, run, deps, limits)
    await run.journal.finish_call(frame.key, result, attempt)
    return result


async def _reported(call: Call, outcome: Outcome, frame: Frame, run: LiveRun, deps: Deps) -> CallResult:
    """What a call brought back that was executed elsewhere; nothing runs here, so nothing can be of unknown outcome."""
    data = dict(outcome.data or {})
    if outcome.output is not None:
        data["text"] = outcome.output
    shaped = to_outcome(data or None)
    result = CallResult(
        call_id=call.id,
        status="done" if outcome.status == "completed" else "failed",
        text=shaped.text if data or outcome.status == "completed" else "it failed, without a reason given",
        data=shaped.data,
        trusted=deps.toolbox[call.name].trusted,
    )
    await run.journal.finish_call(frame.key, result)
    return result


async def _run(call: Call, frame: Frame, run: LiveRun, deps: Deps, limits: Limits) -> CallResult:
    try:
        if call.name in SPEECH:
            return await consult(call, frame, run, deps, limits)
        tool = deps.toolbox[call.name]
        outcome = await tool.run(call.arguments)
    except (ToolError, ToolArgumentsError, ModelError) as error:
        return CallResult(call_id=call.id, status="failed", text=str(error))
    return CallResult(
        call_id=call.id,
        status="done",
        text=outcome.text,
        data=outcome.data,
        trusted=tool.trusted,
        artifacts=outcome.artifacts,
    )
