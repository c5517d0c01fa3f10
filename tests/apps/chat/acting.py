"""A conversation whose every move is written down beforehand; it fails loudly where another one is made."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from repertory.apps.chat.asking import Asker
from repertory.apps.chat.back import Back
from repertory.apps.chat.desk import Desk
from repertory.apps.chat.moves import Moves
from repertory.apps.chat.session import ChatSession
from repertory.apps.runs.events import Event, Outcome, Started
from repertory.apps.runs.threads import Settings
from repertory.apps.screens.editor import Editor
from repertory.memory.transcripts.records import Transcript, Tweak
from repertory.nodes.decisions.policy import PolicyLike
from tests.apps.chat.told import LADY, RUN, outcome, plain, screen

LONG = object()
"""Among events: work that takes long."""


class Typed:
    """Keys and lines typed in this order; a line begins with `>`. EOFError stands for Ctrl-D."""

    def __init__(self, *typed: str | type[EOFError]) -> None:
        self._typed = list(typed)

    def press(self, ready: Callable[[], None]) -> str:
        ready()
        return self._next(line=False)

    def line(self, _: str) -> str:
        return self._next(line=True)

    @contextmanager
    def watched(self, told: Callable[[str], None]) -> Iterator[None]:
        """Keys pressed while work goes on begin with `!`."""
        loop = asyncio.get_running_loop()
        while self._typed and str(self._typed[0]).startswith("!"):
            loop.call_later(0.05, told, str(self._typed.pop(0))[1:])
        yield

    def _next(self, *, line: bool) -> str:
        assert self._typed, f"a {'line' if line else 'key'} was asked for, and nothing is left to type"
        typed = self._typed.pop(0)
        if not isinstance(typed, str):
            raise EOFError
        assert typed.startswith(">") == line, f"{typed!r} was not what was asked for"
        return typed[1:].strip() if line else typed

    def done(self) -> None:
        assert not self._typed, f"not asked for: {self._typed}"


class Played:
    """Talks as a test says: each call, in order, with what it brings."""

    def __init__(self, *script: tuple[Any, ...], transcript: Transcript | None = None) -> None:
        self._script = list(script)
        self._transcript = transcript or Transcript(run_id=RUN)
        self.stands = outcome()
        self.begun_with: Settings | None = None

    def begin(self, thread_id: str | None, settings: Settings) -> AsyncGenerator[Event, None]:
        self.begun_with = settings
        return self._work("begin", thread_id, settings.task)

    def say(self, thread_id: str, message: str) -> AsyncGenerator[Event, None]:
        return self._work("say", thread_id, message)

    def go_on(self, thread_id: str, answers: Mapping[str, Any] | None = None) -> AsyncGenerator[Event, None]:
        return self._work("go_on", thread_id, dict(answers or {}))

    async def queue(self, thread_id: str, answers: Mapping[str, Any]) -> None:
        self._expect("queue", thread_id, dict(answers))

    async def leave(self, thread_id: str, path: str, text: str) -> None:
        self._expect("leave", thread_id, path, text)

    async def set_policy(self, thread_id: str, policy: PolicyLike) -> None:
        self._expect("set_policy", thread_id, policy)

    async def replay(self, thread_id: str, tweak: Tweak) -> str:
        self._expect("replay", thread_id, tweak)
        return f"{thread_id}-2"

    async def transcript(self, thread_id: str) -> Transcript:
        return self._transcript

    async def outcome(self, thread_id: str) -> Outcome:
        return self.stands

    def done(self) -> None:
        assert not self._script, f"never called: {self._script}"

    async def _work(self, name: str, thread_id: str | None, *given: Any) -> AsyncGenerator[Event, None]:
        events = self._expect(name, thread_id, *given, brings=True)
        yield Started(thread_id=thread_id or "t", task="", workspace="/", resumed=name == "go_on", notices=())
        for event in events:
            if isinstance(event, Exception):
                raise event
            if event is LONG:
                await asyncio.sleep(60)
            yield event

    def _expect(self, *call: Any, brings: bool = False) -> Sequence[Any]:
        assert self._script, f"{call} was not in the script"
        expected = self._script.pop(0)
        events: Sequence[Any] = expected[-1] if brings else ()
        assert (expected[:-1] if brings else expected) == call
        return events


async def talk(
    talks: Played,
    *typed: str | type[EOFError],
    message: str | None = None,
    known: bool = False,
    editor: str = "false",
    policy: PolicyLike = "interactive",
) -> tuple[int, str]:
    """Talk; returns the exit status and what stands on the screen."""
    at, file = screen()
    keys = Typed(*typed)
    desk, edits = Desk(at.sheet, keys, LADY), Editor(at.sheet, {"EDITOR": editor})
    moves = Moves(talks, desk, Back(at, desk, edits), policy)
    settings = Settings(task="", workspace="/", policy=policy)
    session = ChatSession(talks, settings, screen=at, desk=desk, asker=Asker(at, desk, edits), moves=moves)
    status = await (session.take_up("t", message) if known else session.begin(None, message))
    keys.done()
    talks.done()
    return status, plain(file)
