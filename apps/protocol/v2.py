"""Version 2 of the Agent Protocol: topics, interactions, tasks, steps and actions. Files are in `v2_files`."""

from fastapi import APIRouter, Request, Response

from repertory.apps.protocol import schemas
from repertory.apps.protocol.answers import Answering, reply
from repertory.apps.protocol.operations import PAGED, Paged, Serves, answers, takes
from repertory.apps.protocol.reading import parse, read, read_object
from repertory.apps.protocol.requests import (
    DecisionRequest,
    InteractionRequest,
    ResultRequest,
    StepRequest,
    TaskChange,
    TaskRequest,
    TopicRequest,
)
from repertory.memory.topics.errors import UnprocessableError

TOPICS = "/ap/v2/topics"
TOPIC = f"{TOPICS}/{{topic_id}}"
TASK = f"{TOPIC}/tasks/{{task_id}}"
STEP = f"{TASK}/steps/{{step_id}}"
ACTION = f"{STEP}/actions/{{action_id}}"

_FIXED = frozenset(
    {"task_id", "topic_id", "interaction_id", "input", "additional_input", "status", "output", "artifacts"}
    | {"created_by", "metadata_provenance"}
)
"""Fields of a task that no PATCH may have."""

router = APIRouter(route_class=Answering)


@router.post(
    TOPICS,
    operation_id="createTopic",
    status_code=201,
    responses=answers(201, schemas.Topic, 400, 413),
    openapi_extra=takes(TopicRequest),
)
async def create_topic(service: Serves, request: Request) -> Response:
    """Make a topic."""
    return reply(await service.create_topic(await read(request, TopicRequest)), 201)


@router.get(TOPICS, operation_id="listTopics", responses=answers(200, schemas.TopicList, 400), openapi_extra=PAGED)
async def list_topics(service: Serves, page: Paged) -> Response:
    """All topics, the oldest first."""
    return reply(await service.list_topics(page))


@router.get(TOPIC, operation_id="getTopic", responses=answers(200, schemas.Topic, 404))
async def get_topic(service: Serves, topic_id: str) -> Response:
    """A topic."""
    return reply(await service.get_topic(topic_id))


@router.post(
    f"{TOPIC}/interactions",
    operation_id="createInteraction",
    status_code=201,
    responses=answers(201, schemas.Interaction, 400, 404, 413),
    openapi_extra=takes(InteractionRequest),
)
async def create_interaction(service: Serves, request: Request, topic_id: str) -> Response:
    """Say something in a topic; a task may come of it."""
    return reply(await service.create_interaction(topic_id, await read(request, InteractionRequest)), 201)


@router.get(
    f"{TOPIC}/interactions",
    operation_id="listTopicInteractions",
    responses=answers(200, schemas.InteractionList, 400, 404),
    openapi_extra=PAGED,
)
async def list_interactions(service: Serves, page: Paged, topic_id: str) -> Response:
    """The interactions of a topic, the oldest first."""
    return reply(await service.list_interactions(topic_id, page))


@router.get(
    f"{TOPIC}/interactions/{{interaction_id}}",
    operation_id="getTopicInteraction",
    responses=answers(200, schemas.Interaction, 404),
)
async def get_interaction(service: Serves, topic_id: str, interaction_id: str) -> Response:
    """An interaction."""
    return reply(await service.get_interaction(topic_id, interaction_id))


@router.post(
    f"{TOPIC}/tasks",
    operation_id="createTopicTask",
    status_code=201,
    responses=answers(201, schemas.Task, 400, 403, 404, 413, 422),
    openapi_extra=takes(TaskRequest),
)
async def create_task(service: Serves, request: Request, topic_id: str) -> Response:
    """Make a task in a topic."""
    return reply(await service.create_task(topic_id, await read(request, TaskRequest)), 201)


@router.get(
    f"{TOPIC}/tasks",
    operation_id="listTopicTasks",
    responses=answers(200, schemas.TaskList, 400, 404),
    openapi_extra=PAGED,
)
async def list_tasks(service: Serves, page: Paged, topic_id: str) -> Response:
    """The tasks of a topic, the oldest first."""
    return reply(await service.list_tasks(topic_id, page))


