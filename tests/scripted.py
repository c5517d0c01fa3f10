"""A chat model whose answers are written down, and which fails loudly when they run out.

    model = ScriptedModel("hello", PlanDraft(steps=[...]), [("read_file", {"path": "a.txt"})], TimeoutError("late"))
    model = ScriptedModel(responder=lambda ask: "north" if "draft" in ask.text else PlanDraft(...))

An answer is the text of a reply, a pydantic draft (for structured output), a list of `(tool, arguments)` calls, an
`AIMessage` as it is (for faults), an exception to raise, or a function of the `Ask` that gives any of these. They are
given in order; use a responder where steps run in parallel, since then there is no fixed order. `model.asks` is what
the model was asked. `structured` chooses how `with_structured_output` works: by calling a tool, by JSON in the text, or
not at all (as with models that do not implement it).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, PrivateAttr


@dataclass(frozen=True)
class Ask:
    """What the model was asked in one call."""

    n: int
    """Which call this is, from 0."""
    messages: tuple[BaseMessage, ...]
    tools: tuple[str, ...]
    """Names of the tools offered; the schema of a structured answer is none of them."""
    schema: str | None
    """Name of the schema that a structured answer must have; None for a plain reply."""

    @property
    def text(self) -> str:
        """All messages' texts, joined: for matching."""
        return "\n".join(str(message.text) for message in self.messages)


Answer = str | BaseModel | Sequence[tuple[str, dict[str, Any]]] | AIMessage | BaseException | Callable[[Ask], Any]


class ScriptedModel(BaseChatModel):
    """See the module's docstring."""

    temperature: float | None = None
    structured: Literal["tool", "json", "none"] = "tool"
    usage: bool = True
    """Whether answers carry usage metadata (10 tokens in, 5 out)."""
    _answers: list[Answer] = PrivateAttr(default_factory=list)
    _responder: Callable[[Ask], Answer] | None = PrivateAttr(default=None)
    _asks: list[Ask] = PrivateAttr(default_factory=list)
    _lock: Any = PrivateAttr(default_factory=Lock)

    def __init__(self, *answers: Answer, responder: Callable[[Ask], Answer] | None = None, **fields: Any) -> None:
        super().__init__(**fields)
        self._answers = list(answers)
        self._responder = responder

    @property
    def asks(self) -> list[Ask]:
        """What was asked so far, in order."""
        return self._asks

    @property
    def left(self) -> int:
        """How many answers are not used yet; a test may end with `assert model.left == 0`."""
        return max(0, len(self._answers) - len(self._asks))

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: str | None = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools, as every chat model does."""
        if self.structured == "none" and "ls_structured_output_format" in kwargs:
            raise NotImplementedError
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], tool_choice=tool_choice, **kwargs)

    def with_structured_output(self, schema: Any, *, include_raw: bool = False, **kwargs: Any) -> Runnable[Any, Any]:
        """Structured output by the route that `structured` names."""
        if self.structured == "none":
            raise NotImplementedError("this model has no structured output")
        if self.structured == "tool":
            return super().with_structured_output(schema, include_raw=include_raw, **kwargs)

        def parse(raw: AIMessage) -> Any:
            try:
                parsed, error = schema.model_validate_json(str(raw.text)), None
            except ValueError as caught:
                parsed, error = None, caught
            if include_raw:
                return {"raw": raw, "parsed": parsed, "parsing_error": error}
            return parsed

        return self.bind(json_schema=schema.__name__) | RunnableLambda(parse)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _result(self._answer(messages, kwargs))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _result(self._answer(messages, kwargs))

    def _answer(self, messages: list[BaseMessage], kwargs: dict[str, Any]) -> AIMessage:
        names = tuple(tool["function"]["name"] for tool in kwargs.get("tools") or ())
        forced = kwargs.get("tool_choice") in ("any", "required", True)
        schema = kwargs.get("json_schema") or (names[0] if forced and len(names) == 1 else None)
        with self._lock:
            ask = Ask(len(self._asks), tuple(messages), () if forced else names, schema)
            self._asks.append(ask)
        if self._responder is not None:
            answer: Answer = self._responder(ask)
        elif ask.n < len(self._answers):
            answer = self._answers[ask.n]
        else:
            raise AssertionError(f"the script has {len(self._answers)} answers and ran out; asked was:\n{ask.text}")
        while callable(answer):
            answer = answer(ask)
        message = self._message(answer, ask, as_json=bool(kwargs.get("json_schema")))
        if self.usage and message.usage_metadata is None:
            message.usage_metadata = UsageMetadata(input_tokens=10, output_tokens=5, total_tokens=15)
        return message

    def _message(self, answer: Answer, ask: Ask, *, as_json: bool) -> AIMessage:
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, AIMessage):
            return answer.model_copy(deep=True)
        if isinstance(answer, str):
            return AIMessage(answer)
        if isinstance(answer, BaseModel):
            if ask.schema is None and self.structured != "none":
                raise AssertionError(f"{answer!r} is scripted, but a plain reply was asked:\n{ask.text}")
            if ask.schema not in (None, type(answer).model_json_schema()["title"]):
                raise AssertionError(f"{type(answer).__name__} is scripted, but {ask.schema} was asked:\n{ask.text}")
            if as_json or ask.schema is None:
                return AIMessage(answer.model_dump_json())
            return _calls(ask.n, [(ask.schema, answer.model_dump(mode="json"))])
        return _calls(ask.n, answer)  # type: ignore[arg-type]  # mypy does not know that callables are used up

    @property
    def _llm_type(self) -> str:
        return "scripted"


def _calls(n: int, calls: Sequence[tuple[str, dict[str, Any]]]) -> AIMessage:
    return AIMessage(
        "", tool_calls=[{"name": name, "args": args, "id": f"call_{n}_{i}"} for i, (name, args) in enumerate(calls)]
    )


def _result(message: AIMessage) -> ChatResult:
    return ChatResult(generations=[ChatGeneration(message=message)])
