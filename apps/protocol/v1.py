"""Version 1 of the Agent Protocol: the same tasks, without topics, and with steps that never wait."""

from fastapi import APIRouter, Request, Response

from repertory.apps.protocol import schemas
from repertory.apps.protocol.answers import Answering, reply
from repertory.apps.protocol.downloads import download
from repertory.apps.protocol.operations import PAGED, Paged, Serves, answers, takes
from repertory.apps.protocol.reading import read
from repertory.apps.protocol.requests import AgentTaskRequest, StepRequest
from repertory.apps.protocol.v1_shapes import artifact_of, page_of, step_of, task_of, task_request
from repertory.apps.protocol.v2_files import DOWNLOAD, UPLOAD, uploaded

TASKS = "/ap/v1/agent/tasks"
TASK = f"{TASKS}/{{task_id}}"
STEP = f"{TASK}/steps/{{step_id}}"


class _Answering(Answering):
    malformed = 422


router = APIRouter(route_class=_Answering)


@router.post(
    TASKS,
    operation_id="createAgentTask",
    responses=answers(200, schemas.AgentTask, 413, 422),
    openapi_extra=takes(AgentTaskRequest, required=False),
)
async def create_task(service: Serves, request: Request) -> Response:
    """Make a task, which shares its memory with no other."""
    asked = await read(request, AgentTaskRequest, optional=True)
    return reply(task_of(await service.create_task_alone(task_request(asked))))


@router.get(
    TASKS, operation_id="listAgentTasks", responses=answers(200, schemas.AgentTaskList, 422), openapi_extra=PAGED
)
async def list_tasks(service: Serves, page: Paged) -> Response:
    """All tasks, those of topics too, the oldest first."""
    return reply(page_of("tasks", task_of, await service.list_tasks(None, page)))


@router.get(TASK, operation_id="getAgentTask", responses=answers(200, schemas.AgentTask, 404))
async def get_task(service: Serves, task_id: str) -> Response:
    """A task."""
    return reply(task_of(await service.get_task(None, task_id)))


@router.post(
    f"{TASK}/steps",
    operation_id="executeAgentTaskStep",
    responses=answers(200, schemas.AgentStep, 404, 413, 422),
    openapi_extra=takes(StepRequest, required=False),
)
async def execute_step(service: Serves, request: Request, task_id: str) -> Response:
    """Execute the next step, or reply to the one that asks something; of an ended task, the last step again."""
    return reply(step_of(await service.step_again(task_id, await read(request, StepRequest, optional=True))))


@router.get(
    f"{TASK}/steps",
    operation_id="listAgentTaskSteps",
    responses=answers(200, schemas.AgentStepList, 404, 422),
    openapi_extra=PAGED,
)
async def list_steps(service: Serves, page: Paged, task_id: str) -> Response:
    """The steps of a task, the oldest first."""
    return reply(page_of("steps", step_of, await service.list_steps(None, task_id, page)))


@router.get(
    f"{TASK}/steps/{{step_id}}", operation_id="getAgentTaskStep", responses=answers(200, schemas.AgentStep, 404)
)
async def get_step(service: Serves, task_id: str, step_id: str) -> Response:
    """A step."""
    return reply(step_of(await service.get_step(None, task_id, step_id)))


@router.post(
    f"{TASK}/artifacts",
    operation_id="uploadAgentTaskArtifacts",
    responses=answers(200, schemas.AgentArtifact, 404, 413, 422),
    openapi_extra=UPLOAD,
)
async def upload(service: Serves, request: Request, task_id: str) -> Response:
    """Add a file to a task."""
    return reply(artifact_of(await uploaded(service, request, None, task_id)))


@router.get(
    f"{TASK}/artifacts",
    operation_id="listAgentTaskArtifacts",
    responses=answers(200, schemas.AgentArtifactList, 404, 422),
    openapi_extra=PAGED,
)
async def list_artifacts(service: Serves, page: Paged, task_id: str) -> Response:
    """The files of a task, the oldest first."""
    return reply(page_of("artifacts", artifact_of, await service.list_artifacts(None, task_id, page)))


@router.head(f"{TASK}/artifacts/{{artifact_id}}", include_in_schema=False)
@router.get(
    f"{TASK}/artifacts/{{artifact_id}}",
    operation_id="downloadAgentTaskArtifact",
    response_class=Response,
    responses=DOWNLOAD,
)
async def download_artifact(service: Serves, request: Request, task_id: str, artifact_id: str) -> Response:
    """The bytes of a task's file."""
    return await download(request, await service.find_artifact(None, task_id, artifact_id), service.files)