@router.get(TASK, operation_id="getTopicTask", responses=answers(200, schemas.Task, 404))
async def get_task(service: Serves, topic_id: str, task_id: str) -> Response:
    """A task."""
    return reply(await service.get_task(topic_id, task_id))


@router.patch(
    TASK,
    operation_id="updateTopicTask",
    responses=answers(200, schemas.Task, 400, 403, 404, 409, 413, 422),
    openapi_extra=takes(TaskChange),
)
async def change_task(service: Serves, request: Request, topic_id: str, task_id: str) -> Response:
    """Change a task's metadata, or who permits what it does."""
    data = await read_object(request)
    change = parse(data, TaskChange)
    if fixed := sorted(_FIXED & data.keys()):
        raise UnprocessableError(f"{', '.join(fixed)} of a task cannot be changed; leave it out", "read_only")
    return reply(await service.change_task(topic_id, task_id, change))


@router.post(f"{TASK}/cancel", operation_id="cancelTopicTask", responses=answers(200, schemas.Task, 404, 409))
async def cancel_task(service: Serves, topic_id: str, task_id: str) -> Response:
    """Call a task off, with its open step and actions."""
    return reply(await service.cancel_task(topic_id, task_id))


@router.post(
    f"{TASK}/steps",
    operation_id="executeTopicTaskStep",
    status_code=201,
    responses=answers(201, schemas.Step, 400, 404, 409, 413),
    openapi_extra=takes(StepRequest, required=False),
)
async def execute_step(service: Serves, request: Request, topic_id: str, task_id: str) -> Response:
    """Execute the next step; one that takes long is answered while it runs."""
    return reply(await service.execute_step(topic_id, task_id, await read(request, StepRequest, optional=True)), 201)


@router.get(
    f"{TASK}/steps",
    operation_id="listTopicTaskSteps",
    responses=answers(200, schemas.StepList, 400, 404),
    openapi_extra=PAGED,
)
async def list_steps(service: Serves, page: Paged, topic_id: str, task_id: str) -> Response:
    """The steps of a task, the oldest first."""
    return reply(await service.list_steps(topic_id, task_id, page))


@router.get(STEP, operation_id="getTopicTaskStep", responses=answers(200, schemas.Step, 404))
async def get_step(service: Serves, topic_id: str, task_id: str, step_id: str) -> Response:
    """A step."""
    return reply(await service.get_step(topic_id, task_id, step_id))


@router.get(
    f"{STEP}/actions",
    operation_id="listStepActions",
    responses=answers(200, schemas.ActionList, 400, 404),
    openapi_extra=PAGED,
)
async def list_actions(service: Serves, page: Paged, topic_id: str, task_id: str, step_id: str) -> Response:
    """The actions of a step, in the order proposed."""
    return reply(await service.list_actions(topic_id, task_id, step_id, page))


@router.get(ACTION, operation_id="getStepAction", responses=answers(200, schemas.Action, 404))
async def get_action(service: Serves, topic_id: str, task_id: str, step_id: str, action_id: str) -> Response:
    """An action."""
    return reply(await service.get_action(topic_id, task_id, step_id, action_id))


@router.post(
    f"{ACTION}/decision",
    operation_id="decideStepAction",
    responses=answers(200, schemas.Action, 400, 403, 404, 409, 413, 422),
    openapi_extra=takes(DecisionRequest),
)
async def decide(
    service: Serves, request: Request, topic_id: str, task_id: str, step_id: str, action_id: str
) -> Response:
    """Give the user's word on an action."""
    decision = await read(request, DecisionRequest)
    return reply(await service.decide(topic_id, task_id, step_id, action_id, decision))


@router.post(
    f"{ACTION}/result",
    operation_id="reportStepActionResult",
    responses=answers(200, schemas.Action, 400, 403, 404, 409, 413),
    openapi_extra=takes(ResultRequest),
)
async def report(
    service: Serves, request: Request, topic_id: str, task_id: str, step_id: str, action_id: str
) -> Response:
    """Say what came of an action that the client or the user performed."""
    result = await read(request, ResultRequest)
    return reply(await service.report(topic_id, task_id, step_id, action_id, result))
