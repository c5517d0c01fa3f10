"""Calls made up from the OpenAPI document, fitting and not: whatever is sent, the answer is one that it has."""

from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

from repertory.apps.protocol.app import create_app
from tests.apps.protocol.serving import never

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


def operations(document: dict[str, Any]) -> dict[str, APIOperation[Any, Any, Any]]:
    """Those of a document, by id."""
    found = [made.ok() for made in schemathesis.openapi.from_dict(document).get_all_operations()]
    return {operation.definition.raw["operationId"]: operation for operation in found}


def settled(document: dict[str, Any]) -> dict[str, Any]:
    """The same calls without those that have no end, and without ids (`~topic_id~`) and tokens to be made up."""
    paths: dict[str, Any] = {}
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            given = [each for each in operation.get("parameters", []) if each["in"] != "path"]
            if not operation["operationId"].startswith("stream"):
                kept = paths.setdefault(path.replace("{", "~").replace("}", "~"), {})
                kept[verb] = {**operation, "parameters": given}
    return {**document, "paths": paths, "security": []}


DOCUMENT = create_app(never).openapi()
ALL = operations(DOCUMENT)
SETTLED = operations(settled(DOCUMENT))
SPEAKING = {name: call for name, call in SETTLED.items() if call.body or call.query}
"""Those that are told more than ids."""

bounded = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,  # the same calls each time
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("name", ALL)
def test_ids_of_any_text(name: str, scripted_server: str) -> None:
    """They lead nowhere."""

    @bounded
    @given(case=ALL[name].as_strategy())
    def check(case: Case) -> None:
        case.call_and_validate(base_url=scripted_server, checks=CHECKS)

    check()


@pytest.mark.parametrize("name", SETTLED)
def test_fitting_calls_about_what_is_there(name: str, scripted_server: str, http: httpx.Client) -> None:
    """A world of its own for each call, with a step that waits for a decision."""

    @bounded
    @given(case=SETTLED[name].as_strategy())
    def check(case: Case) -> None:
        call(case, scripted_server, http)

    check()


@pytest.mark.parametrize("name", SPEAKING)
def test_calls_that_do_not_fit_about_what_is_there(name: str, scripted_server: str, http: httpx.Client) -> None:
    """They are refused; but for forms, in which whatever was to be wrong is sent as text, and so is right."""
    refused = () if name.startswith("upload") else (checks.negative_data_rejection,)

    @bounded
    @given(case=SPEAKING[name].as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def check(case: Case) -> None:
        call(case, scripted_server, http, *refused)

    check()


def call(case: Case, url: str, http: httpx.Client, *more: Any) -> None:
    """Make a call about a new world, and look at the answer."""
    request = case.as_transport_kwargs(base_url=url)
    for name, known in world(http).items():
        request["url"] = request["url"].replace(f"~{name}~", known)
    case.validate_response(requests.request(**request, timeout=60), checks=[*CHECKS, *more])


def world(http: httpx.Client) -> dict[str, str]:
    """One of each entity; their ids."""
    topic_id = http.post("/ap/v2/topics", json={}).json()["topic_id"]
    topic = f"/ap/v2/topics/{topic_id}"
    script = [{"actions": [{"name": "echo", "args": {"text": "hello"}}]}, {}]
    task_id = http.post(f"{topic}/tasks", json={"additional_input": {"script": script}}).json()["task_id"]
    step = http.post(f"{topic}/tasks/{task_id}/steps").json()
    file = http.post(f"{topic}/tasks/{task_id}/artifacts", files={"file": b"bytes"}).json()
    return {
        "topic_id": topic_id,
        "interaction_id": http.post(f"{topic}/interactions", json={"input": "hello"}).json()["interaction_id"],
        "task_id": task_id,
        "step_id": step["step_id"],
        "action_id": step["actions"][0]["action_id"],
        "artifact_id": file["artifact_id"],
    }
