"""Approve: the whole proposal to a person, in one interrupt: steps, agents, prompts, tools, models, origins."""

from typing import Literal

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from repertory.memory.errors import InputError
from repertory.memory.journal import Journal
from repertory.memory.plans import Company
from repertory.memory.proposals import Decision, Proposal, Turn
from repertory.memory.records import JsonObject
from repertory.nodes.context import Context, Limits, context_of
from repertory.nodes.decisions.answers import parse_answer
from repertory.nodes.decisions.payload import payload
from repertory.nodes.deps import Deps, Node
from repertory.nodes.planner.cast import uncast
from repertory.nodes.planner.create_prompts import unprompted
from repertory.nodes.planner.edit import company_content, edit_company
from repertory.nodes.planner.perform import store_of
from repertory.nodes.planner.state import PATH, PlannerState, PlannerUpdate

PLANNER = "planner"
"""The frame, and the branch of the journal, of the planner's own proposals."""


def approver(deps: Deps) -> Node:
    """Make the node that asks for approval of the company, where the policy asks."""

    async def approve(state: PlannerState, runtime: Runtime[Context]) -> PlannerUpdate:
        context, proposal = context_of(runtime), plan_proposal(state)
        verdict = context.rules.decide(PATH, "plan")
        if verdict == "deny":
            return {"status": "rejected", "error": "the policy does not allow this plan"}
        if verdict == "auto" and not state.get("preset") and not _drafts(state["company"]):
            await _keep(proposal, Decision(verdict="approve", by="policy"), state, runtime)
            return _approved(state, state["company"], "policy")
        preset = state.get("preset")
        answer = preset or interrupt(payload(proposal, title=_title(state), objection=state.get("objection")))
        try:
            decision = parse_answer(answer, proposal)
            update = _decided(decision, state, deps, context.limits)
        except InputError as error:
            return {"objection": str(error), "preset": None}
        await _keep(proposal, decision, state, runtime)
        return {**update, "preset": None}

    return approve


def _drafts(company: Company) -> bool:
    """Whether nobody has approved some agent's prompt.

    It was cast where a person was to be asked, and is asked now, though the run goes on under another policy.
    """
    return any(casting.agent.status == "draft" for casting in company.cast)


async def _keep(proposal: Proposal, decision: Decision, state: PlannerState, runtime: Runtime[Context]) -> None:
    """What was proposed, and decided, joins the run's transcript."""
    turn = Turn(n=state.get("proposals", 0), proposal=proposal, decision=decision)
    await plans_journal(state["run_id"], runtime).keep_turns(PLANNER, [turn])


def plans_journal(run_id: str, runtime: Runtime[Context]) -> Journal:
    """Where the planner's own proposals are kept."""
    return Journal(store_of(runtime), run_id, PLANNER)


def plan_proposal(state: PlannerState) -> Proposal:
    """The proposal to perform the run's company."""
    n = state.get("proposals", 0)
    ids = {step.id for step in state["company"].plan.steps}
    content = {
        "task": state["task"],
        "source": state["source"],
        "known": _known(state),
        "changes": [change for change in state.get("changes", []) if change["step"] in ids],
        "passed_over": state.get("passed_over", []),
        "ended": sorted(state.get("results", {})),
        **company_content(state["company"]),
    }
    return Proposal(
        id=f"{state['run_id']}/planner#{n}",
        path=PATH,
        kind="plan",
        content=content,
        supersedes=f"{state['run_id']}/planner#{n - 1}" if n else None,
    )


def _known(state: PlannerState) -> JsonObject | None:
    """The cohort that the plan came from: its id, its task and how it did; None where the plan is new."""
    if state["source"] == "new":
        return None
    record = state.get("known_record") or {}
    return {"cohort": state.get("cohort_id"), "task": state.get("known_task"), **record}


def _decided(decision: Decision, state: PlannerState, deps: Deps, limits: Limits) -> PlannerUpdate:
    proposals = state.get("proposals", 0) + 1
    match decision.verdict:
        case "reject":
            return {"status": "rejected", "error": f"rejected by the user. {decision.text}".strip()}
        case "respond":
            words = [*state.get("feedback", []), decision.text]
            return {"feedback": words, "objection": None, "proposals": proposals}
        case "edit":
            ended = state.get("results", {})
            company = edit_company(state["company"], decision.edit or {}, deps.toolbox, limits, ended=ended)
            if uncast(company) or unprompted(company):  # to be cast and instructed, and shown again
                return {"company": company, "objection": None, "proposals": proposals}
            return {"company": company, **_approved(state, company, "user")}
        case "approve":
            return _approved(state, state["company"], "user")


def _approved(state: PlannerState, company: Company, by: Literal["user", "policy"]) -> PlannerUpdate:
    granted = [step.id for step in company.plan.steps if step.tool] if by == "user" else []
    proposals = state.get("proposals", 0) + 1  # a plan for the rest is another one
    return {"status": "performing", "approved_by": by, "granted": granted, "proposals": proposals, "objection": None}


def _title(state: PlannerState) -> str:
    company, source = state["company"], state["source"]
    origin = {"new": "", "equal": ", as it was done before", "similar": ", adapted from a similar task"}[source]
    steps, agents = _count(len(company.plan.steps), "step"), _count(len(company.cast), "agent")
    return f"Perform {steps}{f' with {agents}' if company.cast else ''}{origin}?"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
