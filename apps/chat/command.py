"""`repertory chat`: opens the home, finds the persona, and talks."""

import argparse
import asyncio
import os
import shlex
import sys
from collections.abc import Iterable

from repertory.apps.chat.asking import Asker
from repertory.apps.chat.back import Back
from repertory.apps.chat.batch import Batch, ChatPlain
from repertory.apps.chat.beside import found_path
from repertory.apps.chat.desk import Desk
from repertory.apps.chat.keys import Keys
from repertory.apps.chat.lines import Lines
from repertory.apps.chat.moves import Moves
from repertory.apps.chat.options import check_begun, checked_message, going_on
from repertory.apps.chat.personas import changed_since, is_file, named_agent
from repertory.apps.chat.screen import ChatScreen
from repertory.apps.chat.session import ChatSession
from repertory.apps.chat.sheet import Sheet
from repertory.apps.commands.agents.kept import opened
from repertory.apps.commands.broken_off import broken_off
from repertory.apps.commands.options import home_of
from repertory.apps.runs.runner import Runner
from repertory.apps.runs.threads import Settings, Thread
from repertory.apps.screens.editor import Editor
from repertory.apps.screens.jsonl import JsonLines
from repertory.memory.home import open_home
from repertory.memory.records import Agent
from repertory.memory.registry import Registry
from repertory.nodes.decisions.policy import Policy


def chat(options: argparse.Namespace, settings: Settings) -> int:
    """Talk; returns the exit status.

    Args:
        options: of the command line.
        settings: made of them by `chat_settings`.

    Raises:
        InputError: no such persona, a file that is wrong, or a thread that does not fit.
    """
    from_file = opened([options.persona])[0] if is_file(options.persona) else None  # before anything is opened
    if options.message is not None:
        options.message = checked_message(options.message)
    if options.say is not None:
        options.say = checked_message(sys.stdin.read() if options.say == "-" else options.say)
    at: list[_Chat] = []

    async def work() -> int:
        async with open_home(home_of(options), environ=os.environ) as home:
            agent = from_file or await named_agent(Registry(home.store, home.index, options.owner), options.persona)
            at.append(_Chat(options, settings, agent, Runner(home, os.environ, stream=_streams(options))))
            return await at[0].talk()

    try:
        status = asyncio.run(work())
    except BaseException as error:
        thread_id = at[0].thread_id if at else None
        if thread_id is None:
            raise
        go_on = going_on(options, thread_id)
        return broken_off(error, "conversation", thread_id, go_on=go_on, lines=at[0].lines)
    if at[0].thread_id is not None and not options.json:
        at[0].sheet.pair("go on", going_on(options, at[0].thread_id), wrap=False)
    return status


def _is_interactive(options: argparse.Namespace) -> bool:
    """Whether a person is there to be asked."""
    return options.say is None and not options.json and sys.stdin.isatty() and sys.stdout.isatty()


def _streams(options: argparse.Namespace) -> bool:
    """Whether anybody wants proposals as they are written."""
    return bool(options.stream) or (not options.json and sys.stdout.isatty())


class _Chat:
    """One run of the command."""

    def __init__(self, options: argparse.Namespace, settings: Settings, agent: Agent, runner: Runner) -> None:
        self.sheet = Sheet(sys.stdout)
        self._options = options
        self._settings = settings
        self._agent = agent
        self._runner = runner
        self.lines = JsonLines(sys.stdout, stream=options.stream) if options.json else None
        self._at: ChatSession | Batch | None = None

    @property
    def thread_id(self) -> str | None:
        """The conversation, once this process is at it."""
        return self._at.thread_id if self._at else None

    async def talk(self) -> int:
        """Talk, at the terminal or without."""
        options = self._options
        thread = await self._runner.threads.find(options.thread) if options.thread else None
        policy = self._settings.policy
        if thread is not None:
            self._take_up(thread)
        if options.beside:
            policy = Policy.beside(found_path(self._agent, options.beside))
        if thread is not None and (options.policy or options.beside):
            await self._runner.set_policy(thread.id, policy)
        elif thread is not None:
            policy = thread.settings.policy
        self._settings = self._settings.model_copy(update={"agent": self._agent, "policy": policy})
        if _is_interactive(options):
            session = self._session()
            self._at = session
            if thread is not None:
                return await session.take_up(thread.id, options.message)
            return await session.begin(options.thread, options.message)
        return await self._batch(known=thread is not None)

    def _take_up(self, thread: Thread) -> None:
        check_begun(self._options, thread.id)
        notice = changed_since(thread, self._agent)
        self._agent = thread.settings.agent or self._agent
        self._settings = thread.settings
        if notice:
            print(f"repertory: {notice}", file=sys.stderr)

    def _session(self) -> ChatSession:
        screen = ChatScreen(self.sheet, self._agent)
        desk, editor = Desk(self.sheet, Keys(), self._agent), Editor(self.sheet, dict(os.environ))
        moves = Moves(self._runner, desk, Back(screen, desk, editor), self._settings.policy)
        asker = Asker(screen, desk, editor)
        return ChatSession(self._runner, self._settings, screen=screen, desk=desk, asker=asker, moves=moves)

    async def _batch(self, *, known: bool) -> int:
        options = self._options
        home = f" --home {shlex.quote(options.home)}" if options.home else ""
        view = self.lines or ChatPlain(ChatScreen(self.sheet, self._agent), self._settings)
        batch = Batch(self._runner, self._settings, view, home, self._unsaid)
        self._at = batch
        messages: Iterable[str] = Lines(sys.stdin)
        if options.say is not None or options.message is not None:
            messages = [options.say if options.say is not None else options.message]
        return await batch.run(options.thread, messages, known=known)

    def _unsaid(self, messages: list[str]) -> None:
        """A message does not get lost without a word."""
        how = going_on(self._options, self.thread_id) if self.thread_id else "the same command"
        if self.lines:
            self.lines.write({"event": "unsaid", "messages": messages, "command": how})
        listing = "\n".join(f"  {message}" for message in messages)
        print(f"repertory: not said, since it goes no further before them:\n{listing}", file=sys.stderr)
        print(f"repertory: when that is settled, say them with: {how}", file=sys.stderr)
