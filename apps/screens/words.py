"""What happened in a run, and how two runs differ, in words."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from repertory.apps.screens.page import call_text
from repertory.memory.records import JsonObject
from repertory.memory.transcripts.difference import Pair
from repertory.memory.transcripts.moments import Moment

_DECIDED = {"approve": "approved", "edit": "edited", "respond": "answered", "reject": "rejected"}
_SHOWN = {
    "told": {"message"},
    "proposal": {"heard", "kind", "text", "calls", "decision"},
    "outcome": {"status", "text"},
    "end": {"status", "output", "answer", "error"},
}
"""Fields that the texts of a moment show."""


def texts_of(moment: Moment) -> dict[str, str]:
    """A moment in words, field by field."""
    content = moment.content
    match moment.kind:
        case "told":
            return {"told": f"told: {content['message']}"}
        case "proposal":
            heard = {"heard": messages_text(content["heard"])} if content["heard"] else {}
            return {**heard, "proposed": _proposed(content), "decided": _decided(content["decision"])}
        case "outcome":
            status = content["status"] if content["status"] != "begun" else "begun, with an unknown outcome"
            return {"brought": ": ".join(part for part in (status, content.get("text")) if part)}
        case "end":
            said = content.get("output") or content.get("answer")
            return {"ended": ": ".join(part for part in (content.get("status"), content.get("error"), said) if part)}


def where(pair: Pair) -> str:
    """Where a pair stands, as a heading."""
    moment = pair.moment
    who = "/".join(moment.path)
    called = moment.call.name if moment.call else ""
    what = {"told": "is told", "proposal": "proposes", "outcome": f"hears back from {called}", "end": "ends"}[pair.kind]
    return f"{pair.at}, {who} {what}" if who else f"{pair.at} {what}"


def what_differs(pair: Pair) -> str:
    """What differs there, as the rest of a sentence."""
    if "missing" in pair.what:
        return f"only {'A' if pair.b is None else 'B'} came there"
    return f"{_listed(pair.what)} differ{'s' * (len(pair.what) == 1)}"


def more_differences(pair: Pair) -> Iterator[tuple[str, str, str]]:
    """What differs in a pair and cannot be seen in its texts: name, and the value on either side."""
    if pair.a is None or pair.b is None:
        return
    seen = _SHOWN[pair.kind] if texts_of(pair.a) != texts_of(pair.b) else set()
    for key in pair.what:
        if key not in seen and key in {**pair.a.content, **pair.b.content}:
            for name, a, b in _leaves(key, pair.a.content.get(key), pair.b.content.get(key)):
                yield name, value_text(a), value_text(b)
    if "path" in pair.what:
        yield "by", "/".join(pair.a.path), "/".join(pair.b.path)


def _leaves(name: str, a: Any, b: Any) -> Iterator[tuple[str, Any, Any]]:
    """Where two JSON values differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in dict.fromkeys((*a, *b)):
            yield from _leaves(f"{name}.{key}", a.get(key), b.get(key))
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for index, (one, other) in enumerate(zip(a, b, strict=True)):
            yield from _leaves(f"{name}.{index}", one, other)
    elif a != b:
        yield name, a, b


def messages_text(messages: Iterable[JsonObject]) -> str:
    """Messages, one a line, each with its sender."""
    return "\n".join(f"{message['sender']}: {message['text']}" for message in messages)


def value_text(value: Any) -> str:
    """Words as they are, other values as JSON."""
    if value is None:
        return "(none)"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _proposed(content: JsonObject) -> str:
    calls = [call_text(call["name"], call["arguments"]) for call in content["calls"]]
    kind = content["kind"] if not calls else "calls"
    words = " ".join(filter(None, (content["text"], "; ".join(calls))))
    return f"{kind}: {words}" if words else kind


def _decided(decision: JsonObject | None) -> str:
    if decision is None:
        return "waits for a decision"
    parts = [f"{_DECIDED[decision['verdict']]} by the {decision['by']}"]
    if decision["text"]:
        parts.append(decision["text"])
    edit = decision["edit"] or {}
    parts += [call_text(call["name"], call["arguments"]) for call in edit.get("calls", ())]
    parts += [f"{key}: {value_text(value)}" for key, value in edit.items() if key != "calls"]
    parts += [f"not {call_id}: {reason}" for call_id, reason in decision["refused"].items()]
    return f"{parts[0]}{': ' if len(parts) > 1 else ''}{'; '.join(parts[1:])}"


def _listed(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
