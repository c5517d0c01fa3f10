"""How calls are answered: as JSON, and every error as an object with `message` and `code`."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match
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
        """Answer, or refuse a verb that no route of this path takes."""
        if scope["method"] in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        routes = [route for route in scope["app"].routes if isinstance(route, Answering)]
        verbs = {verb for route in routes if route.matches(scope)[0] is not Match.NONE for verb in route.methods or ()}
        await refuse(WrongVerbError(scope, sorted(verbs)), scope, receive, send)


class WrongVerbError(RefusedError):
    """The path exists, the verb does not."""

    status = 405

    def __init__(self, scope: Scope, verbs: list[str]) -> None:
        self.headers = {"Allow": ", ".join(verbs)}
        super().__init__(f"{scope['path']!r} takes {' and '.join(verbs)}, not {scope['method']}", "method_not_allowed")


async def refuse(error: RefusedError, scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a call that no route takes, to who may call at all."""
    request = Request(scope, receive)
    try:
        request.app.state.face.guard.check(request)
    except RefusedError as foreign:
        error = foreign
    await refused(request, error)(scope, receive, send)


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
