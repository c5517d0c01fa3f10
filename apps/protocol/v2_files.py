"""Version 2 of the Agent Protocol: the files of topics and of their tasks."""

from typing import Any

from fastapi import APIRouter, Request, Response

from repertory.apps.protocol import schemas
from repertory.apps.protocol.answers import Answering, reply
from repertory.apps.protocol.downloads import download
from repertory.apps.protocol.operations import PAGED, Paged, Serves, answers
from repertory.apps.protocol.service import Service
from repertory.apps.protocol.uploads import REQUEST_BODY, read_upload
from repertory.apps.protocol.v2 import TASK, TOPIC

UPLOAD: dict[str, Any] = {"requestBody": REQUEST_BODY}
_BYTES = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
DOWNLOAD: dict[int | str, dict[str, Any]] = {
    **answers(200, None, 404, 416),
    200: {"description": "The file", **_BYTES},
    206: {"description": "The range that the header Range asks for", **_BYTES},
    304: {"description": "The client has it already"},
}
"""All answers of a download, for the document."""

router = APIRouter(route_class=Answering)


@router.post(
    f"{TASK}/artifacts",
    operation_id="uploadTopicTaskArtifact",
    status_code=201,
    responses=answers(201, schemas.Artifact, 400, 404, 413, 422),
    openapi_extra=UPLOAD,
)
async def upload_to_task(service: Serves, request: Request, topic_id: str, task_id: str) -> Response:
    """Add a file to a task."""
    return reply(await uploaded(service, request, topic_id, task_id), 201)


@router.get(
    f"{TASK}/artifacts",
    operation_id="listTopicTaskArtifacts",
    responses=answers(200, schemas.ArtifactList, 400, 404),
    openapi_extra=PAGED,
)
async def list_artifacts_of_task(service: Serves, page: Paged, topic_id: str, task_id: str) -> Response:
    """The files of a task, the oldest first."""
    return reply(await service.list_artifacts(topic_id, task_id, page))


@router.head(f"{TASK}/artifacts/{{artifact_id}}", include_in_schema=False)
@router.get(
    f"{TASK}/artifacts/{{artifact_id}}",
    operation_id="downloadTopicTaskArtifact",
    response_class=Response,
    responses=DOWNLOAD,
)
async def download_of_task(
    service: Serves, request: Request, topic_id: str, task_id: str, artifact_id: str
) -> Response:
    """The bytes of a task's file."""
    return await download(request, await service.find_artifact(topic_id, task_id, artifact_id), service.files)


@router.post(
    f"{TOPIC}/artifacts",
    operation_id="uploadTopicArtifact",
    status_code=201,
    responses=answers(201, schemas.Artifact, 400, 404, 413, 422),
    openapi_extra=UPLOAD,
)
async def upload_to_topic(service: Serves, request: Request, topic_id: str) -> Response:
    """Add a file to a topic."""
    return reply(await uploaded(service, request, topic_id, None), 201)


@router.get(
    f"{TOPIC}/artifacts",
    operation_id="listTopicArtifacts",
    responses=answers(200, schemas.ArtifactList, 400, 404),
    openapi_extra=PAGED,
)
async def list_artifacts_of_topic(service: Serves, page: Paged, topic_id: str) -> Response:
    """The files of a topic and of all its tasks, the oldest first."""
    return reply(await service.list_artifacts(topic_id, None, page))


@router.head(f"{TOPIC}/artifacts/{{artifact_id}}", include_in_schema=False)
@router.get(
    f"{TOPIC}/artifacts/{{artifact_id}}",
    operation_id="downloadTopicArtifact",
    response_class=Response,
    responses=DOWNLOAD,
)
async def download_of_topic(service: Serves, request: Request, topic_id: str, artifact_id: str) -> Response:
    """The bytes of a file of a topic, or of one of its tasks."""
    return await download(request, await service.find_artifact(topic_id, None, artifact_id), service.files)


async def uploaded(service: Service, request: Request, topic_id: str | None, task_id: str | None) -> Any:
    """Take a file, if there is a place for it."""
    await service.check_place(topic_id, task_id)
    return await service.upload(topic_id, task_id, await read_upload(request, service.files))
