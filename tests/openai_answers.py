"""What the loopback server may answer: good answers, checked against what was asked, and faults, given as they are."""

import hashlib
import json
import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.openai_schemas import smallest

Json = dict[str, Any]


@dataclass(frozen=True)
class Refused:
    """An HTTP error: `Refused(429, retry_after="1")`, `Refused(503)`."""

    status: int
    message: str = "scripted fault"
    code: str | None = None
    param: str | None = None
    retry_after: str | None = None

    @property
    def error(self) -> Json:
        """The error object, as OpenAI writes it."""
        kind = "rate_limit_error" if self.status == 429 else "server_error" if self.status >= 500 else "invalid_request"
        return {"message": self.message, "type": kind, "param": self.param, "code": self.code}


@dataclass(frozen=True)
class Reset:
    """The connection breaks: before any answer, or in the middle of a stream."""

    after: int | None = None
    """After so many chunks of a streamed answer."""


@dataclass(frozen=True)
class Slow:
    """An answer after so many seconds more than the others."""

    seconds: float
    answer: "Answer"


@dataclass(frozen=True)
class Held:
    """An answer that waits for an event, for a minute at most."""

    until: threading.Event
    answer: "Answer"


@dataclass(frozen=True)
class Raw:
    """An assistant message as it is, not checked against the request: malformed, cut off, refused, empty."""

    content: str | None = None
    calls: Sequence[tuple[str, str]] = ()
    """Names, and arguments as the text that the model wrote."""
    refusal: str | None = None
    finish: str | None = None
    usage: bool = True


Fault = Refused | Reset | Slow | Held | Raw
Answer = str | Json | Sequence[tuple[str, Json]] | Fault
"""Text; a structured answer; calls of tools with their arguments; a fault."""


def truncated(text: str) -> Raw:
    """An answer cut off at the length limit."""
    return Raw(text, finish="length")


def refusal(text: str = "I'm sorry, I can't help with that.") -> Raw:
    """The model declines."""
    return Raw(refusal=text)


def filtered() -> Raw:
    """The content filter stopped the answer."""
    return Raw("", finish="content_filter")


class NotAsked(Exception):  # noqa: N818
    """A test's answer that the real server could not have given to that request: the test is wrong."""


@dataclass
class Completion:
    """An assistant message on its way out."""

    content: str | None
    calls: list[tuple[str, str]] = field(default_factory=list)
    refusal: str | None = None
    finish: str = "stop"
    usage: bool = True

    @property
    def message(self) -> Json:
        """The message as a whole."""
        message: Json = {"role": "assistant", "content": self.content, "refusal": self.refusal}
        if self.calls:
            message["tool_calls"] = [_call(i, *call) for i, call in enumerate(self.calls)]
        return message

    def deltas(self) -> Iterator[Json]:
        """The message piece by piece."""
        yield {"role": "assistant", "content": "" if not self.calls else None, "refusal": None}
        for text in _pieces(self.content or ""):
            yield {"content": text}
        for text in _pieces(self.refusal or ""):
            yield {"refusal": text}
        for i, (name, arguments) in enumerate(self.calls):
            yield {"tool_calls": [{"index": i, **_call(i, name, "")}]}
            for text in _pieces(arguments):
                yield {"tool_calls": [{"index": i, "function": {"arguments": text}}]}


def count(request: Json, completion: Completion) -> Json:
    """Usage: four characters a token, near enough, and the same on every machine."""
    asked = [request["messages"], request.get("tools"), request.get("response_format")]
    prompt = sum(len(json.dumps(part)) for part in asked if part) // 4
    answered = len(json.dumps(completion.message)) // 4
    return {"prompt_tokens": prompt, "completion_tokens": answered, "total_tokens": prompt + answered}


def complete(answer: Any, request: Json) -> Completion:
    """Turn an answer into an assistant message that fits the request.

    Raises:
        NotAsked: it is not what the request asked for.
    """
    form = request.get("response_format") or {}
    choice = request.get("tool_choice")
    if isinstance(answer, Raw):
        finish = answer.finish or ("tool_calls" if answer.calls else "stop")
        return Completion(answer.content, list(answer.calls), answer.refusal, finish, answer.usage)
    if isinstance(answer, dict) and isinstance(choice, dict):
        answer = [(choice["function"]["name"], answer)]
    if isinstance(answer, dict):
        answer = json.dumps(answer)
    if isinstance(answer, str):
        if isinstance(choice, dict) or choice == "required":
            raise NotAsked(f"a call of {choice!r} was asked for, but the answer is {answer!r}")
        if form.get("type") == "json_schema":
            _validate(answer, form["json_schema"]["schema"], form["json_schema"]["name"])
        return Completion(answer)
    known = {tool["function"]["name"]: tool["function"] for tool in request.get("tools") or ()}
    calls = []
    for name, arguments in answer:
        if name not in known:
            raise NotAsked(f"the answer calls {name!r}; the request offers {sorted(known)}")
        _validate(json.dumps(arguments), known[name].get("parameters") or {}, name)
        calls.append((name, json.dumps(arguments)))
    return Completion(None, calls, finish="tool_calls")


def fill(request: Json) -> Answer:
    """The smallest answer that fits a request."""
    form, choice = request.get("response_format") or {}, request.get("tool_choice")
    if form.get("type") == "json_schema":
        return cast("Json", smallest(form["json_schema"]["schema"]))
    if isinstance(choice, dict):
        tools = {tool["function"]["name"]: tool["function"] for tool in request["tools"]}
        return cast("Json", smallest(tools[choice["function"]["name"]]["parameters"]))
    return "done"


def vector(text: str, dimensions: int) -> list[float]:
    """The same vector for the same text; texts that share words are near each other."""
    vector = [0.0] * dimensions
    for word in text.lower().split() or [text]:
        vector[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big") % dimensions] += 1.0
    length = math.sqrt(sum(value * value for value in vector))
    return [value / length for value in vector]


def _validate(text: str, schema: Json, name: str) -> None:
    try:
        errors = [error.message for error in Draft202012Validator(schema).iter_errors(json.loads(text))]
    except ValueError as error:
        errors = [str(error)]
    if errors:
        raise NotAsked(f"the answer {text!r} is no {name}: {errors[0]}")


def _call(i: int, name: str, arguments: str) -> Json:
    return {"id": f"call_{i}", "type": "function", "function": {"name": name, "arguments": arguments}}


def _pieces(text: str, size: int = 12) -> Iterator[str]:
    for i in range(0, len(text), size):
        yield text[i : i + size]
