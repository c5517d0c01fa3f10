"""What the server says of itself (section 2)."""

import pytest

from tests.apps.protocol.conformance.api import V2, Api

T, K = f"{V2}/topics/{{topic_id}}", f"{V2}/topics/{{topic_id}}/tasks/{{task_id}}"
S = f"{K}/steps/{{step_id}}"
A = f"{S}/actions/{{action_id}}"
OPERATIONS = {
    ("post", f"{V2}/topics"): ("createTopic", "201"),
    ("get", f"{V2}/topics"): ("listTopics", "200"),
    ("get", T): ("getTopic", "200"),
    ("post", f"{T}/interactions"): ("createInteraction", "201"),
    ("get", f"{T}/interactions"): ("listTopicInteractions", "200"),
    ("get", f"{T}/interactions/{{interaction_id}}"): ("getTopicInteraction", "200"),
    ("post", f"{T}/tasks"): ("createTopicTask", "201"),
    ("get", f"{T}/tasks"): ("listTopicTasks", "200"),
    ("get", K): ("getTopicTask", "200"),
    ("patch", K): ("updateTopicTask", "200"),
    ("post", f"{K}/cancel"): ("cancelTopicTask", "200"),
    ("post", f"{K}/steps"): ("executeTopicTaskStep", "201"),
    ("get", f"{K}/steps"): ("listTopicTaskSteps", "200"),
    ("get", S): ("getTopicTaskStep", "200"),
    ("get", f"{S}/actions"): ("listStepActions", "200"),
    ("get", A): ("getStepAction", "200"),
    ("post", f"{A}/decision"): ("decideStepAction", "200"),
    ("post", f"{A}/result"): ("reportStepActionResult", "200"),
    ("post", f"{K}/artifacts"): ("uploadTopicTaskArtifact", "201"),
    ("get", f"{K}/artifacts"): ("listTopicTaskArtifacts", "200"),
    ("get", f"{K}/artifacts/{{artifact_id}}"): ("downloadTopicTaskArtifact", "200"),
    ("post", f"{T}/artifacts"): ("uploadTopicArtifact", "201"),
    ("get", f"{T}/artifacts"): ("listTopicArtifacts", "200"),
    ("get", f"{T}/artifacts/{{artifact_id}}"): ("downloadTopicArtifact", "200"),
    ("get", "/ap/versions"): ("getVersions", "200"),
    ("get", f"{V2}/agent/info"): ("getAgentInfo", "200"),
}


def test_versions(api: Api) -> None:
    """Both of them."""
    assert api.get("/ap/versions") == {"versions": [1, 2]}


@pytest.mark.parametrize("path", [f"{V2}/agent/info", f"{V2}/info"])
def test_the_agent_says_who_it_is(api: Api, path: str) -> None:
    """What is required of it."""
    info = api.get(path)
    assert isinstance(info["name"], str)
    assert info["name"]
    assert info["protocol"] == 2
    assert isinstance(info["version"], str)
    assert isinstance(info["config_options"], dict)
    assert info == api.get(f"{V2}/agent/info")


def test_the_document_has_every_operation(api: Api) -> None:
    """Under its path, verb and operationId, with its code of success; ids of operations are unique."""
    document = api.get("/openapi.json")
    for (verb, path), (operation, code) in OPERATIONS.items():
        described = document["paths"][path][verb]
        assert described["operationId"] == operation
        assert code in described["responses"]
    ids = [
        each["operationId"] for path in document["paths"].values() for each in path.values() if "operationId" in each
    ]
    assert len(ids) == len(set(ids))
