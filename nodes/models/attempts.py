"""Asking a model until its answer is usable: the loop behind every model call."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from langchain_core.messages import AIMessage, BaseMessage

from repertory.memory.errors import InputError, ModelError
from repertory.memory.portable import portable
from repertory.memory.records import Usage
from repertory.nodes.models.corrections import correction
from repertory.nodes.models.errors import LostAnswerError, explain, status_of

R = TypeVar("R")
Ask = Callable[[list[BaseMessage]], Awaitable[AIMessage]]


class Budget(Protocol):
    """What a run may spend."""

    def call(self) -> AbstractAsyncContextManager[None]:
        """Hold a slot for one call; LimitError where a limit of the run is reached."""

    def spend(self, usage: Usage) -> None:
        """Count one attempt."""


async def attempt(
    ask: Ask, messages: Sequence[BaseMessage], read: Callable[[AIMessage], R], *, budget: Budget, attempts: int
) -> tuple[R, Usage]:
    """Ask until `read` accepts the answer; a faulty one goes back to the model with the reason.

    Args:
        ask: one model call.
        messages: what is asked; not changed.
        read: takes what is wanted from an answer, and raises InputError with the reason where it cannot.
        budget: every attempt holds a slot, and is counted, failed ones too.
        attempts: how many answers the model may give.

    Returns:
        What `read` gave, and the usage of all attempts.

    Raises:
        ModelError: the last answer was faulty, too, or the server rejects what was asked.
        ResourceError: the server cannot be reached, fails, or refuses the key or the model.
        LimitError: the budget is used up.
    """
    history, usage, reason = list(messages), Usage(), ""
    for _ in range(attempts):
        try:
            async with budget.call():
                answer, spent = await _call(ask, history, budget)
        except LostAnswerError as lost:
            usage, reason = usage + Usage(model_calls=1), str(lost)
            continue
        usage += spent
        try:
            return read(_portable(answer)), usage
        except InputError as fault:
            reason = str(fault)
            history += correction(answer, reason)
    raise ModelError(
        f"the model gave no usable answer in {attempts} attempts. The last one: {reason.rstrip('.')}. "
        "Say the task in other words, or take a more capable model"
    )


def _portable(answer: AIMessage) -> AIMessage:
    """The answer with words and arguments that can be kept."""
    kept = {"content": portable(answer.content), "tool_calls": portable(answer.tool_calls)}
    same = kept == {"content": answer.content, "tool_calls": answer.tool_calls}
    return answer if same else answer.model_copy(update=kept)


async def _call(ask: Ask, history: list[BaseMessage], budget: Budget) -> tuple[AIMessage, Usage]:
    try:
        answer = await ask(history)
    except BaseException as error:
        budget.spend(Usage(model_calls=1))
        told = explain(error) if isinstance(error, Exception) else None
        if told is None:
            raise
        raise told from (None if status_of(error) in (401, 403) else error)
    usage = usage_of(answer, history)
    budget.spend(usage)
    return answer, usage


def usage_of(answer: AIMessage, messages: Sequence[BaseMessage]) -> Usage:
    """What an answer cost. Where the server does not say, tokens are estimated: four characters each."""
    said = answer.usage_metadata
    if said is not None:
        return Usage(model_calls=1, input_tokens=said["input_tokens"], output_tokens=said["output_tokens"])
    asked = sum(len(message.text) for message in messages)
    calls = sum(len(str(call["args"])) for call in answer.tool_calls)
    return Usage(model_calls=1, input_tokens=asked // 4, output_tokens=(len(answer.text) + calls) // 4)
