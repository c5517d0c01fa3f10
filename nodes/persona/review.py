"""Review: the one place where a persona's proposal meets the policy, and a person where the policy asks."""

from collections.abc import Callable

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from repertory.memory.edits import fitting
from repertory.memory.errors import InputError
from repertory.memory.proposals import Call, Decision, Proposal, Turn
from repertory.memory.records import Agent
from repertory.nodes.context import Context, context_of
from repertory.nodes.decisions.answers import parse_answer
from repertory.nodes.decisions.executors import ExecutorOf, check_outcomes, executors, with_executors
from repertory.nodes.decisions.payload import payload
from repertory.nodes.decisions.policy import Policy, Risk, Verdict
from repertory.nodes.deps import Node
from repertory.nodes.live import LiveRun, LiveRuns
from repertory.nodes.persona.conversation import call_summary, decided_calls, decided_text
from repertory.nodes.persona.finish import finish
from repertory.nodes.persona.state import PersonaState, PersonaUpdate

RiskOf = Callable[[str], Risk | None]
CheckCall = Callable[[Call], None]


def reviewer(risk_of: RiskOf, executor_of: ExecutorOf, check_call: CheckCall, runs: LiveRuns) -> Node:
    """Make the review node of a persona.

    Args:
        risk_of: risk of a tool by name; None for a delegate.
        executor_of: who executes a tool, by name. What others execute always asks: they answer with its result.
        check_call: raises InputError for an edited call that does not fit.
        runs: the runs at work, whose journals keep what a person decides.
    """

    async def review(state: PersonaState, runtime: Runtime[Context]) -> PersonaUpdate:
        turn, frame = state["turns"][-1], state["frame"]
        run = runs.at(frame.run_id, frame.branch)
        unknown, rules = state.get("unknown", {}), context_of(runtime).rules
        if turn.decision is not None and not unknown:  # taken up from the journal: a person's word holds
            try:
                decision = turn.decision if turn.results else _checked(turn.decision, turn.proposal, check_call)
                known = run.turns.get(f"{frame.key}#{turn.n}", turn)
                decision = _still_allowed(decision, turn, known, rules, risk_of)
                if not turn.results:
                    check_outcomes(decision, with_executors(_edited(turn.proposal, decision), executor_of))
            except InputError as error:
                return {"objection": str(error), "turns": [turn.model_copy(update={"decision": None})]}
            return await _decided(state, turn, decision, run)
        proposal = with_executors(_retry(turn, unknown) if unknown else turn.proposal, executor_of)
        asks, refused = judge(rules, proposal, risk_of, granted=frame.granted)
        if not asks:
            decision = _by_policy(proposal, rules, refused)
        else:
            said = verdicts(rules, proposal, risk_of, granted=frame.granted)
            answer = interrupt(
                payload(proposal, title=_title(proposal), objection=state.get("objection"), verdicts=said)
            )
            try:
                decision = _checked(parse_answer(answer, proposal), proposal, check_call)
                edited = with_executors(_edited(proposal, decision), executor_of)
                _, refused = judge(rules, edited, risk_of)
                decision = decision.model_copy(update={"refused": {**decision.refused, **refused}})
                check_outcomes(decision, edited)
            except InputError as error:
                return {"objection": str(error)}
        told = {"proposal_id": proposal.id, "path": proposal.path, "decision": decision.model_dump(mode="json")}
        runtime.stream_writer({"event": "settled", **told})
        if unknown:
            update = _retry_decided(turn, unknown, decision)
        else:
            update = await _decided(state, turn, decision, run)
        if asks:
            await run.keep(frame.key, update["turns"])
        return update

    return review


def _by_policy(proposal: Proposal, policy: Policy, refused: dict[str, str]) -> Decision:
    if not proposal.calls and policy.decide(proposal.path, proposal.kind) == "deny":
        return Decision(verdict="reject", text="the policy does not allow it", by="policy")
    return Decision(verdict="approve", refused=refused, by="policy")


def _still_allowed(decision: Decision, turn: Turn, known: Turn, policy: Policy, risk_of: RiskOf) -> Decision:
    """A recorded decision, without calls that have not begun and that the policy denies: a replay may have put them in.

    Args:
        decision: as it was recorded.
        turn: the turn that it is about.
        known: the turn as the journal has it, with what has begun.
        policy: the rules that hold now.
        risk_of: risk of a tool by name.
    """
    if not turn.proposal.calls or decision.verdict not in ("approve", "edit"):
        return decision
    _, denied = judge(policy, _edited(turn.proposal, decision), risk_of)
    begun = {*known.at_work, *known.begun, *(result.call_id for result in known.results)}
    refused = {call_id: reason for call_id, reason in denied.items() if call_id not in begun}
    return decision.model_copy(update={"refused": {**decision.refused, **refused}})


def _edited(proposal: Proposal, decision: Decision) -> Proposal:
    """The proposal with the calls that a person put in place of its own: deny rules hold for them, too."""
    edit = decision.edit or {}
    return proposal.model_copy(update={"calls": tuple(Call.parse(call) for call in edit.get("calls", proposal.calls))})


