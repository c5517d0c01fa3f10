"""What serves, in which versions, and what calls there are."""

from fastapi import APIRouter, Request, Response

from repertory.apps.protocol import schemas
from repertory.apps.protocol.answers import Answering, reply
from repertory.apps.protocol.operations import Serves, answers

router = APIRouter(route_class=Answering)


@router.get("/ap/versions", operation_id="getVersions", responses=answers(200, schemas.Versions))
async def get_versions() -> Response:
    """The versions of the protocol that are served."""
    return reply({"versions": [1, 2]})


@router.get("/ap/v2/agent/info", operation_id="getAgentInfo", responses=answers(200, schemas.AgentInfo))
@router.get("/ap/v2/info", include_in_schema=False)
async def get_info(service: Serves, request: Request) -> Response:
    """The agent that is served; `/ap/v2/info` says the same."""
    return reply(service.info(request.app.state.face.version))


@router.get("/openapi.json", include_in_schema=False)
async def get_document(request: Request) -> Response:
    """This document."""
    return reply({**request.app.openapi(), "servers": [{"url": request.scope.get("root_path") or "/"}]})
