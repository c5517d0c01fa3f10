"""From what a person, or somebody's screen, answers to a decision.

Accepted: our own form, LangChain's human-in-the-loop middleware (`{"decisions": […]}`), Agent Inbox
(`[{"type": "accept", …}]`), a bare string, a bool. A call that is executed elsewhere is answered with its result; where
the user executes it, words are that.
"""

from collections.abc import Sequence
from typing import Any

from repertory.memory.errors import AnswerError, InputError
from repertory.memory.portable import portable
from repertory.memory.proposals import Call, Decision, Outcome, Proposal, Verdict
from repertory.memory.records import JsonObject
from repertory.nodes.decisions.executors import RESULT_FORM, executors

_FORMS = (
    'answer "approve", {"verdict": "approve"}, {"verdict": "edit", "edit": {…}}, '
    '{"verdict": "respond", "text": "…"} or {"verdict": "reject", "text": "…"}'
)
_WORDS: dict[str, Verdict] = {
    **dict.fromkeys(("approve", "approved", "accept", "yes", "y", "ok"), "approve"),
    **dict.fromkeys(("reject", "rejected", "ignore", "deny", "no", "n"), "reject"),
}
_TYPES: dict[str, Verdict] = {
    "approve": "approve",
    "accept": "approve",
    "edit": "edit",
    "respond": "respond",
    "response": "respond",
    "reject": "reject",
    "ignore": "reject",
}


def parse_answer(answer: Any, proposal: Proposal) -> Decision:
    """Understand an answer to a proposal.

    Args:
        answer: in any of the forms.
        proposal: what it answers; its content says which calls are executed elsewhere.

    Raises:
        AnswerError: it has none of the forms accepted; the message shows it and says which there are.
    """
    return _parsed(portable(answer), proposal)


def _parsed(answer: Any, proposal: Proposal) -> Decision:
    if isinstance(answer, bool):
        return Decision(verdict="approve" if answer else "reject")
    if isinstance(answer, str) and answer.strip():
        if _is_asked_of_user(proposal):  # a question may well be answered with yes or no
            return _reported(Outcome(status="completed", output=answer.strip()), proposal)
        verdict = _WORDS.get(answer.strip().lower().rstrip(".!"))
        return Decision(verdict=verdict) if verdict else Decision(verdict="respond", text=answer.strip())
    if isinstance(answer, dict) and isinstance(answer.get("decisions"), list):
        return _batch(answer["decisions"], proposal)
    if isinstance(answer, list) and answer:
        return _batch(answer, proposal) if len(answer) > 1 else _parsed(answer[0], proposal)
    if isinstance(answer, dict):
        return _single(answer, proposal)
    raise AnswerError(f"cannot understand the answer {answer!r}; {_FORMS}")


def _single(answer: JsonObject, proposal: Proposal) -> Decision:
    name = answer.get("verdict", answer.get("type", answer.get("decision")))
    if name == "result":
        return _result(answer, proposal)
    verdict = _TYPES.get(str(name))
    if verdict is None:
        raise AnswerError(f"cannot understand the answer {answer!r}: {name!r} is no verdict; {_FORMS}")
    args = answer.get("args")
    text = str(answer.get("text") or answer.get("message") or (args if isinstance(args, str) else "") or "")
    if verdict == "respond" and not text.strip():
        raise AnswerError(f"the answer {answer!r} responds without words; put them in `text`")
    if verdict == "respond" and _is_asked_of_user(proposal):
        return _reported(Outcome(status="completed", output=text.strip()), proposal)
    if verdict != "edit":
        return Decision(verdict=verdict, text=text.strip())
    edited = answer.get("edit", answer.get("edited_action", args))
    if not isinstance(edited, dict):
        raise AnswerError(f"the answer {answer!r} edits without saying what; put it in `edit`")
    if "args" in edited and set(edited) <= {"name", "action", "args"}:  # the other screens' form: one action
        edited = _edited_action(edited, proposal)
    return Decision(verdict="edit", edit=edited)


