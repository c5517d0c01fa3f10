"""What a call says: its body and its page, taken as they are or refused, never guessed."""

import asyncio
import math
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.requests import ClientDisconnect, Request

from repertory.apps.protocol.requests import Page
from repertory.memory.records import describe
from repertory.memory.topics.errors import RefusedError, TooLargeError

MAX_BODY = 10_000_000
"""Bytes of a JSON body."""
MAX_NUMBER = 2**63 - 1
"""The greatest page number: the greatest integer that is kept as it is."""
PATIENCE = 60.0
"""Seconds in which a client has to send the next bytes."""

_LONG_NUMBER = re.compile(rb"[0-9.]{19}|[eE]\+?[0-9]{3}")
"""JSON without any of these has no number that cannot be kept."""
Model = TypeVar("Model", bound=BaseModel)


async def read(request: Request, model: type[Model], *, optional: bool = False) -> Model:
    """The body of a call; its Content-Type does not matter.

    Args:
        request: the call.
        model: what the body must be.
        optional: an empty body stands for `{}`.

    Raises:
        RefusedError: it is not JSON, not an object, or does not fit the model.
        TooLargeError: it is larger than `MAX_BODY`.
    """
    return parse(await read_object(request, optional=optional), model)


async def read_object(request: Request, *, optional: bool = False) -> dict[str, Any]:
    """The body as an object.

    Raises:
        RefusedError: it is none, or has what cannot be kept as it is: integers of more than 64 bits, numbers beyond
            a double, more than 200 levels.
        TooLargeError: it is larger than `MAX_BODY`.
    """
    raw = await _body(request)
    if optional and not raw.strip():
        return {}
    try:
        data = from_json(raw, allow_inf_nan=False)
    except ValueError as error:  # of invalid UTF-8, lone surrogates, NaN and too many levels, too
        raise RefusedError(f"the body is no JSON: {error}; send a JSON object in UTF-8", "invalid_json") from error
    if not isinstance(data, dict):
        raise RefusedError(f"the body is {_kind(data)}; send a JSON object", "invalid_body")
    if _LONG_NUMBER.search(raw):
        _check_numbers(data)
    return data


def parse(data: dict[str, Any], model: type[Model]) -> Model:
    """An object as a model.

    Raises:
        RefusedError: it does not fit.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise RefusedError(f"the body does not fit: {describe(error)}", "invalid_body") from error


async def arriving(request: Request, patience: float = PATIENCE) -> AsyncGenerator[bytes, None]:
    """The body of a call as it comes.

    Args:
        request: the call; nobody has read its body yet.
        patience: seconds to wait for the next bytes.

    Raises:
        RefusedError: the client sends no more, or has gone.
    """
    async with aclosing(request.stream()) as stream:
        while True:
            try:
                async with asyncio.timeout(patience):
                    chunk = await anext(stream, None)
            except TimeoutError:
                raise RefusedError(f"nothing came for {patience:g} s: send it again, without a pause") from None
            except ClientDisconnect:
                raise RefusedError("the connection was closed before the body was whole: send it again") from None
            if chunk is None:
                return
            yield chunk


def page_of(request: Request) -> Page:
    """Which part of a list is asked for.

    Raises:
        RefusedError: a number is none, below 1, beyond `MAX_NUMBER`, or given twice.
    """
    return Page(current_page=_number(request, "current_page", 1), page_size=_number(request, "page_size", 10))


def _number(request: Request, name: str, default: int) -> int:
    values = request.query_params.getlist(name)
    if not values:
        return default
    if len(values) > 1:
        raise RefusedError(f"{name} is given {len(values)} times; give it once", "invalid_query")
    if not re.fullmatch("[0-9]{1,19}", values[0]) or not 1 <= int(values[0]) <= MAX_NUMBER:
        raise RefusedError(f"{name} is {values[0]!r}; give an integer from 1 to {MAX_NUMBER}", "invalid_query")
    return int(values[0])


async def _body(request: Request) -> bytes:
    chunks, size = [], 0
    async with aclosing(arriving(request)) as arrived:
        async for chunk in arrived:
            size += len(chunk)
            if size > MAX_BODY:
                raise TooLargeError(f"the body has more than {MAX_BODY} bytes; send large content as an artifact")
            chunks.append(chunk)
    return b"".join(chunks)


def _check_numbers(value: Any) -> None:
    match value:
        case int() if not -(2**63) <= value < 2**63:
            raise RefusedError("the body has an integer of more than 64 bits; send it as text", "invalid_body")
        case float() if not math.isfinite(value):
            raise RefusedError("the body has a number that is too large; send it as text", "invalid_body")
        case dict():
            for item in value.values():
                _check_numbers(item)
        case list():
            for item in value:
                _check_numbers(item)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    return {list: "a list", str: "a text", bool: "a boolean"}.get(type(value), "a number")
