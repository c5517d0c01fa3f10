"""`tell` and `ask`: what agents of one plan say to each other. Bounded per step, and kept in the history."""

from langchain_core.messages import HumanMessage

from repertory.memory.errors import ToolError
from repertory.memory.plans import Step
from repertory.memory.proposals import Call, CallResult, Message
from repertory.memory.records import Agent
from repertory.nodes.context import Limits
from repertory.nodes.deps import Deps
from repertory.nodes.live import LiveRun
from repertory.nodes.models.responses import respond
from repertory.nodes.persona.conversation import instructions
from repertory.nodes.persona.speech import ASK
from repertory.nodes.persona.state import Frame
from repertory.nodes.prompts import fill


async def consult(call: Call, frame: Frame, run: LiveRun, deps: Deps, limits: Limits) -> CallResult:
    """Do a `tell` or an `ask` of a step's agent.

    Raises:
        ToolError: nobody is there to speak to, or the step has said enough.
    """
    company = await run.journal.company() if frame.step_id else None
    if company is None or frame.step_id is None:
        raise ToolError(f"{call.name!r} works between the agents of a plan, and there is no plan here")
    steps = {step.id: step for step in company.plan.steps if step.agent}
    to = call.arguments["to"]
    if to not in steps or to == frame.step_id:
        others = sorted(set(steps) - {frame.step_id})
        raise ToolError(f"there is no other agent at step {to!r}; there are agents at {others}")
    if run.spoken.get(frame.step_id, 0) >= limits.messages:
        raise ToolError(f"this step has used its {limits.messages} messages; go on without")
    run.spoken[frame.step_id] = run.spoken.get(frame.step_id, 0) + 1
    if call.name == ASK:
        agent = company.agent(steps[to].agent or "")
        return await _ask(call, frame.step_id, steps[to], agent, run, deps)
    return await _tell(call, frame, to, run)


async def _tell(call: Call, frame: Frame, to: str, run: LiveRun) -> CallResult:
    if to in run.results:
        return CallResult(call_id=call.id, status="failed", text=f"step {to!r} is finished; it reads no more messages")
    message = Message(sender=frame.step_id or "", text=call.arguments["message"], id=f"{frame.key}#{call.id}")
    left = run.messages.setdefault(to, [])
    if message.id not in [other.id for other in left]:  # it is there where the process died right after leaving it
        await run.journal.keep_message(to, message)
        left.append(message)
    return CallResult(call_id=call.id, status="done", text=f"left for {to!r}, which reads it before it next proposes")


async def _ask(call: Call, sender: str, step: Step, agent: Agent, run: LiveRun, deps: Deps) -> CallResult:
    """One model call in the other agent's name: from its instructions and, where it has one, its result."""
    result, question = run.results.get(step.id), call.arguments["question"]
    messages = [
        instructions(agent),
        HumanMessage(fill("ask.user", sender=sender, step=step, result=result, question=question)),
    ]
    response = await respond(deps.models(agent.model), messages, budget=run.meter(sender))
    return CallResult(call_id=call.id, status="done", text=response.text, trusted=False, usage=response.usage)
