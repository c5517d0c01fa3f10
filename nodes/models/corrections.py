"""How a faulty answer goes back to the model: in an order and a form that strict servers accept."""

import re
import uuid
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from repertory.memory.errors import InputError
from repertory.nodes.prompts import brief, fill

_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CALL_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_CUT = frozenset({"length", "max_tokens", "model_length"})
_STOPPED = frozenset({"content_filter", "safety", "refusal"})
UNREADABLE = "unreadable_arguments"
"""In `additional_kwargs`: arguments that a model wrote and langchain would mend or choke on."""
_SHOWN = 4000
"""Characters of a faulty answer that the model sees again."""


class BadAnswerError(InputError):
    """What is wrong with an answer, in words for the model."""


def check_whole(answer: AIMessage) -> None:
    """Raise BadAnswerError where the answer was cut off, refused or stopped, or has arguments that are no JSON.

    Such answers look like good ones: their text is there, and their calls may even parse.
    """
    metadata = answer.response_metadata
    finish = str(metadata.get("finish_reason") or metadata.get("stop_reason") or "").lower()
    if finish in _CUT:
        raise BadAnswerError("It was cut off at the length limit; be shorter")
    if refusal := answer.additional_kwargs.get("refusal"):
        raise BadAnswerError(f"You refused: {brief(str(refusal))!r}. Do what is allowed of it, or say what is not")
    if finish in _STOPPED:
        raise BadAnswerError("A content filter stopped it; say it in other words")
    unreadable = [str(call["args"]) for call in answer.invalid_tool_calls]
    unreadable += answer.additional_kwargs.get(UNREADABLE, ())
    if unreadable:
        raise BadAnswerError(f"Arguments of a call are no JSON object: {brief(unreadable[0])}")


def correction(answer: AIMessage, reason: str) -> list[BaseMessage]:
    """The answer again, with the reason why it cannot be used.

    Calls stay calls, each answered by a tool message, as servers demand; arguments that are no JSON become `{}`,
    since a history that holds them is rejected. Where a name is no tool name at all, the calls become words.
    """
    told = fill("fault", reason=reason.rstrip("."))
    calls = [*answer.tool_calls, *answer.invalid_tool_calls]
    text = brief(str(answer.text), _SHOWN)
    if not calls or not all(_TOOL_NAME.fullmatch(str(call["name"])) for call in calls):
        spoken = [f"{call['name']}({brief(str(call['args']))})" for call in calls]
        words = "\n".join(filter(None, [text, *spoken])) or str(answer.additional_kwargs.get("refusal") or "(nothing)")
        return [AIMessage(words), HumanMessage(told)]
    ids = _ids([call["id"] for call in calls])
    turn = AIMessage(text, tool_calls=[_again(call, call_id) for call, call_id in zip(calls, ids, strict=True)])
    rest = [ToolMessage("Not done either.", tool_call_id=call_id) for call_id in ids[1:]]
    return [turn, ToolMessage(told, tool_call_id=ids[0]), *rest]


def _again(call: Any, call_id: str) -> Any:
    arguments = call["args"] if isinstance(call["args"], dict) else {}
    return {"type": "tool_call", "name": call["name"], "args": arguments, "id": call_id}


def _ids(given: list[str | None]) -> list[str]:
    """The calls' own ids, or new ones where they are missing, repeated or not what servers take."""
    if len(set(given)) == len(given) and all(_CALL_ID.fullmatch(call_id or "") for call_id in given):
        return [str(call_id) for call_id in given]
    return [f"call_{uuid.uuid4().hex[:12]}" for _ in given]
