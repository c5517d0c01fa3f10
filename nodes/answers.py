"""From what a person, or somebody's screen, answers to a decision.

Accepted: our own form, LangChain's human-in-the-loop middleware (`{"decisions": […]}`), Agent Inbox
(`[{"type": "accept", …}]`), a bare string, a bool.
"""

from collections.abc import Sequence
from typing import Any

from repertory.memory.errors import AnswerError
from repertory.memory.proposals import Call, Decision, Proposal, Verdict
from repertory.memory.records import JsonObject

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

    Raises:
        AnswerError: it has none of the forms accepted; the message shows it and says which there are.
    """
    if isinstance(answer, bool):
        return Decision(verdict="approve" if answer else "reject")
    if isinstance(answer, str) and answer.strip():
        verdict = _WORDS.get(answer.strip().lower().rstrip(".!"))
        return Decision(verdict=verdict) if verdict else Decision(verdict="respond", text=answer.strip())
    if isinstance(answer, dict) and isinstance(answer.get("decisions"), list):
        return _batch(answer["decisions"], proposal)
    if isinstance(answer, list | tuple) and answer:
        return _batch(answer, proposal) if len(answer) > 1 else parse_answer(answer[0], proposal)
    if isinstance(answer, dict):
        return _single(answer, proposal)
    raise AnswerError(f"cannot understand the answer {answer!r}; {_FORMS}")


def _single(answer: JsonObject, proposal: Proposal) -> Decision:
    name = answer.get("verdict", answer.get("type", answer.get("decision")))
    verdict = _TYPES.get(str(name))
    if verdict is None:
        raise AnswerError(f"cannot understand the answer {answer!r}: {name!r} is no verdict; {_FORMS}")
    args = answer.get("args")
    text = str(answer.get("text") or answer.get("message") or (args if isinstance(args, str) else "") or "")
    if verdict == "respond" and not text.strip():
        raise AnswerError(f"the answer {answer!r} responds without words; put them in `text`")
    if verdict != "edit":
        return Decision(verdict=verdict, text=text.strip())
    edited = answer.get("edit", answer.get("edited_action", args))
    if not isinstance(edited, dict):
        raise AnswerError(f"the answer {answer!r} edits without saying what; put it in `edit`")
    if "args" in edited and set(edited) <= {"name", "action", "args"}:  # the other screens' form: one action
        edited = _edited_action(edited, proposal, 0)
    return Decision(verdict="edit", edit=edited)


def _edited_action(edited: JsonObject, proposal: Proposal, index: int) -> JsonObject:
    if not proposal.calls:
        return dict(edited["args"])
    calls = list(proposal.calls)
    name = edited.get("name", edited.get("action", calls[index].name))
    calls[index] = Call(id=calls[index].id, name=name, arguments=edited["args"])
    return {"calls": [call.model_dump() for call in calls]}


def _batch(decisions: Sequence[Any], proposal: Proposal) -> Decision:
    """One decision for each call, as LangChain's middleware asks for them: folded into one."""
    if len(decisions) != max(1, len(proposal.calls)):
        raise AnswerError(f"{len(decisions)} decisions for {max(1, len(proposal.calls))} actions; give one for each")
    if len(decisions) == 1:
        return parse_answer(decisions[0], proposal)
    each = [parse_answer(decision, proposal.model_copy(update={"calls": ()})) for decision in decisions]
    if words := [decision.text for decision in each if decision.verdict == "respond"]:
        return Decision(verdict="respond", text="\n".join(words))
    refused = {
        call.id: decision.text or "rejected"
        for call, decision in zip(proposal.calls, each, strict=True)
        if decision.verdict == "reject"
    }
    if len(refused) == len(each):
        return Decision(verdict="reject", text="; ".join(dict.fromkeys(refused.values())))
    calls = [
        call.model_copy(update={"arguments": decision.edit}) if decision.edit is not None else call
        for call, decision in zip(proposal.calls, each, strict=True)
    ]
    if calls == list(proposal.calls):
        return Decision(verdict="approve", refused=refused)
    return Decision(verdict="edit", edit={"calls": [call.model_dump() for call in calls]}, refused=refused)
