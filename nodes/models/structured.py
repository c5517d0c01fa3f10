"""Answers of a schema, by the best way that the server has: strict JSON schema, a function call, JSON as text."""

import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage
from langchain_core.utils.function_calling import convert_to_openai_function
from pydantic import BaseModel, ValidationError

from repertory.memory.records import JsonObject, Usage, describe
from repertory.nodes.models.attempts import Ask, Budget, attempt
from repertory.nodes.models.corrections import BadAnswerError, check_whole
from repertory.nodes.models.errors import said, status_of
from repertory.nodes.models.per_model import PerModel
from repertory.nodes.models.temperature import refused, speaks_openai, suited
from repertory.nodes.prompts import fill

D = TypeVar("D", bound=BaseModel)
R = TypeVar("R")
Way = Callable[[BaseChatModel, type[BaseModel]], Ask]

_BLAMED = re.compile(r"response_format|json_schema|schema|structured|tool|function", re.IGNORECASE)
"""What a server names when it rejects a way of structured output."""
_THOUGHTS = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL)


async def structured(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    schema: type[D],
    check: Callable[[D], R],
    *,
    budget: Budget,
    attempts: int = 3,
) -> tuple[R, Usage]:
    """Ask a model for an answer of a schema.

    Args:
        model: any chat model.
        messages: what is asked; not changed.
        schema: every field required and nothing else allowed, as strict servers demand (`Draft`).
        check: makes of the answer what the caller wants; raises InputError with the reason where the answer fits the
            schema and is bad nevertheless. The reason goes back to the model like any other fault.
        budget: slots, and the count of every attempt.
        attempts: how many answers the model may give.

    Returns:
        What `check` gave, and the usage of all attempts.

    Raises:
        ModelError: the last answer was faulty, too, or the server rejects what was asked.
        ResourceError: the server cannot be reached, fails, or refuses the key or the model.
        LimitError: the budget is used up.
    """
    asking = _Asking(model, schema)

    def read(answer: AIMessage) -> R:
        check_whole(answer)
        return check(asking.read(answer))

    return await attempt(asking.ask, messages, read, budget=budget, attempts=attempts)


class _Kept:
    """What is known of a model: which way works, and the calls prepared for each way and schema."""

    def __init__(self) -> None:
        self.way = 0
        self.asks: dict[tuple[Way, type[BaseModel]], Ask] = {}


_kept: PerModel[_Kept] = PerModel(lambda _: _Kept())


class _Asking:
    """One question: takes the next way where the server refuses one, or answers as if it had not seen the schema."""

    def __init__(self, model: BaseChatModel, schema: type[BaseModel]) -> None:
        self._model, self._schema = suited(model), schema
        self._ways = _OPENAI_WAYS if _posts_completions(model) else _OTHER_WAYS
        self._kept = _kept(self._model)
        self._way = self._kept.way
        self._misses = 0

    async def ask(self, history: list[BaseMessage]) -> AIMessage:
        while True:
            try:
                return await self._prepared()(history)
            except Exception as error:
                if refused(self._model, error):
                    self._model = suited(self._model)
                    self._kept = _kept(self._model)
                    continue
                is_blamed = status_of(error) in (400, 422) and _BLAMED.search(said(error))
                if not (is_blamed or isinstance(error, NotImplementedError)) or not self._take_next():
                    raise

    def read(self, answer: AIMessage) -> Any:
        try:
            draft = _parse(answer, self._schema)
        except BadAnswerError:
            self._misses += not answer.tool_calls
            if self._misses == 2 or _is_prose(answer):  # a server that honours the schema does neither
                self._take_next()
            raise
        self._kept.way = self._way
        return draft

    def _take_next(self) -> bool:
        if self._way + 1 == len(self._ways):
            return False
        self._way, self._misses = self._way + 1, 0
        return True

    def _prepared(self) -> Ask:
        way = self._ways[self._way]
        key = (way, self._schema)
        if key not in self._kept.asks:
            self._kept.asks[key] = way(self._model, self._schema)
        return self._kept.asks[key]


