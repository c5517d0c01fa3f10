"""A whole walk with the official Python client, version 1.1.0; run by an interpreter that has it.

The client needs pydantic 1, so it cannot be in the environment of the tests. It validates all that it is sent.
"""

import asyncio
import json
import sys
from typing import Any

import agent_protocol_client as official


async def walk(host: str) -> dict[str, Any]:
    """Tasks, steps to the last one, lists, and artifacts up and down; what came of it."""
    async with official.ApiClient(official.Configuration(host=host)) as client:
        api = official.AgentApi(client)
        script = [
            {"name": "first", "actions": [{"name": "write_file", "args": {"path": "a.txt", "content": "made"}}]},
            {"name": "second", "output": "the end"},
        ]
        asked = official.TaskRequestBody(input="walk", additional_input={"script": script, "number": 1.5})
        task = await api.create_agent_task(task_request_body=asked)
        steps = []
        while not steps or not steps[-1].is_last:
            steps.append(await api.execute_agent_task_step(task.task_id, official.StepRequestBody(input="go")))
        again = await api.execute_agent_task_step(task.task_id)
        uploaded = await api.upload_agent_task_artifacts(task.task_id, __file__, relative_path="in/walk.py")
        listed = await api.list_agent_task_artifacts(task.task_id, current_page=1, page_size=5)
        read = await api.get_agent_task(task.task_id)
        return {
            "kept": [read.task_id == task.task_id, read.input, read.additional_input == asked.additional_input],
            "steps": [[step.name, step.status, step.output, step.input, step.is_last] for step in steps],
            "again": again.step_id == steps[-1].step_id,
            "listed": [step.name for step in (await api.list_agent_task_steps(task.task_id)).steps],
            "one": (await api.get_agent_task_step(task.task_id, steps[0].step_id)).name,
            "tasks": task.task_id in [each.task_id for each in (await api.list_agent_tasks(page_size=1000)).tasks],
            "artifacts": [[each.file_name, each.agent_created, each.relative_path] for each in listed.artifacts],
            "same": await same_bytes(api, task.task_id, uploaded.artifact_id),
            "errors": [
                await status(api.get_agent_task("none")),
                await status(api.get_agent_task_step(task.task_id, "none")),
            ],
            "asked": await ask(api),
        }


async def ask(api: Any) -> list[Any]:
    """A task whose client permits what is proposed, after one word about it."""
    script = [{"actions": [{"name": "echo", "args": {"text": "hello"}}]}]
    asked = official.TaskRequestBody(additional_input={"script": script, "permission_mode": "ask"})
    task = await api.create_agent_task(task_request_body=asked)
    told = []
    for text in (None, "louder", "y"):
        step = await api.execute_agent_task_step(task.task_id, official.StepRequestBody(input=text))
        told.append([step.output, step.status, step.is_last])
    return told


async def same_bytes(api: Any, task_id: str, artifact_id: str) -> bool:
    """Whether a download has the bytes of this file."""
    downloaded = await api.download_agent_task_artifact(task_id, artifact_id)
    with open(__file__, "rb") as file:  # noqa: ASYNC230 - nothing else happens here
        return bool(downloaded == file.read())


async def status(call: Any) -> int:
    """The status that a call is refused with."""
    try:
        await call
    except official.ApiException as error:
        return int(error.status)
    raise AssertionError("it was not refused")


if __name__ == "__main__":
    print(json.dumps(asyncio.run(walk(sys.argv[1]))))  # noqa: T201 - read by the test
