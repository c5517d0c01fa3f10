"""Artifacts: files of topics and of their tasks."""

from collections.abc import Iterable

from repertory.apps.protocol.requests import Page
from repertory.apps.protocol.services.common import Common, capped, listed, offset, part
from repertory.apps.protocol.uploads import Upload
from repertory.memory.records import JsonObject
from repertory.memory.topics.changes import told_artifact
from repertory.memory.topics.errors import NotFoundError
from repertory.memory.topics.files import ArtifactFiles
from repertory.memory.topics.ledger import artifacts_of
from repertory.memory.topics.records import Task, TopicArtifact, now, shown
from repertory.memory.topics.states import new_id


class Artifacts(Common):
    """See the module's docstring."""

    @property
    def files(self) -> ArtifactFiles:
        """Where their bytes are."""
        return self._parts.files

    async def check_place(self, topic_id: str | None, task_id: str | None) -> None:
        """Whether an upload has somewhere to go.

        Raises:
            NotFoundError: there is no such topic or task.
        """
        if task_id is not None:
            await self._task(topic_id, task_id)
        elif topic_id is not None:
            await self._topic(topic_id)

    async def upload(self, topic_id: str | None, task_id: str | None, upload: Upload) -> JsonObject:
        """Add a file, whose bytes are there already, to a task or to a topic."""
        if task_id is None:
            topic = await self._topic(str(topic_id))
            artifact = _uploaded(topic.topic_id, None, upload)
            async with self._ledger.writing(topic.topic_id) as batch:
                batch.put(artifact)
                batch.enter(artifacts_of(topic.topic_id), artifact.artifact_id)
                batch.tell(topic.topic_id, told_artifact(artifact))
            return shown(artifact)
        task = await self._task(topic_id, task_id)
        artifact = _uploaded(task.topic_id, task_id, upload)
        await self._ledger.change(task_id, task.topic_id, lambda task, _: with_artifacts(task, [artifact]))
        return shown(artifact)

    async def list_artifacts(self, topic_id: str | None, task_id: str | None, page: Page) -> JsonObject:
        """Artifacts of a task, or of a topic and all its tasks, the oldest first."""
        page = capped(page)
        if task_id is not None:
            artifacts = (await self._task(topic_id, task_id)).artifacts
            return listed("artifacts", part(artifacts, page), len(artifacts), page)
        topic = await self._topic(str(topic_id))
        found, total = await self._ledger.page(
            TopicArtifact, artifacts_of(topic.topic_id), offset(page), page.page_size
        )
        return listed("artifacts", found, total, page)

    async def find_artifact(self, topic_id: str | None, task_id: str | None, artifact_id: str) -> TopicArtifact:
        """An artifact, to be downloaded.

        Raises:
            NotFoundError: it is not there, or not of this task or topic.
        """
        await self.check_place(topic_id, task_id)
        artifact = await self._ledger.find(TopicArtifact, artifact_id)
        if (
            artifact is None
            or topic_id not in (None, artifact.topic_id)
            or (task_id is not None and task_id != artifact.task_id)
        ):
            raise NotFoundError(f"there is no artifact {artifact_id!r} here", "no_artifact")
        return artifact


def with_artifacts(task: Task, artifacts: Iterable[TopicArtifact]) -> Task:
    """A task with more files."""
    return task.model_copy(update={"artifacts": (*task.artifacts, *artifacts), "modified_at": now()})


def _uploaded(topic_id: str, task_id: str | None, upload: Upload) -> TopicArtifact:
    return TopicArtifact(
        artifact_id=new_id(),
        topic_id=topic_id,
        task_id=task_id,
        agent_created=False,
        file_name=upload.file_name,
        relative_path=upload.relative_path,
        size=upload.stored.size,
        sha256=upload.stored.sha256,
        created_at=now(),
    )