def _by_schema(model: Any, schema: type[BaseModel]) -> Ask:
    """Strict JSON schema. In the request's extra part, so that langchain streams the answer as it comes."""
    function = _function(schema)
    form = {"name": function["name"], "schema": function["parameters"], "strict": True}
    body = {**(model.extra_body or {}), "response_format": {"type": "json_schema", "json_schema": form}}

    async def ask(history: list[BaseMessage]) -> AIMessage:
        answer: AIMessage = await model.ainvoke(history, extra_body=body)
        return answer

    return ask


def _by_function(model: BaseChatModel, schema: type[BaseModel]) -> Ask:
    """A call of a function that takes the answer. Not strict: servers that know strict know JSON schema, too."""
    function = {name: value for name, value in _function(schema).items() if name != "strict"}
    tools = [{"type": "function", "function": function}]
    choice = {"type": "function", "function": {"name": function["name"]}}

    async def ask(history: list[BaseMessage]) -> AIMessage:
        return await model.ainvoke(history, tools=tools, tool_choice=choice)

    return ask


def _by_text(model: BaseChatModel, schema: type[BaseModel]) -> Ask:
    """The schema in words, at the end of the system message: it is stable, and caches hit."""
    told = fill("json_answer", schema=json.dumps(_function(schema)["parameters"]))

    async def ask(history: list[BaseMessage]) -> AIMessage:
        first, rest = history[0], history[1:]
        if not isinstance(first, SystemMessage):
            first, rest = SystemMessage(""), history
        return await model.ainvoke([SystemMessage(f"{first.text}\n\n{told}".strip()), *rest])

    return ask


def _by_model(model: BaseChatModel, schema: type[BaseModel]) -> Ask:
    """The model's own way, whatever it is."""
    chain = model.with_structured_output(schema, include_raw=True)

    async def ask(history: list[BaseMessage]) -> AIMessage:
        answered: Any = await chain.ainvoke(history)
        raw: AIMessage = answered["raw"]
        if answered["parsed"] is not None:
            raw.additional_kwargs["parsed"] = answered["parsed"]
        return raw

    return ask


_OPENAI_WAYS: tuple[Way, ...] = (_by_schema, _by_function, _by_text)
_OTHER_WAYS: tuple[Way, ...] = (_by_model, _by_text)


def _posts_completions(model: BaseChatModel) -> bool:
    """Whether the model posts chat completions, rather than to the Responses API."""
    return speaks_openai(model) and not getattr(model, "use_responses_api", None)


@cache
def _function(schema: type[BaseModel]) -> JsonObject:
    return convert_to_openai_function(schema, strict=True)


def _parse(answer: AIMessage, schema: type[D]) -> D:
    parsed = answer.additional_kwargs.get("parsed")
    if isinstance(parsed, schema):
        return parsed
    try:
        if answer.tool_calls:
            return schema.model_validate(answer.tool_calls[0]["args"])
        text = _json_in(str(answer.text))
        if not text:
            raise BadAnswerError("It was empty")
        return schema.model_validate_json(text)
    except ValidationError as error:
        raise BadAnswerError(f"It is no {schema.__name__}: {describe(error)}") from error


def _json_in(text: str) -> str:
    """The JSON in an answer: without the thoughts before it, the fence or the words around it."""
    text = _THOUGHTS.sub("", text).strip()
    if text.startswith("{"):
        return text
    if fenced := _FENCED.search(text):
        return fenced[1].strip()
    begin, end = text.find("{"), text.rfind("}")
    return text[begin : end + 1] if 0 <= begin < end else text


def _is_prose(answer: AIMessage) -> bool:
    text = str(answer.text)
    return bool(text.strip()) and "{" not in text and not answer.tool_calls and not answer.invalid_tool_calls
