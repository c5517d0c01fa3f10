"""Decisions of a person at the terminal, and those that `--yes` makes."""

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from repertory.apps.commands.options import words_or_json
from repertory.apps.runs.events import Pending
from repertory.apps.screens.editor import Editor
from repertory.apps.screens.page import Page
from repertory.apps.screens.proposals import headline, print_proposal
from repertory.memory.errors import InputError
from repertory.memory.proposals import Proposal
from repertory.nodes.decisions.answers import parse_answer
from repertory.nodes.decisions.executors import RESULT_FORM

_HELP = """\
a  approve            e  edit it in $EDITOR      r WORDS  answer in words
s  show it again      q  leave it for later      x REASON  reject
or just write your answer: a sentence counts as words to whoever asks"""
_RESULT_HELP = f"""\
o TEXT  the result: the answer, or what came of the call
r WORDS  answer in words      x REASON  reject
s  show it again      q  leave it for later
or write it as JSON: {RESULT_FORM};
of several calls, one decision for each: {{"decisions": […]}}"""
_RETRY_HELP = "a  run it again      x REASON  do not      s  show it again      q  leave it for later"


def approvable(pending: Iterable[Pending]) -> dict[str, Any]:
    """What `--yes` approves.

    All but repeating a call whose outcome is unknown, calls whose results are waited for, what an answer was refused
    for, and prompts that came in from elsewhere and that nobody has approved: whoever says yes beforehand has not seen
    them.
    """
    yes = (p for p in pending if p.kind != "retry" and not p.awaited and not p.objection and not _has_drafts(p))
    return {p.id: {"verdict": "approve"} for p in yes}


def _has_drafts(pending: Pending) -> bool:
    return any(agent.get("status") == "draft" for agent in pending.proposal["content"].get("agents", []))


def verdict_of(answer: Any, pending: Pending) -> str:
    """What an answer to a decision means.

    Raises:
        AnswerError: it cannot be understood.
    """
    return parse_answer(answer, Proposal.model_validate(pending.proposal)).verdict


class Prompt:
    """Asks at the terminal.

    Args:
        page: where to ask.
        environ: VISUAL and EDITOR are read.
    """

    def __init__(self, page: Page, environ: dict[str, str]) -> None:
        self._page = page
        self._editor = Editor(page, environ)

    def ask(self, pending: Pending) -> Any:
        """The answer to one decision; None: left for later."""
        with interruptible():
            self._page.line(headline(pending), "bold")
            while True:
                try:
                    answer = self._choice(pending, input(_menu(pending)).strip())
                except EOFError:
                    self._page.line()
                    return None
                except InputError as error:
                    self._page.line(f"Not accepted: {error}", "red")
                    continue
                if answer is not None:
                    return answer or None

    def _choice(self, pending: Pending, choice: str) -> Any:
        """The answer; None to ask again, and {} to leave it for later."""
        letter, _, words = choice.partition(" ")
        match letter.lower(), words.strip():
            case (("o" | "result"), text) if pending.awaited:
                text = text or input("the result: ").strip()
                return {"type": "result", "status": "completed", "output": text} if text else None
            case (("a" | "approve"), "") if not pending.awaited:
                return {"verdict": "approve"}
            case (("x" | "reject"), reason):
                return {"verdict": "reject", "text": reason or input("reason (may be empty): ").strip()}
            case (("r" | "respond"), text) if pending.kind != "retry":
                text = text or input("your words: ").strip()
                return {"verdict": "respond", "text": text} if text else None
            case (("e" | "edit"), "") if pending.kind != "retry" and not pending.awaited:
                return self._editor.edited(pending)
            case (("q" | "quit"), ""):
                return {}
            case (("s" | "show"), ""):
                print_proposal(self._page, pending, full=True)
            case (("?" | "help"), ""):
                self._page.line(_help(pending), wrap=False)
            case "", "":
                pass
            case _:
                return self._worded(pending, choice)
        return None

    def _worded(self, pending: Pending, choice: str) -> Any:
        """What is no letter of the menu counts as the same words would in `repertory answer`."""
        answer = words_or_json(choice) if len(choice) > 1 else None
        known = ("approve", "reject") if pending.kind == "retry" else ("approve", "reject", "respond", "edit")
        if answer is not None and verdict_of(answer, pending) in known:
            return answer
        self._page.line(f"{choice!r} is none of the letters; ? says what they mean")
        return None


def _help(pending: Pending) -> str:
    if pending.awaited:
        return _RESULT_HELP
    return _RETRY_HELP if pending.kind == "retry" else _HELP


def _menu(pending: Pending) -> str:
    if pending.awaited:
        return "o result, r words, x reject, s show, ? help, q leave it for later: "
    if pending.kind == "retry":
        return "a run it again, x do not, s show, ? help, q leave it for later: "
    return "a approve, e edit, r words, x reject, s show, ? help, q leave it for later: "


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C ends a wait for input; asyncio's own handler would only note it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
