"""One model call that must bring a usable answer: a faulty one goes back to the model with the reason."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from pydantic import BaseModel

from repertory.memory.records import JsonObject, Usage

D = TypeVar("D", bound=BaseModel)
R = TypeVar("R")


class Budget(Protocol):
    """What a run may spend."""

    def call(self) -> AbstractAsyncContextManager[None]:
        """Hold a slot for one call; LimitError where a limit of the run is reached."""

    def spend(self, usage: Usage) -> None:
        """Count one attempt."""


class ToolLike(Protocol):
    """A tool, as far as a model call looks at it."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def openai(self) -> JsonObject: ...  # noqa: D102
    def check(self, arguments: JsonObject) -> JsonObject: ...  # noqa: D102


@dataclass(frozen=True)
class Response:
    """What a model answered: words, calls, or both."""

    text: str
    calls: tuple[tuple[str, JsonObject], ...]
    """Names and checked arguments."""
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
    """Ask for a reply in words or tool calls."""
    raise NotImplementedError


async def structured(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    schema: type[D],
    check: Callable[[D], R],
    *,
    budget: Budget,
    attempts: int = 3,
) -> tuple[R, Usage]:
    """Ask for an answer of a schema."""
    raise NotImplementedError
