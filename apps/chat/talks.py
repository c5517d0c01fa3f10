"""What a conversation needs of whoever performs it."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Protocol

from repertory.apps.runs.events import Event, Outcome
from repertory.apps.runs.threads import Settings
from repertory.memory.transcripts.records import Transcript, Tweak
from repertory.nodes.decisions.policy import PolicyLike


class Talks(Protocol):
    """Conversations by the names of their threads; `Runner` performs them."""

    def begin(self, thread_id: str | None, settings: Settings, /) -> AsyncGenerator[Event, None]:
        """Begin one with its first message."""
        ...

    def say(self, thread_id: str, message: str, /) -> AsyncGenerator[Event, None]:
        """Say the next message."""
        ...

    def go_on(self, thread_id: str, answers: Mapping[str, Any] | None = None, /) -> AsyncGenerator[Event, None]:
        """Go on where it was left, with answers to decisions or without."""
        ...

    async def queue(self, thread_id: str, answers: Mapping[str, Any], /) -> None:
        """Keep answers for whoever goes on with it."""
        ...

    async def outcome(self, thread_id: str, /) -> Outcome:
        """How it stands, untouched."""
        ...

    async def leave(self, thread_id: str, path: str, text: str, /) -> Any:
        """Leave a message for one persona, which reads it before its next proposal."""
        ...

    async def set_policy(self, thread_id: str, policy: PolicyLike, /) -> Any:
        """Change what asks from here on."""
        ...

    async def transcript(self, thread_id: str, /) -> Transcript:
        """All of it."""
        ...

    async def replay(self, thread_id: str, tweak: Tweak, /) -> str:
        """Make a new one that leaves this one at a proposal; returns its name."""
        ...
