"""A reply in words or tool calls: one model call, its faults fed back."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import RunnableBinding

from repertory.memory.errors import InputError
from repertory.memory.records import JsonObject, Usage
from repertory.nodes.models.attempts import Ask, Budget, attempt
from repertory.nodes.models.corrections import BadAnswerError, check_whole
from repertory.nodes.models.per_model import PerModel
from repertory.nodes.models.structured import structured
from repertory.nodes.models.temperature import tempered

__all__ = ["Budget", "Response", "ToolLike", "respond", "structured"]

_KEPT = 256
"""Sets of tools whose binding to a model is kept."""


class ToolLike(Protocol):
    """A tool, as far as a model call looks at it."""

    @property
    def name(self) -> str:
        """What the model calls it."""

    @property
    def openai(self) -> JsonObject:
        """Its description and parameters as chat completions take them."""

    def check(self, arguments: JsonObject) -> JsonObject:
        """The arguments, validated; InputError where they do not fit."""


@dataclass(frozen=True)
class Response:
    """What a model answered: words, calls, or both."""

    text: str
    calls: tuple[tuple[str, JsonObject], ...]
    """Names and checked arguments, in order."""
    usage: Usage
    """Of all attempts."""


async def respond(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    tools: Sequence[ToolLike] = (),
    *,
    budget: Budget,
    attempts: int = 3,
) -> Response:
    """Ask a model for words or calls of these tools.

    An answer that is empty, cut off, refused, or calls a tool that is not there or with arguments that do not fit, goes
    back to the model with the reason. Tokens stream to whoever listens through langchain's callbacks.

    Args:
        model: any chat model.
        messages: what is asked; not changed.
        tools: what it may call.
        budget: slots, and the count of every attempt.
        attempts: how many answers the model may give.

    Raises:
        ModelError: the last answer was faulty, too, or the server rejects what was asked.
        ResourceError: the server cannot be reached, fails, or refuses the key or the model.
        LimitError: the budget is used up.
        InputError: tools are given, and the model cannot call any.
    """
    known = {tool.name: tool for tool in tools}

    def read(answer: AIMessage) -> tuple[str, tuple[tuple[str, JsonObject], ...]]:
        check_whole(answer)
        text, calls = str(answer.text), _read_calls(answer, known)
        if not calls and not text.strip():
            raise BadAnswerError("It was empty")
        return text, calls

    ask = tempered(model, partial(_asking, tools=tuple(tools)))
    (text, calls), usage = await attempt(ask, messages, read, budget=budget, attempts=attempts)
    return Response(text, calls, usage)


def _read_calls(answer: AIMessage, known: dict[str, ToolLike]) -> tuple[tuple[str, JsonObject], ...]:
    faults: list[str] = []
    calls: list[tuple[str, JsonObject]] = []
    for call in answer.tool_calls:
        if call["name"] not in known:
            faults.append(f"There is no tool {call['name']!r}; there is {sorted(known)}")
            continue
        try:
            calls.append((call["name"], known[call["name"]].check(call["args"])))
        except InputError as error:
            faults.append(str(error))
    if faults:
        raise BadAnswerError(". ".join(faults))
    return tuple(calls)


_bindings: PerModel[dict[tuple[ToolLike, ...], Ask]] = PerModel(lambda _: {})


def _asking(model: BaseChatModel, tools: tuple[ToolLike, ...]) -> Ask:
    if not tools:
        return model.ainvoke
    kept = _bindings(model)
    if tools not in kept:
        if len(kept) >= _KEPT:
            kept.clear()
        kept[tools] = _bind(model, tools)
    return kept[tools]


def _bind(model: BaseChatModel, tools: tuple[ToolLike, ...]) -> Ask:
    try:
        bound: Any = model.bind_tools([tool.openai for tool in tools])
    except NotImplementedError as error:
        names = [tool.name for tool in tools]
        raise InputError(
            f"{model.get_name()} cannot call tools, but {names} are needed; take a model that can"
        ) from error
    if isinstance(bound, RunnableBinding) and bound.bound is model and not bound.config:
        return partial(model.ainvoke, **bound.kwargs)
    return bound.ainvoke  # type: ignore[no-any-return]