def judge(policy: Policy, proposal: Proposal, risk_of: RiskOf, *, granted: bool = False) -> tuple[bool, dict[str, str]]:
    """Whether somebody must be asked about a proposal, and which of its calls are denied.

    Args:
        policy: the rules. Whatever they say, a call that is executed elsewhere asks, unless it is denied.
        proposal: what is proposed; its content says who executes its calls.
        risk_of: risk of a tool by name.
        granted: a person approved exactly these calls before, in a plan; deny rules still hold.
    """
    if not proposal.calls:
        return policy.decide(proposal.path, proposal.kind) == "ask", {}
    said, where = verdicts(policy, proposal, risk_of, granted=granted), executors(proposal)
    refused = {
        call.id: _UNKNOWN if proposal.kind == "retry" else f"the policy does not allow {call.name!r} here"
        for call in proposal.calls
        if said[call.id] == "deny"
    }
    waits = any(executor != "server" and call_id not in refused for call_id, executor in where.items())
    return waits or "ask" in said.values(), refused


def verdicts(policy: Policy, proposal: Proposal, risk_of: RiskOf, *, granted: bool = False) -> dict[str, Verdict]:
    """What the policy says about each call of a proposal, by its id; arguments as those of `judge`."""
    said: dict[str, Verdict] = {}
    for call in proposal.calls:
        risk = risk_of(call.name)
        of = proposal.kind if proposal.kind == "retry" else ("delegate" if risk is None else "tool")
        verdict = policy.decide(proposal.path, of, tool=call.name, risk=risk)
        is_granted = granted and proposal.kind == "tool" and verdict == "ask"
        said[call.id] = "auto" if is_granted else verdict
    return said


_UNKNOWN = "the process died while this ran: whether it took effect is unknown, and it was not repeated"


def can_ask(policy: Policy, agent: Agent, path: tuple[str, ...], risk_of: RiskOf) -> bool:
    """Whether a person could be asked anything while this agent, or a delegate below it, is at work.

    A tool that changes something can always ask: its outcome is unknown when the process dies while it runs. One that
    is executed elsewhere always asks, and its risk is never `read`.
    """
    if policy.decide(path, "reply") == "ask":
        return True
    for name in agent.tools:
        risk = risk_of(name)
        if risk != "read" or policy.decide(path, "tool", tool=name, risk=risk) == "ask":
            return True
    return any(
        policy.decide(path, "delegate", tool=delegate.name) == "ask"
        or can_ask(policy, delegate, (*path, delegate.name), risk_of)
        for delegate in agent.delegates
    )


def _retry(turn: Turn, unknown: dict[str, int]) -> Proposal:
    calls = tuple(call for call in decided_calls(turn) if call.id in unknown)
    attempt = max(unknown.values())
    return turn.proposal.model_copy(
        update={"id": f"{turn.proposal.id}?{attempt}", "kind": "retry", "calls": calls, "text": _UNKNOWN}
    )


def _retry_decided(turn: Turn, unknown: dict[str, int], decision: Decision) -> PersonaUpdate:
    """Approved calls run once more, as they are; the others count as refused, with the reason."""
    refused = dict(decision.refused)
    if decision.verdict != "approve":
        refused = {call_id: f"{_UNKNOWN}. {decision.text}".strip() for call_id in unknown}
    before = turn.decision or Decision(verdict="approve", by="policy")
    decided = before.model_copy(update={"refused": {**before.refused, **refused}})
    retries = {call_id: attempt for call_id, attempt in unknown.items() if call_id not in refused}
    return {
        "turns": [turn.model_copy(update={"decision": decided})],
        "unknown": {},
        "retries": retries,
        "objection": None,
    }


async def _decided(state: PersonaState, turn: Turn, decision: Decision, run: LiveRun) -> PersonaUpdate:
    """The decision joins its turn; on a reply that is accepted or rejected, the persona is done."""
    decided = turn.model_copy(update={"decision": decision})
    update: PersonaUpdate = {"turns": [decided], "objection": None}
    if turn.proposal.calls or decision.verdict == "respond":
        return update
    if decision.verdict == "reject":
        error = f"the reply was rejected. {decision.text}".strip()
        return {**update, **await finish(state, run, error=error, last=decided)}
    return {**update, **await finish(state, run, reply=decided_text(decided), last=decided)}


def _checked(decision: Decision, proposal: Proposal, check_call: CheckCall) -> Decision:
    """An edit must fit what it replaces."""
    decision = fitting(decision, proposal)
    for call in (decision.edit or {}).get("calls", ()):
        check_call(Call.parse(call))
    return decision


def _title(proposal: Proposal) -> str:
    who = "/".join(proposal.path)
    if proposal.kind == "retry":
        return f"{who}: {call_summary(proposal.calls)} was running when the process died. Run it again?"
    if where := executors(proposal):
        awaited = [call for call in proposal.calls if where[call.id] != "server"]
        others = [call for call in proposal.calls if where[call.id] == "server"]
        beside = f", and wants to call {call_summary(others)}" if others else ""
        return f"{who} waits for the result of {call_summary(awaited)}{beside}"
    if proposal.calls:
        return f"{who} wants to call {call_summary(proposal.calls)}"
    return f"{who} wants to reply"
