"""An extension of the protocol: what happens in a topic, or in a task, told as it happens."""

from typing import Any

from fastapi import APIRouter, Request, Response

from repertory.apps.protocol.answers import Answering
from repertory.apps.protocol.operations import Serves, answers
from repertory.apps.protocol.service import Service
from repertory.apps.protocol.sse import sse_response
from repertory.apps.protocol.v2 import TASK, TOPIC

_EVENTS = """\
Server-sent events, without end. An event has the name of what changed (`topic`, `interaction`, `task`, `step`,
`action`, `artifact`), and as data its new `status` and the entity itself, under that name, as it is when it is sent:
who is late reads of each change, beside what has become of it since. In between come events that are not kept, such as
`token`. Each has an id."""
_STREAM: dict[int | str, dict[str, Any]] = {
    **answers(200, None, 400, 404),
    200: {"description": _EVENTS, "content": {"text/event-stream": {"schema": {"type": "string"}}}},
}
_RESUMED: dict[str, Any] = {
    "parameters": [
        {
            "name": "Last-Event-ID",
            "in": "header",
            "required": False,
            "description": "Id of the last event that is known: what came after it is told. Without it, everything is.",
            "schema": {"type": "string"},
        }
    ]
}

router = APIRouter(route_class=Answering)


@router.get(
    f"{TOPIC}/events",
    operation_id="streamTopicEvents",
    response_class=Response,
    responses=_STREAM,
    openapi_extra=_RESUMED,
)
async def stream_topic(service: Serves, request: Request, topic_id: str) -> Response:
    """What happens in a topic."""
    return await _stream(service, request, topic_id, None)


@router.get(
    f"{TASK}/events",
    operation_id="streamTaskEvents",
    response_class=Response,
    responses=_STREAM,
    openapi_extra=_RESUMED,
)
async def stream_task(service: Serves, request: Request, topic_id: str, task_id: str) -> Response:
    """What happens in a task."""
    return await _stream(service, request, topic_id, task_id)


async def _stream(service: Service, request: Request, topic_id: str, task_id: str | None) -> Response:
    return sse_response(await service.events(topic_id, task_id, request.headers.get("last-event-id")))
