"""A conversation at a terminal, from the first message to the last."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from repertory.apps.chat.asking import HELP, Asker, Move
from repertory.apps.chat.desk import Desk
from repertory.apps.chat.moves import Moves
from repertory.apps.chat.options import checked_message
from repertory.apps.chat.screen import ChatScreen
from repertory.apps.chat.talks import Talks
from repertory.apps.runs.events import Event, Noticed, Outcome, Pending, Started
from repertory.apps.runs.runner import NoSuchDecisionError
from repertory.apps.runs.threads import Settings
from repertory.apps.screens.summary import usage_text
from repertory.apps.status import DECISION_NEEDED, OK, status_of
from repertory.memory.errors import InputError, RepertoryError

_AT_REST: dict[str, Move] = {"m": "m", "t": "t", "g": "g", "b": "b", "q": "q"}
_PAUSING: dict[str, Move | None] = {**_AT_REST, "p": None, " ": None, "\x1b": None}
"""Keys that stop the work to do something else."""
_PAUSED = {"c": "go on", "g": "let it run", "t": "take over", "m": "message", "b": "back", "q": "leave"}
_UNFINISHED = ("unfinished", "interrupted", "error")
_PROMPT = "you: "
_HINT = """\
Between messages, the same with a / before it: /b goes back, /t takes over,
/m leaves a message, /g lets it run, /s shows the tree of personas, ? helps,
/q leaves, and so does an empty line.
While personas are at work, p pauses; what was being written is made again."""

Work = AsyncGenerator[Event, None]


class ChatSession:
    """See the module's docstring.

    Args:
        talks: performs the conversation.
        settings: of a new conversation.
        screen: shows it.
        desk: asks for messages.
        asker: asks for decisions.
        moves: does what is beside that; knows which conversation it is.
    """

    def __init__(
        self, talks: Talks, settings: Settings, *, screen: ChatScreen, desk: Desk, asker: Asker, moves: Moves
    ) -> None:
        self._talks = talks
        self._settings = settings
        self._screen = screen
        self._desk = desk
        self._asker = asker
        self._moves = moves
        self._keys = desk.keys
        self._name: str | None = None
        self._pause: str | None = None

    @property
    def thread_id(self) -> str | None:
        """The conversation; None before it has begun."""
        return self._moves.thread_id

    async def begin(self, name: str | None, message: str | None) -> int:
        """Begin a conversation, and keep it up until it is left; returns the exit status."""
        self._name = name
        self._screen.introduce(self._moves.policy)
        return await self._converse(None, message)

    async def take_up(self, thread_id: str, message: str | None) -> int:
        """Go on with one; what it was at comes before the message."""
        self._moves.thread_id = thread_id
        self._screen.introduce(self._moves.policy)
        self._screen.named(thread_id)
        outcome = await self._talks.outcome(thread_id)
        if outcome.run_id is not None:  # else it was left before anything was kept of it
            self._screen.know(await self._talks.transcript(thread_id))
        if outcome.pending or outcome.status in _UNFINISHED:
            return await self._converse(self._talks.go_on(thread_id), message)
        return await self._converse(None, message)

    async def _converse(self, work: Work | None, message: str | None) -> int:
        outcome: Outcome | None = None
        while True:
            if work is None:
                if message:
                    self._desk.sheet.line(f"\n{_PROMPT}{message}")
                work = self._said(message) if message else await self._next()
                message = None
                if work is None:
                    return self._leave(outcome)
            outcome = await self._shown(work)
            if outcome is None:
                work = await self._paused()
                if work is None:
                    return self._leave(await self._stands())
            elif outcome.pending:
                work = await self._decided(outcome.pending)
                if work is None:
                    return self._leave(outcome)
            else:
                self._screen.reply(outcome)
                work = None

    async def _next(self) -> Work | None:
        """What the next message brings; None where there is none."""
        while True:
            self._desk.sheet.line()
            words = self._desk.words(_PROMPT)
            if not words:
                return None
            if words != "?" and not words.startswith("/"):
                try:
                    return self._said(checked_message(words))
                except InputError as error:
                    self._desk.sheet.line(str(error), "red")
                    continue
            key = words[1:].lower()
            if key == "q":
                return None
            if key == "s":
                self._screen.draw()
            elif key not in _AT_REST:
                self._desk.sheet.line(f"{HELP}\n{_HINT}", wrap=False)
            elif await self._moved(_AT_REST[key]) and key == "b":
                return self._going_on()

    def _said(self, message: str) -> Work:
        self._screen.begin_message()
        if self.thread_id is not None:
            return self._talks.say(self.thread_id, message)
        fresh = {"task": message, "policy": self._moves.policy}
        return self._talks.begin(self._name, self._settings.model_copy(update=fresh))

    def _going_on(self, answers: dict[str, Any] | None = None) -> Work:
        if self.thread_id is None:
            raise InputError("nothing has begun yet; say something first")
        return self._talks.go_on(self.thread_id, answers)

    async def _decided(self, asked: Sequence[Pending]) -> Work | None:
        """Go on with the answers, or elsewhere; None: it is left. Answers given before that are kept."""
        answers: dict[str, Any] = {}
        before = self.thread_id
        for n, pending in enumerate(asked, 1):
            several = len(asked) > 1
            if several:
                self._desk.sheet.pair("decision", f"{n} of {len(asked)}", "bold")
            while pending.id not in answers:
                choice = self._asker.ask(pending, whole=several)
                if not isinstance(choice, str):
                    answers[pending.id] = choice
                elif choice == "q" or await self._moved(choice):
                    if choice != "q" and self.thread_id == before:
                        return self._going_on(answers)
                    if answers and before:
                        await self._talks.queue(before, answers)
                    return None if choice == "q" else self._going_on()
        return self._going_on(answers)

    async def _moved(self, move: Move) -> bool:
        try:
            return await self._moves.do(move)
        except RepertoryError as error:
            self._desk.sheet.line(f"Not done: {error}", "red")
            return False

    async def _paused(self) -> Work | None:
        """After a pause or an error: on again, or something else; None: it is left."""
        key, self._pause = self._pause, None
        while True:
            try:
                key = key or self._desk.key(_PAUSED)
            except EOFError:
                self._desk.sheet.line()
                return None
            if key == "c":
                return self._going_on()
            if key == "q":
                return None
            if key in _AT_REST and await self._moved(_AT_REST[key]):
                return self._going_on()
            key = None

    async def _shown(self, work: Work) -> Outcome | None:
        """Show the work; None where it was paused, or broke off with an error that was told."""
        task = asyncio.ensure_future(self._followed(work))
        paused: list[str] = []

        def pause(key: str) -> None:
            if key in _PAUSING and not paused:
                paused.append(key)
                task.cancel()

        try:
            with self._keys.watched(pause):
                return await task
        except asyncio.CancelledError:
            if not paused:
                raise
            self._pause = _PAUSING[paused[0]]
            self._screen.rest()
            self._desk.sheet.line("paused; what was being written is made again", "yellow")
            return None
        except NoSuchDecisionError as error:  # somebody was faster
            self._screen.rest()
            self._screen.show(Noticed(text=str(error)))
            return await self._shown(self._going_on())
        except RepertoryError as error:
            self._screen.rest()
            if self.thread_id is None:
                raise
            self._desk.sheet.line(f"{type(error).__name__}: {error}", "red")
            return None

    async def _followed(self, work: Work) -> Outcome:
        async with aclosing(work) as events:
            async for event in events:
                if isinstance(event, Outcome):
                    self._screen.rest()
                    return event
                if isinstance(event, Started):
                    if self.thread_id != event.thread_id:
                        self._screen.named(event.thread_id)
                    self._moves.thread_id = event.thread_id
                self._screen.show(event)
        raise RepertoryError(f"the conversation {self.thread_id!r} ended without an outcome")

    async def _stands(self) -> Outcome | None:
        return await self._talks.outcome(self.thread_id) if self.thread_id else None

    def _leave(self, outcome: Outcome | None) -> int:
        if outcome is None:
            return OK
        if outcome.usage.total.model_calls:
            self._desk.sheet.pair("usage", usage_text(outcome.usage))
        return DECISION_NEEDED if outcome.pending else status_of(outcome.status)
