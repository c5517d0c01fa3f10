"""A conversation without a terminal: message by message, for programs and pipes."""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import aclosing

from repertory.apps.chat.lines import Lines
from repertory.apps.chat.options import checked_message
from repertory.apps.chat.screen import ChatScreen
from repertory.apps.chat.talks import Talks
from repertory.apps.runs.events import Event, Outcome, Started
from repertory.apps.runs.threads import Settings
from repertory.apps.screens.screen import View
from repertory.apps.screens.summary import print_how_to_answer, usage_text
from repertory.apps.status import DECISION_NEEDED, ERROR, OK, status_of
from repertory.memory.errors import InputError, RepertoryError


class ChatPlain:
    """Events as plain lines: whole proposals, one after the other.

    Args:
        screen: shows them.
        settings: of the conversation.
    """

    def __init__(self, screen: ChatScreen, settings: Settings) -> None:
        self._screen = screen
        self._policy = settings.policy
        self._begun = False

    def show(self, event: Event) -> None:
        """One event."""
        if isinstance(event, Started) and not self._begun:
            self._begun = True
            self._screen.introduce(self._policy)
            self._screen.named(event.thread_id)
        self._screen.show(event)

    def finish(self, outcome: Outcome, home: str) -> None:
        """The reply, or what is to be decided, and how."""
        self._screen.rest()
        sheet = self._screen.sheet
        if outcome.pending:
            print_how_to_answer(sheet, outcome, home)
            return
        self._screen.reply(outcome)
        sheet.pair("usage", usage_text(outcome.usage))


class Batch:
    """Says messages one after the other, as long as nobody has to decide anything.

    Args:
        talks: performs the conversation.
        settings: of a new conversation.
        view: shows it.
        home: the option that printed commands need, or empty.
        unsaid: is told which messages were not said, where it ends before them; before the result.
    """

    def __init__(
        self, talks: Talks, settings: Settings, view: View, home: str, unsaid: Callable[[list[str]], None]
    ) -> None:
        self._talks = talks
        self._settings = settings
        self._view = view
        self._home = home
        self._unsaid = unsaid
        self._thread_id: str | None = None
        self.thread_id: str | None = None
        """The conversation, once this process is at it."""

    async def run(self, name: str | None, messages: Iterable[str], *, known: bool) -> int:
        """Say them.

        Args:
            name: of the conversation.
            messages: empty ones are left out.
            known: the conversation has begun before.

        Returns:
            The exit status: of the exchange that needs a decision or broke off, else 1 where any failed.

        Raises:
            InputError: there is no message, or the conversation waits for something else.
        """
        self._thread_id = name if known else None
        status, said = OK, False
        coming = iter(messages)
        for message in coming:
            if not message.strip():
                continue
            if known and not said and name:
                await self._check_rest(name)
            try:
                text = checked_message(message)
            except InputError:
                if said:
                    self._tell_unsaid([message, *_left(messages, coming)])
                raise
            said = True
            ended = await self._exchange(name, text)
            stops = bool(ended.pending) or ended.status == "error"
            if stops:
                self._tell_unsaid(_left(messages, coming))
            self._view.finish(ended, self._home)
            if stops:
                return DECISION_NEEDED if ended.pending else ERROR
            status = max(status, status_of(ended.status))
        if not said:
            raise InputError("nothing is said; give --say TEXT, or a message a line on standard input")
        return status

    async def _exchange(self, name: str | None, message: str) -> Outcome:
        if self._thread_id is None:
            work = self._talks.begin(name, self._settings.model_copy(update={"task": message}))
        else:
            work = self._talks.say(self._thread_id, message)
        try:
            return await self._followed(work)
        except RepertoryError as error:
            if self.thread_id is None:
                raise
            stands = await self._talks.outcome(self.thread_id)
            return stands.model_copy(update={"status": "error", "error": str(error), "pending": ()})

    def _tell_unsaid(self, messages: Iterable[str]) -> None:
        if left := [message.strip() for message in messages if message.strip()]:
            self._unsaid(left)

    async def _followed(self, work: AsyncGenerator[Event, None]) -> Outcome:
        async with aclosing(work) as events:
            async for event in events:
                if isinstance(event, Outcome):
                    return event
                if isinstance(event, Started):
                    self._thread_id = self.thread_id = event.thread_id
                self._view.show(event)
        raise RepertoryError(f"the conversation {self._thread_id!r} ended without an outcome")

    async def _check_rest(self, thread_id: str) -> None:
        """A message does not get lost before a question; what else is in its way, `say` tells."""
        asked = (await self._talks.outcome(thread_id)).pending
        if asked:
            ids = "\n".join(f"  {pending.id}  {pending.title}" for pending in asked)
            raise InputError(
                f"the conversation {thread_id!r} waits for a decision; answer it first, with `repertory answer "
                f"{thread_id}{self._home} --id ID --approve` or otherwise:\n{ids}"
            )


def _left(messages: Iterable[str], coming: Iterator[str]) -> list[str]:
    """What was not taken yet; a stream that stays open is not waited for."""
    return messages.waiting() if isinstance(messages, Lines) else list(coming)
