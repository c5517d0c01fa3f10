"""One command at a run: shows what happens, has decisions made, and gives the exit status."""

import argparse
import asyncio
import os
import shlex
import sys
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from typing import Any, Literal

from repertory.apps.runs.events import Decided, Event, Noticed, Outcome, Pending, Started
from repertory.apps.runs.runner import BusyError, NoSuchDecisionError, Runner
from repertory.apps.screens.decide import Prompt, approvable, verdict_of
from repertory.apps.screens.jsonl import JsonLines
from repertory.apps.screens.page import Page
from repertory.apps.screens.proposals import headline
from repertory.apps.screens.screen import Screen, View
from repertory.apps.status import OK, status_of
from repertory.memory.errors import RepertoryError

_SECOND_TRY = 0.5
"""Seconds in which a process that is ending lets go of its run."""


class Session:
    """See the module's docstring.

    Args:
        options: `json`, `home`, and, where the command has it, `yes`.
        runner: performs the run.
    """

    def __init__(self, options: argparse.Namespace, runner: Runner) -> None:
        self.runner = runner
        self.page = Page(sys.stdout)
        self.lines = JsonLines(sys.stdout) if options.json else None
        self.view: View = self.lines or Screen(self.page)
        self.home = f" --home {shlex.quote(options.home)}" if options.home else ""
        self.thread_id: str | None = None
        self._yes: bool = getattr(options, "yes", False)
        asks = not options.json and sys.stdin.isatty() and sys.stdout.isatty()
        self._prompt = Prompt(self.page, dict(os.environ)) if asks else None
        self._left: set[str] = set()

    async def follow(self, events: AsyncGenerator[Event, None]) -> int:
        """Show a run until it ends, or until nobody here decides what is asked."""
        return await self._to_the_end(self._shown(events))

    async def answer(self, thread_id: str, answers: Mapping[str, Any], told: Iterable[Decided]) -> int:
        """Give answers, and follow the run from there."""
        return await self._to_the_end(self._answered(thread_id, answers, told))

    def finish(self, outcome: Outcome) -> None:
        """Show how it stands."""
        self.view.finish(outcome, self.home)

    async def _to_the_end(self, first: Any) -> int:
        try:
            outcome: Outcome | None = await first
            while outcome and (given := self._decide(outcome.pending)):
                by, answers = given
                told = decided(outcome.pending, answers, by)
                outcome = await self._answered(outcome.thread_id, answers, told)
        except RepertoryError as error:
            if self.thread_id is None:  # nothing was begun: a mistake in the command
                raise
            stands = await self.runner.outcome(self.thread_id)
            outcome = stands.model_copy(update={"status": "error", "error": str(error), "pending": ()})
        if outcome is None:
            return OK
        self.finish(outcome)
        return status_of(outcome.status)

    def _decide(self, pending: tuple[Pending, ...]) -> tuple[Literal["user", "--yes"], dict[str, Any]] | None:
        """Answers to some of what is asked; None where there are none."""
        if self._yes and (approved := approvable(pending)):
            return "--yes", approved
        if self._prompt is None:
            return None
        answers: dict[str, Any] = {}
        for decision in pending:
            if decision.id not in self._left:
                answer = self._prompt.ask(decision)
                if answer is None:
                    self._left.add(decision.id)
                else:
                    answers[decision.id] = answer
        return ("user", answers) if answers else None

    async def _answered(self, thread_id: str, answers: Mapping[str, Any], told: Iterable[Decided]) -> Outcome | None:
        """Go on with answers; where another process performs the run, leave them for it and return None."""
        try:
            return await self._shown(self.runner.go_on(thread_id, answers), told)
        except NoSuchDecisionError as error:
            if self.thread_id is None:
                raise
            self.view.show(Noticed(text=str(error)))  # somebody was faster
            return await self._shown(self.runner.go_on(thread_id))
        except BusyError:
            await self.runner.queue(thread_id, answers)
        await asyncio.sleep(_SECOND_TRY)
        try:
            return await self._shown(self.runner.go_on(thread_id), told)
        except BusyError as busy:
            self.view.show(Noticed(text=f"{busy}. The answer is kept, and is taken up when that process comes to it"))
            if self.lines:
                self.lines.write({"event": "result", "status": "queued", "thread_id": thread_id})
            return None

    async def _shown(self, events: AsyncGenerator[Event, None], told: Iterable[Decided] = ()) -> Outcome:
        outcome: Outcome | None = None
        async with aclosing(events) as stream:
            async for event in stream:
                if isinstance(event, Outcome):
                    outcome = event
                    continue
                if not isinstance(event, Started):
                    self.view.show(event)
                    continue
                if self.thread_id is None:  # else it just goes on
                    self.view.show(event)
                self.thread_id = event.thread_id
                for decision in told:
                    self.view.show(decision)
        if outcome is None:
            raise RepertoryError(f"the run {self.thread_id!r} ended without an outcome")
        return outcome


def decided(pending: Iterable[Pending], answers: Mapping[str, Any], by: Literal["user", "--yes"]) -> list[Decided]:
    """The decisions that answers make.

    Raises:
        AnswerError: one cannot be understood.
    """
    return [
        Decided(
            id=each.id,
            title=headline(each),
            verdict=verdict_of(answers[each.id], each),
            step_id=each.step_id,
            by=by,
        )
        for each in pending
        if each.id in answers
    ]
