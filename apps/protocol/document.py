"""The OpenAPI document of the routes."""

from collections.abc import Sequence
from typing import Any

from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.routing import BaseRoute

from repertory.apps.protocol import requests

_BODIES = (
    requests.TopicRequest,
    requests.InteractionRequest,
    requests.TaskRequest,
    requests.TaskChange,
    requests.StepRequest,
    requests.AgentTaskRequest,
    requests.DecisionRequest,
    requests.ResultRequest,
)
_DESCRIPTION = """\
The Agent Protocol: version 2 (topics, interactions, tasks, steps, actions, artifacts) and version 1 beside it.
Every error is an object with `message` and `code`. The event streams are an extension."""


def document(routes: Sequence[BaseRoute], *, version: str, secured: bool) -> dict[str, Any]:
    """The document.

    Args:
        routes: those of an app.
        version: of the package.
        secured: every call needs a token.
    """
    made = get_openapi(title="Repertory", version=version, description=_DESCRIPTION, routes=routes)
    for operations in made["paths"].values():
        for operation in operations.values():
            _drop_foreign(operation["responses"])
    schemas = made["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    _, bodies = models_json_schema(
        [(model, "validation") for model in _BODIES], ref_template="#/components/schemas/{model}"
    )
    schemas |= bodies["$defs"]
    made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    made["security"] = [{"token": []}] if secured else [{}, {"token": []}]
    return made


def _drop_foreign(responses: dict[str, Any]) -> None:
    """Drop the answer that FastAPI adds for parameters of its own reading: no route gives it."""
    content = responses.get("422", {}).get("content", {}).get("application/json", {})
    if content.get("schema", {}).get("$ref", "").endswith("/HTTPValidationError"):
        del responses["422"]
