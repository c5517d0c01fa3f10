"""Decisions of a person at the terminal, and those that `--yes` makes."""

import json
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from repertory.apps.events import Pending
from repertory.apps.page import Page
from repertory.apps.proposals import headline, print_proposal
from repertory.memory.errors import AnswerError, InputError
from repertory.memory.proposals import Proposal
from repertory.memory.records import JsonObject
from repertory.nodes.decisions.answers import parse_answer

_SHOWN = {"origin", "reason", "track", "version", "owner", "status"}
"""Fields of a proposed agent that are not a person's to set."""


def approvable(pending: Iterable[Pending]) -> dict[str, Any]:
    """What `--yes` approves: all but repeating a call whose outcome is unknown, and what an answer was refused for."""
    return {p.id: {"verdict": "approve"} for p in pending if p.kind != "retry" and not p.objection}


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
        self._editor = environ.get("VISUAL") or environ.get("EDITOR") or "vi"
        self._drafts: dict[str, str] = {}
        """Edits that were not accepted, by proposal, to be taken up again."""

    def ask(self, pending: Pending) -> JsonObject | None:
        """One decision; None: left for later."""
        with _interruptible():
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

    def _choice(self, pending: Pending, choice: str) -> JsonObject | None:
        """The answer; None to ask again, and {} to leave it for later."""
        letter, _, words = choice.partition(" ")
        match letter.lower():
            case "a" | "approve":
                return {"verdict": "approve"}
            case "x" | "reject":
                return {"verdict": "reject", "text": words or input("reason (may be empty): ").strip()}
            case "r" | "respond" if pending.kind != "retry":
                text = words or input("your words: ").strip()
                return {"verdict": "respond", "text": text} if text else None
            case "e" | "edit" if pending.kind != "retry":
                return self._edited(pending)
            case "q" | "quit":
                return {}
            case "s" | "show":
                print_proposal(self._page, pending)
            case "":
                pass
            case _:
                self._page.line(f"{choice!r} is none of the letters")
        return None

    def _edited(self, pending: Pending) -> JsonObject | None:
        before = json.dumps(editable(pending), indent=2, ensure_ascii=False) + "\n"
        key = pending.step_id or pending.kind
        after = self._in_editor(self._drafts.get(key, before) if pending.objection else before)
        if after.strip() in ("", before.strip()):
            self._page.line("nothing was changed")
            return None
        self._drafts[key] = after
        try:
            edit = json.loads(after)
        except ValueError as error:
            raise AnswerError(f"the edit is no JSON: {error}") from error
        return {"verdict": "edit", "edit": edit}

    def _in_editor(self, text: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "proposal.json"
            path.write_text(text, encoding="utf-8")
            try:
                subprocess.run([*shlex.split(self._editor), str(path)], check=True)  # noqa: S603 - the user's own
            except (OSError, subprocess.CalledProcessError) as error:
                raise InputError(f"the editor {self._editor!r} did not work: {error}; set EDITOR") from error
            return path.read_text(encoding="utf-8", errors="replace")


def editable(pending: Pending) -> JsonObject:
    """What a person edits of a proposal: in the form that an edit is given back in."""
    proposal = pending.proposal
    if pending.kind == "plan":
        content = proposal["content"]
        agents = [{k: v for k, v in agent.items() if k not in _SHOWN} for agent in content["agents"]]
        return {"steps": content["steps"], "agents": agents}
    if proposal["calls"]:
        return {"calls": proposal["calls"]}
    if pending.kind == "rating":
        return {"rating": proposal["content"]["rating"]}
    return {"text": proposal["text"]}


def _menu(pending: Pending) -> str:
    if pending.kind == "retry":
        return "a run it again, x do not, s show, q leave it for later: "
    return "a approve, e edit, r respond in words, x reject, s show, q leave it for later: "


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C ends a wait for input; asyncio's own handler would only note it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