def _is_asked_of_user(proposal: Proposal) -> bool:
    """Whether it is one call, and the user executes it: then words are not about it, they are its result."""
    return len(proposal.calls) == 1 and executors(proposal).get(proposal.calls[0].id) == "user"


def _result(answer: JsonObject, proposal: Proposal) -> Decision:
    if len(proposal.calls) != 1:
        raise AnswerError(
            f"the answer {answer!r} is the result of one call, and the proposal has {len(proposal.calls)}; "
            'give one decision for each in {"decisions": […]}'
        )
    try:
        outcome = Outcome.parse({key: value for key, value in answer.items() if key not in ("type", "verdict")})
    except InputError as error:
        raise AnswerError(f"cannot understand the answer {answer!r}: {error}; a result is {RESULT_FORM}") from error
    return _reported(outcome, proposal)


def _reported(outcome: Outcome, proposal: Proposal) -> Decision:
    return Decision(verdict="approve", outcomes={proposal.calls[0].id: outcome})


def _edited_action(edited: JsonObject, proposal: Proposal) -> JsonObject:
    """The other screens know one action: of several calls it is the first."""
    if not isinstance(edited["args"], dict):
        raise AnswerError(f"the edited action {edited!r} needs its arguments as an object in `args`")
    if not proposal.calls:
        return dict(edited["args"])
    first, *others = proposal.calls
    fields = {"id": first.id, "name": edited.get("name", edited.get("action", first.name)), "arguments": edited["args"]}
    try:
        call = Call.parse(fields)
    except InputError as error:
        raise AnswerError(str(error)) from error
    return {"calls": [one.model_dump() for one in (call, *others)]}


def _batch(decisions: Sequence[Any], proposal: Proposal) -> Decision:
    """One decision for each call, as LangChain's middleware asks for them: folded into one.

    A call that is answered in words is not made, and says why; the others are made, unless none is approved.
    """
    if len(decisions) != max(1, len(proposal.calls)):
        raise AnswerError(f"{len(decisions)} decisions for {max(1, len(proposal.calls))} actions; give one for each")
    if len(decisions) == 1:
        return _parsed(decisions[0], proposal)
    each = [
        (call, _parsed(decision, proposal.model_copy(update={"calls": (call,)})))
        for call, decision in zip(proposal.calls, decisions, strict=True)
    ]
    words = [decision.text for _, decision in each if decision.verdict == "respond"]
    refused = {call.id: _reason(decision) for call, decision in each if decision.verdict in ("reject", "respond")}
    if len(refused) == len(each):
        reasons = dict.fromkeys(decision.text for _, decision in each if decision.text)
        return Decision(verdict="respond" if words else "reject", text="\n".join(words) or "; ".join(reasons))
    outcomes = {call_id: outcome for _, decision in each for call_id, outcome in decision.outcomes.items()}
    if all(decision.edit is None for _, decision in each):
        return Decision(verdict="approve", refused=refused, outcomes=outcomes)
    edit = {"calls": [_edited(*one) for one in each]}
    return Decision(verdict="edit", edit=edit, refused=refused, outcomes=outcomes)


def _reason(decision: Decision) -> str:
    return f"the user answered: {decision.text}" if decision.verdict == "respond" else decision.text or "rejected"


def _edited(call: Call, decision: Decision) -> JsonObject:
    """A call as it was edited: as a whole, or the arguments that change."""
    edit = decision.edit or {}
    if "calls" not in edit:
        return {**call.model_dump(), "arguments": {**call.arguments, **edit}}
    if not isinstance(edit["calls"], list) or len(edit["calls"]) != 1 or not isinstance(edit["calls"][0], dict):
        raise AnswerError(f"the edit {edit!r} stands for one call of several; give that one in `calls`")
    return {**call.model_dump(), **edit["calls"][0], "id": call.id}
