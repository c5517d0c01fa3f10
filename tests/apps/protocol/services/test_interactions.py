"""Interactions that the agent cannot answer."""

from pathlib import Path

from repertory.apps.protocol.requests import InteractionRequest, Page, TopicRequest
from repertory.apps.protocol.serving import Serving, open_service
from tests.apps.conftest import clean_environ


async def test_an_interaction_fails_whose_task_the_agent_cannot_take(tmp_path: Path) -> None:
    """It says why, and no task is made; it does not stay `running` for ever."""
    asked = InteractionRequest(input="Look it up", create_task=True, additional_input={"tools": "no list"})
    async with open_service(Serving(tmp_path, "planner", "offline"), environ=clean_environ()) as service:
        topic = (await service.create_topic(TopicRequest()))["topic_id"]
        said = await service.create_interaction(topic, asked)
        assert (said["status"], said["task_ids"]) == ("failed", [])
        assert "'no list'" in said["error"]
        assert (await service.list_tasks(topic, Page()))["tasks"] == []
