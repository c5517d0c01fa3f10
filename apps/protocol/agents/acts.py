"""Proposals of the planner and its agents as actions: what somebody is asked about, and what became of it."""

from collections.abc import Iterable, Iterator
from typing import Any

from langgraph.types import Interrupt

from repertory.memory.proposals import Call, CallResult, Proposal, Turn, decided_calls, decided_text
from repertory.memory.records import JsonObject
from repertory.memory.topics.work import Act
from repertory.nodes.decisions.executors import executors
from repertory.nodes.decisions.policy import Policy
from repertory.nodes.persona.review import RiskOf


def acts_of(turns: Iterable[Turn], interrupts: Iterable[Interrupt], risk_of: RiskOf, *, auto: bool) -> tuple[Act, ...]:
    """All actions of a step in the order proposed.

    Args:
        turns: what was proposed and decided, with the results of calls.
        interrupts: what waits for an answer.
        risk_of: risk of a tool by name.
        auto: whether the server permits what it performs itself; what the policy permits otherwise is no action.
    """
    acts: dict[str, Act] = {}
    for turn in turns:
        if auto or (turn.decision and turn.decision.by == "user"):
            acts |= {act.key: act for act in _decided(turn, risk_of)}
    for interrupt in interrupts:
        acts |= {act.key: act for act in _asked(interrupt, auto=auto)}
    return tuple(act.model_copy(update={"supersedes": _superseded(act, acts.values())}) for act in acts.values())


def _superseded(act: Act, acts: Iterable[Act]) -> str | None:
    """The action in whose place another is proposed: the first of its proposal that got feedback."""
    before = f"{act.supersedes}#"
    return next((each.key for each in acts if each.status == "superseded" and each.key.startswith(before)), None)


def rating(state: JsonObject) -> Act | None:
    """The rating of a run that has ended, where a person was asked for it."""
    if state.get("rated_by") != "user":
        return None
    key = f"{state['run_id']}/rating#"
    return Act(key=key, name="rating", args={}, status="completed", output=state["rating"])


def _asked(interrupt: Interrupt, *, auto: bool) -> Iterator[Act]:
    asked = interrupt.value["repertory"]
    proposal = Proposal.model_validate(asked["proposal"])
    where = executors(proposal)
    for key, call in _calls(proposal):
        executor = where.get(call.id, "server") if call else "server"
        yield Act(
            key=key,
            **_said(proposal, call),
            executor=executor,
            status="proposed",
            interrupt=interrupt.id,
            auto=auto and executor == "server",
            supersedes=proposal.supersedes,
            objection=asked.get("objection"),
        )


def _decided(turn: Turn, risk_of: RiskOf) -> Iterator[Act]:
    """What was decided by somebody, or by the policy where somebody would usually be asked."""
    proposal, decision = turn.proposal, turn.decision
    if decision is None:
        return
    auto = decision.by == "policy"
    results = {result.call_id: result for result in turn.results}
    edited = {call.id: call for call in decided_calls(turn)}
    for key, call in _calls(proposal):
        if auto and not _would_ask(proposal, call, risk_of):
            continue
        act = Act(
            key=key,
            **_said(proposal, call),
            executor=executors(proposal).get(call.id, "server") if call else "server",
            status="completed",
            auto=auto,
            supersedes=proposal.supersedes,
        )
        if decision.verdict in ("respond", "reject") or (call and call.id in decision.refused):
            against = "superseded" if decision.verdict == "respond" else "rejected"
            yield act.model_copy(update={"status": against, "error": decision.refused.get(call.id) if call else None})
        elif call is None:
            yield act.model_copy(update={"output": decided_text(turn) or "approved"})
        elif result := results.get(call.id):
            done = edited.get(call.id, call)
            yield act.model_copy(update={**_result(result), "args": done.arguments})


def _result(result: CallResult) -> JsonObject:
    if result.status == "done":
        return {"status": "completed", "output": result.text, "data": result.data or None}
    return {"status": "failed" if result.status == "failed" else "rejected", "error": result.text}


def _calls(proposal: Proposal) -> list[tuple[str, Call | None]]:
    """The calls of a proposal, each with its key; None stands for a proposal that is none."""
    again = "!retry" if proposal.kind == "retry" else ""
    if not proposal.calls:
        return [(f"{proposal.id}#", None)]
    return [(f"{proposal.id}#{call.id}{again}", call) for call in proposal.calls]


def _said(proposal: Proposal, call: Call | None) -> dict[str, Any]:
    if call is not None:
        return {"name": call.name, "args": call.arguments}
    content = {"text": proposal.text} if proposal.kind == "reply" else proposal.content
    return {"name": proposal.kind, "args": content}


_USUAL = Policy.preset("supervised")


def _would_ask(proposal: Proposal, call: Call | None, risk_of: RiskOf) -> bool:
    if call is None:
        return _USUAL.decide(proposal.path, proposal.kind) == "ask"
    risk = risk_of(call.name)
    return _USUAL.decide(proposal.path, "delegate" if risk is None else "tool", tool=call.name, risk=risk) == "ask"
