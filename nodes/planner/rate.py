"""Rate: is the user satisfied? The policy may answer: then a run that completed did well."""

from typing import Literal

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from repertory.memory.errors import InputError
from repertory.memory.proposals import Decision, Proposal
from repertory.nodes.context import Context, context_of
from repertory.nodes.decisions.answers import parse_answer
from repertory.nodes.decisions.payload import payload
from repertory.nodes.deps import Node
from repertory.nodes.planner.state import PATH, PlannerState, PlannerUpdate

Rating = Literal["satisfied", "unsatisfied"]


def rater() -> Node:
    """Make the node that asks for a rating: approve is satisfied, reject or words are not."""

    async def rate(state: PlannerState, runtime: Runtime[Context]) -> PlannerUpdate:
        well: Rating = "satisfied" if state["status"] == "completed" else "unsatisfied"
        proposal = Proposal(
            id=f"{state['run_id']}/rating",
            path=PATH,
            kind="rating",
            content={"task": state["task"], "answer": state["answer"], "rating": well},
        )
        verdict = context_of(runtime).rules.decide(PATH, "rating")
        if verdict != "ask":
            return {"rating": well if verdict == "auto" else None, "rated_by": "policy"}
        title = f"Are you satisfied with the answer? It would be kept as {well!r}."
        answer = interrupt(payload(proposal, title=title, objection=state.get("objection")))
        try:
            return {"rating": _rating(parse_answer(answer, proposal), well), "rated_by": "user", "objection": None}
        except InputError as error:
            return {"objection": str(error)}

    return rate


def _rating(decision: Decision, proposed: Rating) -> Rating:
    if decision.verdict == "edit" and decision.edit and decision.edit.get("rating") in ("satisfied", "unsatisfied"):
        rating: Rating = decision.edit["rating"]
        return rating
    return proposed if decision.verdict == "approve" else "unsatisfied"
