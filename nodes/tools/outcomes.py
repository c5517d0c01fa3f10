"""What a tool returned, whatever it was, as text for a model and structured data for later steps."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from typing import Any

from langchain_core.messages import ToolMessage
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from repertory.memory.errors import ToolError
from repertory.memory.portable import portable
from repertory.memory.records import Artifact, JsonObject

MAX_TEXT = 20_000
"""Characters of text that one call may bring back."""


@dataclass(frozen=True)
class ToolOutcome:
    """What a call brought back."""

    text: str
    """For a model or a person to read; at most `MAX_TEXT` characters."""
    data: JsonObject
    """For later steps to refer to; `text` is always one of its fields."""
    artifacts: tuple[Artifact, ...] = ()


def to_outcome(value: Any) -> ToolOutcome:
    """Shape what a tool returned.

    A string is text. A dict, pydantic model or dataclass is data; its text is its `text` field, or else itself as JSON.
    Anything else is data as `value`.

    Raises:
        ToolError: where a langchain tool returned a message that says it failed.
    """
    if isinstance(value, ToolOutcome):
        return _complete(value)
    if isinstance(value, ToolMessage):
        return _from_message(value)
    if value is None:
        return _complete(ToolOutcome("done", {}))
    if isinstance(value, str):
        return _complete(ToolOutcome(value, {}))
    if isinstance(value, Mapping | BaseModel) or (is_dataclass(value) and not isinstance(value, type)):
        artifacts = _artifacts(value)
        data = _jsonable(value)
        if artifacts:
            del data["artifacts"]
        own = data.get("text")
        return _complete(ToolOutcome(own if isinstance(own, str) else _as_text(data), data, artifacts))
    plain = _jsonable(value)
    return _complete(ToolOutcome(plain if isinstance(plain, str) else _as_text(plain), {"value": plain}))


def shorten(text: str, limit: int = MAX_TEXT) -> str:
    """The text, cut to `limit` characters with a closing note that says how much is missing."""
    if len(text) <= limit:
        return text
    note = f"\n[cut: {len(text)} characters in all]"
    return text[: limit - len(note)] + note


def _complete(outcome: ToolOutcome) -> ToolOutcome:
    text = shorten(portable(outcome.text))
    return replace(outcome, text=text, data={**outcome.data, "text": text})


def _from_message(message: ToolMessage) -> ToolOutcome:
    text = str(message.text)
    if message.status == "error":
        raise ToolError(f"{message.name}: {text}" if message.name else text)
    artifact = _jsonable(message.artifact)
    data = artifact if isinstance(artifact, dict) else {} if artifact is None else {"value": artifact}
    return _complete(ToolOutcome(text, data))


def _artifacts(value: Any) -> tuple[Artifact, ...]:
    found = value.get("artifacts") if isinstance(value, Mapping) else getattr(value, "artifacts", None)
    if isinstance(found, Sequence) and found and all(isinstance(item, Artifact) for item in found):
        return tuple(found)
    return ()


def _jsonable(value: Any) -> Any:
    # NaN and infinity are no JSON; what has no JSON form at all is better shown than lost.
    return portable(to_jsonable_python(value, inf_nan_mode="null", fallback=str))


def _as_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
