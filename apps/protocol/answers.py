"""How calls are answered: as JSON, and every error as an object with `message` and `code`."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Router
from starlette.types import Receive, Scope, Send

from repertory.memory.errors import InputError, ResourceError
from repertory.memory.topics.errors import NotFoundError, RefusedError

_log = logging.getLogger(__name__)
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def reply(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON of what is JSON-like already."""
    return Response(orjson.dumps(content), status, headers, media_type="application/json")


class Answering(APIRoute):
    """A route that lets pass who may call, and answers errors by itself.

    The app that it is part of may be mounted in another one, or have routes of somebody else's beside it (as in
    `langgraph dev`): their callers and errors are not its business.
    """

    malformed = 400
    """The status for a body or a query parameter that is malformed."""

    def get_route_handler(self) -> Handler:
        """FastAPI's handler, with both around it."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                request.app.state.face.guard.check(request)
                _check_path(request)
                return await handle(request)
            except asyncio.CancelledError:  # by a server that stops, and that would log it as our failure
                return refused(request, ResourceError("the server stops; try again later"))
            except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer
                return refused(request, error, malformed=self.malformed)

        return answer

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse a verb that this path does not take."""
        answer = super().handle if scope["method"] in (self.methods or ()) else Nowhere()
        await answer(scope, receive, send)


class WrongVerbError(RefusedError):
    """The path exists, the verb does not."""

    status = 405

    def __init__(self, message: str, verbs: list[str]) -> None:
        super().__init__(message, "method_not_allowed")
        self.headers = {"Allow": ", ".join(verbs)}


class Nowhere:
    """Refuses what no route takes, to who may call at all."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As an ASGI app."""
        if scope["type"] != "http":
            await Router().not_found(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            request.app.state.face.guard.check(request)
            self._refuse(scope)
        except RefusedError as error:
            await refused(request, error)(scope, receive, send)

    def _refuse(self, scope: Scope) -> None:
        routes = [route for route in scope["app"].routes if isinstance(route, Answering)]
        verbs = sorted({verb for each in routes if each.matches(scope)[0] != Match.NONE for verb in each.methods or ()})
        path = scope["path"]
        if verbs:
            raise WrongVerbError(f"{path!r} takes {' and '.join(verbs)}, not {scope['method']}", verbs)
        raise NotFoundError(f"there is nothing at {path!r}; /openapi.json lists what there is", "no_path")


def refused(request: Request, error: Exception, *, malformed: int = 400) -> Response:
    """The answer to a call that failed with that error; logged where it is not the client's fault.

    Args:
        request: the call.
        error: why it failed.
        malformed: the status for a body or a query parameter that is malformed.
    """
    status, code = _status(error)
    message = str(error)
    if code == "internal":
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        message = "the server failed; its log says why"
    elif code == "unavailable":
        _log.warning("%s %s: %s", request.method, request.url.path, message)
    text = message.encode("utf-8", "replace").decode()  # what is quoted may be no text
    headers = getattr(error, "headers", {})
    return reply({"message": text, "code": code}, malformed if status == 400 else status, headers)


def _check_path(request: Request) -> None:
    if "\0" in request.scope["path"]:
        raise NotFoundError(f"there is nothing at {request.scope['path']!r}: ids have no NUL characters")


def _status(error: Exception) -> tuple[int, str]:
    match error:
        case RefusedError():
            return error.status, error.code
        case InputError():
            return 400, "bad_request"
        case ClientDisconnect():
            return 400, "disconnected"  # nobody reads it
        case ResourceError():
            return 503, "unavailable"
        case _:
            return 500, "internal"
