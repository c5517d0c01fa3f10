"""What a person said instead of letting a planned call be made: the same call, changed as the words ask."""

import re
from typing import Any

from repertory.nodes.offline.arguments import role_of
from repertory.nodes.offline.entities import find_entities
from repertory.nodes.offline.prosework import relevant
from repertory.nodes.offline.remarks import changes_form, heed
from repertory.nodes.offline.situation import Situation
from repertory.nodes.offline.sources import gather

_REFERENCE = re.compile(r"\{\{\s*([\w-]+)\.[\w.-]+\s*\}\}")
_NO = re.compile(r"^(?:no|nope|don['’]?t|do not|never mind|stop|cancel|skip|leave it)\b", re.I)
_NAME = re.compile(r"\b(?:call|name) it\s+(?P<name>[\w-]+)", re.I)
_ADD = re.compile(
    r"\b(?:add|include|mention|append)\s+(?:also\s+)?"
    r"(?:(?:a|the|one more|another) (?:line|sentence|word|note|text)s?\s+)?"
    r"(?:saying |that says |with |that )?(?P<what>.+)",
    re.I | re.S,
)
_SAY = re.compile(r"\b(?:write|say|put|use|make it)\s+[\"'“‘`]", re.I)


def answered_call(situation: Situation) -> tuple[str, dict[str, Any]] | None:
    """The planned call, changed as was asked; None where it is not to be made, or its data is not there."""
    if situation.planned is None or situation.answered is None:
        return None
    name, planned = situation.planned
    words = situation.answered
    files = find_entities(words).files
    if _NO.match(words) and not files:
        return None
    texts = {item.source: item.text for item in situation.data}
    arguments: dict[str, Any] = {}
    for key, value in planned.items():
        if isinstance(value, str):
            if any(step not in texts for step in _REFERENCE.findall(value)):
                return None
            filled = _REFERENCE.sub(lambda match: texts[match[1]], value)
            arguments[key] = _changed(role_of(key), filled, words, situation)
        else:
            arguments[key] = value
    return name, arguments


def _changed(role: str, value: str, words: str, situation: Situation) -> str:
    named = find_entities(words)
    match role:
        case "path":
            others = [file for file in named.files if file != value]
            if others:
                return others[0]
            ending = value.rpartition(".")[2]
            called = _NAME.search(words)
            return f"{called['name']}.{ending}" if called and not named.files else value
        case "url" | "expression" | "zone":
            found = {"url": named.urls, "expression": named.expressions, "zone": named.zones}[role]
            return next((item for item in found if item != value), value)
        case "content" | "text":
            return _content(value, words, situation)
    return value


def _content(content: str, words: str, situation: Situation) -> str:
    """The text that is to be written, shorter, longer, without this, with that; else as it was."""
    quoted = find_entities(words).quoted
    if quoted and _SAY.search(words):
        return quoted[0]
    if changes_form(words):
        return heed(words, content, gather(situation))
    added = _ADD.search(words)
    if not added:
        return content
    what = added["what"].strip(" .\n")
    if quoted:
        return f"{content}\n{quoted[0]}"
    prose = [source.prose for source in gather(situation) if not source.rows]
    lines = [line for text in prose for line in relevant(what, text, 2) if line not in content]
    return "\n".join([content, *(lines or [what])])
