"""The commands: each opens the home, does its work, and gives an exit status."""

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from repertory.apps.commands.broken_off import broken_off
from repertory.apps.commands.options import home_of
from repertory.apps.commands.session import Session, decided
from repertory.apps.runs.events import Pending
from repertory.apps.runs.runner import Runner
from repertory.apps.runs.threads import Settings
from repertory.apps.screens.summary import print_run, print_runs
from repertory.apps.status import OK
from repertory.memory.errors import InputError
from repertory.memory.home import open_home


def run(options: argparse.Namespace, settings: Settings) -> int:
    """`repertory run`: plan a task and perform it."""
    return at_home(options, lambda at: at.follow(at.runner.begin(options.thread, settings)))


def resume(options: argparse.Namespace) -> int:
    """`repertory resume`: go on with a run."""
    return at_home(options, lambda at: at.follow(at.runner.go_on(options.thread)))


def answer(options: argparse.Namespace, given: Any) -> int:
    """`repertory answer`: give an answer, and go on with the run."""

    async def do(at: Session) -> int:
        pending = await at.runner.pending(options.thread)
        answers = dict.fromkeys(_chosen(options.thread, pending, options.ids, everything=options.all), given)
        return await at.answer(options.thread, answers, decided(pending, answers, "user"))

    return at_home(options, do)


def runs(options: argparse.Namespace) -> int:
    """`repertory runs`: list the runs."""

    async def do(at: Session) -> int:
        threads = await at.runner.threads.all()
        if at.lines is None:
            print_runs(at.page, threads)
            return OK
        for thread in threads:
            at.lines.write({"event": "run", **thread.model_dump(mode="json"), "status": thread.standing})
        return OK

    return at_home(options, do)


def show(options: argparse.Namespace) -> int:
    """`repertory show`: all of a run, untouched."""

    async def do(at: Session) -> int:
        outcome = await at.runner.outcome(options.thread)
        if at.lines is None:
            print_run(at.page, outcome, at.home)
        else:
            at.finish(outcome)
        return OK

    return at_home(options, do)


def _chosen(thread_id: str, pending: Sequence[Pending], ids: Sequence[str], *, everything: bool) -> list[str]:
    """Ids of the decisions that an answer is for.

    Raises:
        InputError: there are none, or several without a word on which, or an id that fits none or several.
    """
    listing = "\n".join(f"  {decision.id}  {decision.title}" for decision in pending)
    if not pending:
        raise InputError(f"the run {thread_id!r} waits for no decision; `repertory show {thread_id}` says how it is")
    if everything or (not ids and len(pending) == 1):
        return [decision.id for decision in pending]
    if not ids:
        raise InputError(f"{len(pending)} decisions are needed; say which with --id, or --all:\n{listing}")
    chosen = []
    for given in ids:
        fitting = [decision.id for decision in pending if decision.id.startswith(given)]
        if len(fitting) != 1 or not given:
            fits = "several decisions" if fitting else "no decision"
            raise InputError(f"the id {given!r} fits {fits}; the run waits for:\n{listing}")
        chosen += fitting
    return list(dict.fromkeys(chosen))


def at_home(options: argparse.Namespace, do: Callable[[Session], Awaitable[int]]) -> int:
    """Open the home, do what a command does there, and give the exit status."""
    sessions: list[Session] = []

    async def work() -> int:
        async with open_home(home_of(options), environ=os.environ) as home:
            sessions.append(Session(options, Runner(home, os.environ)))
            return await do(sessions[0])

    try:
        return asyncio.run(work())
    except BaseException as error:
        at = sessions[0] if sessions else None
        if at is None or at.thread_id is None:
            raise
        go_on = f"repertory resume {at.thread_id}{at.home}"
        return broken_off(error, "run", at.thread_id, go_on=go_on, lines=at.lines)
