"""Edits of proposals: an edit must fit what it replaces."""

from typing import Any

from repertory.memory.errors import AnswerError
from repertory.memory.proposals import Call, Decision, Proposal


def fitting(decision: Decision, proposal: Proposal) -> Decision:
    """The decision, its edit as a reply's whole words or as whole calls; other decisions as they are.

    Raises:
        AnswerError: the edit has no place in the proposal; the message shows it.
    """
    if decision.verdict != "edit" or decision.edit is None or proposal.kind in ("plan", "rating"):
        return decision
    if proposal.kind == "retry":
        raise AnswerError("a call whose outcome is unknown can be approved (run again) or rejected, not edited")
    if not proposal.calls:
        text = decision.edit.get("text")
        if not isinstance(text, str) or not text.strip():
            raise AnswerError(f"the edit {decision.edit!r} has no words; put them in `text`")
        return decision
    calls = [call.model_dump() for call in _edited_calls(decision.edit, proposal)]
    return decision.model_copy(update={"edit": {"calls": calls}})


def _edited_calls(edit: dict[str, Any], proposal: Proposal) -> list[Call]:
    """The calls to make instead: by id, else by position; one call may be edited by its arguments alone."""
    given = edit.get("calls")
    if given is None and len(proposal.calls) == 1:
        call = proposal.calls[0]
        return [call.model_copy(update={"arguments": {**call.arguments, **edit}})]
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise AnswerError(f"the edit {edit!r} needs `calls`: a list of the calls to make instead")
    if not 0 < len(given) <= len(proposal.calls):
        raise AnswerError(
            f"the edit has {len(given)} calls, the proposal {len(proposal.calls)}; none can be added, and to make none "
            "of them is to reject"
        )
    known = {call.id: call for call in proposal.calls}
    before = [known.get(str(item.get("id")), call) for item, call in zip(given, proposal.calls, strict=False)]
    if len({call.id for call in before}) < len(before):
        raise AnswerError(f"the edit {edit!r} has two calls in the place of one; give each its own `id`")
    return [
        Call.parse({"name": call.name, "arguments": call.arguments, **item, "id": call.id})
        for call, item in zip(before, given, strict=True)
    ]
