"""The OpenAPI document: it has what the contract has, and the server does what it says."""

from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from repertory.apps.protocol.app import create_app
from tests.apps.protocol.serving import client_of, never

T = "/ap/v2/topics/{topic_id}"
K = f"{T}/tasks/{{task_id}}"
S = f"{K}/steps/{{step_id}}"
A = f"{S}/actions/{{action_id}}"
V1 = "/ap/v1/agent/tasks"
K1 = f"{V1}/{{task_id}}"
CONTRACT = {
    "createTopic": ("post", "/ap/v2/topics", {201, 400}),
    "listTopics": ("get", "/ap/v2/topics", {200, 400}),
    "getTopic": ("get", T, {200, 404}),
    "createInteraction": ("post", f"{T}/interactions", {201, 400, 404}),
    "listTopicInteractions": ("get", f"{T}/interactions", {200, 400, 404}),
    "getTopicInteraction": ("get", f"{T}/interactions/{{interaction_id}}", {200, 404}),
    "createTopicTask": ("post", f"{T}/tasks", {201, 400, 403, 404, 422}),
    "listTopicTasks": ("get", f"{T}/tasks", {200, 400, 404}),
    "getTopicTask": ("get", K, {200, 404}),
    "updateTopicTask": ("patch", K, {200, 400, 403, 404, 409, 422}),
    "cancelTopicTask": ("post", f"{K}/cancel", {200, 404, 409}),
    "executeTopicTaskStep": ("post", f"{K}/steps", {201, 400, 404, 409}),
    "listTopicTaskSteps": ("get", f"{K}/steps", {200, 400, 404}),
    "getTopicTaskStep": ("get", S, {200, 404}),
    "listStepActions": ("get", f"{S}/actions", {200, 400, 404}),
    "getStepAction": ("get", A, {200, 404}),
    "decideStepAction": ("post", f"{A}/decision", {200, 400, 403, 404, 409, 422}),
    "reportStepActionResult": ("post", f"{A}/result", {200, 400, 403, 404, 409}),
    "uploadTopicTaskArtifact": ("post", f"{K}/artifacts", {201, 400, 404, 413, 422}),
    "listTopicTaskArtifacts": ("get", f"{K}/artifacts", {200, 400, 404}),
    "downloadTopicTaskArtifact": ("get", f"{K}/artifacts/{{artifact_id}}", {200, 404}),
    "uploadTopicArtifact": ("post", f"{T}/artifacts", {201, 400, 404, 413, 422}),
    "listTopicArtifacts": ("get", f"{T}/artifacts", {200, 400, 404}),
    "downloadTopicArtifact": ("get", f"{T}/artifacts/{{artifact_id}}", {200, 404}),
    "getVersions": ("get", "/ap/versions", {200}),
    "getAgentInfo": ("get", "/ap/v2/agent/info", {200}),
}
EXTENSIONS = {
    "streamTopicEvents": ("get", f"{T}/events", {200, 400, 404}),
    "streamTaskEvents": ("get", f"{K}/events", {200, 400, 404}),
}
VERSION_1 = {
    "createAgentTask": ("post", V1, {200, 422}),
    "listAgentTasks": ("get", V1, {200, 422}),
    "getAgentTask": ("get", K1, {200, 404}),
    "executeAgentTaskStep": ("post", f"{K1}/steps", {200, 404, 422}),
    "listAgentTaskSteps": ("get", f"{K1}/steps", {200, 404, 422}),
    "getAgentTaskStep": ("get", f"{K1}/steps/{{step_id}}", {200, 404}),
    "uploadAgentTaskArtifacts": ("post", f"{K1}/artifacts", {200, 404, 413, 422}),
    "listAgentTaskArtifacts": ("get", f"{K1}/artifacts", {200, 404, 422}),
    "downloadAgentTaskArtifact": ("get", f"{K1}/artifacts/{{artifact_id}}", {200, 404}),
}
ANYWHERE = {401, 403, 500, 503}
"""By the guard, and where the server fails."""
SIZES = {413, 206, 304, 416}
"""Of bodies that are too large; of downloads in parts."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document."""
    return create_app(never).openapi()


