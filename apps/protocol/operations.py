"""What the routes of both versions share: what they are given, and what the OpenAPI document says of them."""

from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel

from repertory.apps.protocol.reading import MAX_NUMBER, page_of
from repertory.apps.protocol.requests import Page
from repertory.apps.protocol.schemas import Error
from repertory.apps.protocol.service import Service

_WORDS = {
    400: "The body or a query parameter is malformed",
    401: "The server has a token, and none or a wrong one was given",
    403: "This party may not do that",
    404: "There is no such entity under this parent",
    409: "The state of the entity forbids it",
    413: "More bytes than the server takes",
    416: "The file has no such range",
    422: "Well-formed, but it cannot be processed",
    500: "The server failed; its log says why",
    503: "Something that the server needs is missing or busy",
}
_ANYWHERE = (401, 403, 500, 503)


async def _service(request: Request) -> Service:
    service: Service = await request.app.state.face.opening.service()
    return service


async def _page(request: Request) -> Page:
    return page_of(request)


Serves = Annotated[Service, Depends(_service)]
"""The service, opened."""
Paged = Annotated[Page, Depends(_page)]
"""Which part of a list is asked for."""


def answers(success: int, model: type[BaseModel] | None, *refusals: int) -> dict[int | str, dict[str, Any]]:
    """All answers of an operation, for the document.

    Args:
        success: its status where all goes well.
        model: what is answered then; None where it is no JSON.
        refusals: the statuses of its errors, but for those of every operation.
    """
    errors: dict[int | str, dict[str, Any]] = {
        code: {"model": Error, "description": _WORDS[code]} for code in sorted({*refusals, *_ANYWHERE})
    }
    return {success: {"model": model, "description": "Done"} if model else {}, **errors}


def takes(model: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """The JSON body of an operation, for the document."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


def _parameter(name: str, default: int, description: str) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 1, "maximum": MAX_NUMBER, "default": default}
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


PAGED: dict[str, Any] = {
    "parameters": [
        _parameter("current_page", 1, "Which page; one past the end is empty."),
        _parameter("page_size", 10, "Items of a page; the server may give fewer, and says how many."),
    ]
}
"""The parameters of a list, for the document."""
