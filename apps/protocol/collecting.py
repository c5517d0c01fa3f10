"""Makes artifacts of the files that steps make."""

import logging
from collections.abc import Iterable
from functools import partial
from pathlib import PurePosixPath

from repertory.apps.protocol.agents.agent import ServedAgent
from repertory.memory.errors import RepertoryError
from repertory.memory.topics.files import ArtifactFiles
from repertory.memory.topics.records import Task, TaskStep, TopicArtifact, now
from repertory.memory.topics.states import new_id
from repertory.memory.topics.work import MadeFile

_log = logging.getLogger(__name__)


async def collect(
    files: ArtifactFiles, agent: ServedAgent, task: Task, step: TaskStep, made: Iterable[MadeFile]
) -> list[TopicArtifact]:
    """Keep the files that are new.

    One that is not there any more as it was made, since another step has changed it, makes no artifact.
    """
    known = {(artifact.relative_path, artifact.sha256) for artifact in step.artifacts}
    artifacts = []
    for file in made:
        if (file.path, file.sha256) in known:
            continue
        try:
            stored = await files.put_file(partial(agent.open_file, task, file), sha256=file.sha256)
        except (RepertoryError, OSError) as error:
            _log.warning("step %s: %r makes no artifact: %s", step.step_id, file.path, error)
            continue
        artifacts.append(
            TopicArtifact(
                artifact_id=new_id(),
                topic_id=task.topic_id,
                task_id=task.task_id,
                step_id=step.step_id,
                agent_created=True,
                file_name=PurePosixPath(file.path).name,
                relative_path=file.path,
                size=stored.size,
                sha256=stored.sha256,
                created_at=now(),
            )
        )
    return artifacts
