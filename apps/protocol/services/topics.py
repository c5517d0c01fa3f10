"""Topics."""

from repertory.apps.protocol.requests import Page, TopicRequest
from repertory.apps.protocol.services.common import Common, capped, listed, offset
from repertory.memory.records import JsonObject
from repertory.memory.topics.changes import told_topic
from repertory.memory.topics.ledger import TOPICS, Batch, artifacts_of
from repertory.memory.topics.records import Topic, TopicArtifact, now, shown
from repertory.memory.topics.states import new_id


class Topics(Common):
    """See the module's docstring."""

    async def create_topic(self, request: TopicRequest) -> JsonObject:
        """Make a topic."""
        topic = new_topic(request)
        async with self._ledger.writing(topic.topic_id, TOPICS) as batch:
            enter(batch, topic)
        await self._parts.agent.opened(topic)
        return {**shown(topic), "artifacts": []}

    async def list_topics(self, page: Page) -> JsonObject:
        """Topics, the oldest first."""
        page = capped(page)
        topics, total = await self._ledger.page(Topic, TOPICS, offset(page), page.page_size)
        return listed("topics", [await self._whole(topic) for topic in topics], total, page)

    async def get_topic(self, topic_id: str) -> JsonObject:
        """A topic."""
        return await self._whole(await self._topic(topic_id))

    async def _whole(self, topic: Topic) -> JsonObject:
        artifacts = await self._ledger.each(TopicArtifact, artifacts_of(topic.topic_id))
        modified = max([topic.modified_at, *(artifact.created_at for artifact in artifacts)])
        files = [shown(artifact) for artifact in artifacts]
        return {**shown(topic), "artifacts": files, "modified_at": modified}


def new_topic(request: TopicRequest, *, implicit: bool = False) -> Topic:
    """A topic as it is asked for."""
    moment = now()
    return Topic(
        topic_id=new_id(),
        name=request.name,
        input=request.input,
        additional_input=request.additional_input,
        metadata=request.metadata,
        implicit=implicit,
        created_at=moment,
        modified_at=moment,
    )


def enter(batch: Batch, topic: Topic) -> None:
    """Put a new topic into a batch."""
    batch.put(topic)
    batch.enter(TOPICS, topic.topic_id)
    batch.tell(topic.topic_id, told_topic(topic))