def operations(document: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Verb, path and operation by id."""
    return {
        operation["operationId"]: (verb, path, operation)
        for path, verbs in document["paths"].items()
        for verb, operation in verbs.items()
    }


def test_it_has_exactly_the_operations_of_the_contract_and_the_extensions(document: dict[str, Any]) -> None:
    """Under their ids, verbs and paths."""
    wanted = {**CONTRACT, **EXTENSIONS, **VERSION_1}
    assert {name: found[:2] for name, found in operations(document).items()} == {
        name: found[:2] for name, found in wanted.items()
    }


def test_it_has_the_answers_of_the_contract(document: dict[str, Any]) -> None:
    """Those that an operation can give by itself, and those that any call can get."""
    for name, (_, _, statuses) in {**CONTRACT, **EXTENSIONS, **VERSION_1}.items():
        found = {int(code) for code in operations(document)[name][2]["responses"]}
        assert statuses | ANYWHERE <= found, name
        assert found <= statuses | ANYWHERE | SIZES, name


def test_all_errors_have_a_message_and_a_code(document: dict[str, Any]) -> None:
    """There is one schema of them, and FastAPI's own is not said to be answered."""
    for name, (_, _, operation) in operations(document).items():
        for code, answer in operation["responses"].items():
            if code >= "400":
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Error"}, (name, code)
    schemas = document["components"]["schemas"]
    assert schemas["Error"]["required"] == ["message", "code"]
    assert not {"HTTPValidationError", "ValidationError"} & schemas.keys()


def test_all_references_lead_somewhere(document: dict[str, Any]) -> None:
    """And every schema is one."""

    def check(value: Any) -> None:
        if isinstance(value, dict):
            if "$ref" in value:
                assert value["$ref"].removeprefix("#/components/schemas/") in document["components"]["schemas"]
            for item in value.values():
                check(item)
        elif isinstance(value, list):
            for item in value:
                check(item)

    check(document)
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


PRIVATE = {"server", "setbacks", "key", "interrupt", "sha256", "steps"}


def test_entities_have_their_public_fields_and_all_are_there(document: dict[str, Any]) -> None:
    """What ties an entity to its graph is nobody's business; what is absent is null."""
    schemas = document["components"]["schemas"]
    for name in ("Topic", "Interaction", "Task", "Step", "Action", "Artifact"):
        schema = schemas[name]
        assert set(schema["required"]) == set(schema["properties"]), name
        assert not PRIVATE & set(schema["properties"]), name
    assert schemas["Topic"]["properties"]["artifacts"]["items"] == {"$ref": "#/components/schemas/Artifact"}
    assert schemas["Step"]["properties"]["actions"]["items"] == {"$ref": "#/components/schemas/Action"}


@pytest.mark.parametrize(("token", "security"), [(None, [{}, {"token": []}]), ("s3cret", [{"token": []}])])
async def test_it_says_whether_a_token_is_needed(token: str | None, security: list[Any]) -> None:
    """As what every call needs."""
    async with client_of(create_app(never, token=token), headers={"Authorization": f"Bearer {token}"}) as client:
        document = (await client.get("/openapi.json")).json()
        assert document["security"] == security
        assert document["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}


def test_what_is_served_is_as_the_document_says(http: httpx.Client) -> None:
    """A walk through all entities: each answer fits the schema of its operation, with nothing but known fields."""
    document = http.get("/openapi.json").json()
    found = operations(document)

    def call(name: str, body: Any = None, files: Any = None, **ids: str) -> Any:
        verb, path, operation = found[name]
        answer = http.request(verb, path.format(**ids), json=body, files=files)
        content = operation["responses"][str(answer.status_code)]["content"]
        kind = answer.headers["content-type"]
        schema = content[kind]["schema"]
        if kind != "application/json":
            return answer.content
        whole = {**schema, "components": document["components"]}
        Draft202012Validator(whole).validate(answer.json())
        properties = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"]
        assert answer.json().keys() == properties.keys(), name
        return answer.json()

    script = [{"actions": [{"name": "write_file", "args": {"path": "a.txt", "content": "a"}}]}, {}]
    topic = {"topic_id": call("createTopic", {"name": "x", "metadata": {"a": [1]}})["topic_id"]}
    call("listTopics")
    said = call("createInteraction", {"input": "hello", "create_task": True}, **topic)
    call("getTopicInteraction", **topic, interaction_id=said["interaction_id"])
    call("listTopicInteractions", **topic)
    made = call("createTopicTask", {"input": "x", "additional_input": {"script": script}}, **topic)
    task = {**topic, "task_id": made["task_id"]}
    made = call("executeTopicTaskStep", **task)
    step = {**task, "step_id": made["step_id"]}
    action = {**step, "action_id": made["actions"][0]["action_id"]}
    call("listStepActions", **step)
    call("decideStepAction", {"decision": "approve"}, **action)
    call("getStepAction", **action)
    call("getTopicTaskStep", **step)
    call("listTopicTaskSteps", **task)
    call("reportStepActionResult", {"status": "completed"}, **action)  # refused: the server did it
    call("updateTopicTask", {"metadata": {"b": None}}, **task)
    file = call("uploadTopicTaskArtifact", files={"file": ("f", b"bytes")}, **task)["artifact_id"]
    assert call("downloadTopicTaskArtifact", **task, artifact_id=file) == b"bytes"
    file = call("uploadTopicArtifact", files={"file": ("g", b"more")}, **topic)["artifact_id"]
    assert call("downloadTopicArtifact", **topic, artifact_id=file) == b"more"
    assert call("listTopicArtifacts", **topic)["pagination"]["total_items"] == 3
    call("listTopicTaskArtifacts", **task)
    call("getTopicTask", **task)
    call("listTopicTasks", **topic)
    call("getTopic", **topic)
    call("cancelTopicTask", **task)
    call("cancelTopicTask", **task)  # refused: it has ended
    call("getVersions")
    call("getAgentInfo")
    alone = {"task_id": call("createAgentTask", {"additional_input": {"script": script}})["task_id"]}
    done = call("executeAgentTaskStep", **alone)
    call("getAgentTaskStep", **alone, step_id=done["step_id"])
    call("listAgentTaskSteps", **alone)
    file = call("uploadAgentTaskArtifacts", files={"file": ("h", b"h")}, **alone)["artifact_id"]
    assert call("downloadAgentTaskArtifact", **alone, artifact_id=file) == b"h"
    call("listAgentTaskArtifacts", **alone)
    call("getAgentTask", **alone)
    call("listAgentTasks")
    call("getAgentTask", task_id="nowhere")
