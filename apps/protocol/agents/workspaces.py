"""The folders that tasks work in: one for each topic, with the topic's artifacts, each in its latest version."""

import asyncio
import logging
from hashlib import sha256
from pathlib import Path

from repertory.memory.errors import RepertoryError
from repertory.memory.topics.files import ArtifactFiles
from repertory.memory.topics.ledger import Ledger, artifacts_of
from repertory.memory.topics.records import TopicArtifact
from repertory.nodes.tools.workspace import MAX_BYTES, Workspace

_log = logging.getLogger(__name__)
_TOPICS = 1_000
"""Topics whose folders are known to be as they should; those of others are compared with their artifacts."""


class Workspaces:
    """See the module's docstring.

    Args:
        folder: in which topics have theirs.
        shared: the folder that all topics use instead.
        files: the bytes of artifacts.
        ledger: knows which artifacts there are.
    """

    def __init__(self, folder: Path, shared: Path | None, files: ArtifactFiles, ledger: Ledger) -> None:
        self._folder, self._shared = folder, shared
        self._files, self._ledger = files, ledger
        self._placed: dict[str, set[str]] = {}

    def of(self, topic_id: str) -> Path:
        """The folder of a topic."""
        return (self._shared or self._folder / topic_id).absolute()

    async def prepare(self, topic_id: str) -> list[TopicArtifact]:
        """Put artifacts that are new here into the topic's folder.

        Returns:
            What was put there.
        """
        await asyncio.to_thread(self.of(topic_id).mkdir, parents=True, exist_ok=True)
        placed = self._placed.pop(topic_id, set())
        self._placed[topic_id] = placed  # the latest used last
        if len(self._placed) > _TOPICS:
            del self._placed[next(iter(self._placed))]
        artifacts = await self._ledger.each(TopicArtifact, artifacts_of(topic_id))
        latest = {artifact.relative_path or artifact.file_name: artifact for artifact in artifacts}
        fresh = []
        for path, artifact in latest.items():
            if artifact.artifact_id in placed:
                continue
            placed.add(artifact.artifact_id)
            try:
                if await self._place(topic_id, path, artifact):
                    fresh.append(artifact)
            except (RepertoryError, OSError) as error:
                _log.warning("topic %s: %r cannot be put into its folder: %s", topic_id, path, error)
        return fresh

    async def _place(self, topic_id: str, path: str, artifact: TopicArtifact) -> bool:
        workspace = Workspace(self.of(topic_id))
        if await asyncio.to_thread(_digest, workspace, path) == artifact.sha256:
            return False
        if artifact.size > MAX_BYTES:
            _log.warning("topic %s: %r is larger than tools can read", topic_id, path)
            return False
        content = b"".join([block async for block in await self._files.open(artifact.sha256)])
        await asyncio.to_thread(workspace.write, path, content)
        return True


def _digest(workspace: Workspace, path: str) -> str | None:
    """The hash of the file that is there, if one is."""
    try:
        with workspace.open(path) as file:
            digest = sha256()
            while block := file.read(1 << 20):
                digest.update(block)
    except (RepertoryError, OSError):
        return None
    return digest.hexdigest()
