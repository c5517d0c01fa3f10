"""Decisions of a person at the terminal, and those that `--yes` makes."""

import json
import re
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from repertory.apps.events import Pending
from repertory.apps.options import words_or_json
from repertory.apps.page import Page, brief
from repertory.apps.proposals import headline, print_proposal
from repertory.memory.errors import AnswerError, InputError
from repertory.memory.proposals import Proposal
from repertory.memory.records import JsonObject
from repertory.nodes.decisions.answers import parse_answer

_SHOWN = {"origin", "reason", "track", "version", "owner", "status"}
"""Fields of a proposed agent that are not a person's to set."""
_REMARKS = re.compile(r"\A(?:[ \t]*//[^\n]*\n?)+")
"""Why an edit was not accepted, above it in the editor."""
_HELP = """\
a  approve            e  edit it in $EDITOR      r WORDS  answer in words
s  show it again      q  leave it for later      x REASON  reject
or just write your answer: a sentence counts as words to whoever asks"""
_RETRY_HELP = "a  run it again      x REASON  do not      s  show it again      q  leave it for later"


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
        self._drafts: dict[str, tuple[str, str]] = {}
        """Edits by what was edited, each with what is wrong with it, if that showed here: to be taken up again."""

    def ask(self, pending: Pending) -> Any:
        """The answer to one decision; None: left for later."""
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

    def _choice(self, pending: Pending, choice: str) -> Any:
        """The answer; None to ask again, and {} to leave it for later."""
        letter, _, words = choice.partition(" ")
        match letter.lower(), words.strip():
            case (("a" | "approve"), ""):
                return {"verdict": "approve"}
            case (("x" | "reject"), reason):
                return {"verdict": "reject", "text": reason or input("reason (may be empty): ").strip()}
            case (("r" | "respond"), text) if pending.kind != "retry":
                text = text or input("your words: ").strip()
                return {"verdict": "respond", "text": text} if text else None
            case (("e" | "edit"), "") if pending.kind != "retry":
                return self._edited(pending)
            case (("q" | "quit"), ""):
                return {}
            case (("s" | "show"), ""):
                print_proposal(self._page, pending)
            case (("?" | "help"), ""):
                self._page.line(_RETRY_HELP if pending.kind == "retry" else _HELP, wrap=False)
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

    def _edited(self, pending: Pending) -> JsonObject | None:
        before = json.dumps(editable(pending), indent=2, ensure_ascii=False) + "\n"
        draft, wrong = self._drafts.get(before, ("", ""))
        wrong = wrong or pending.objection or ""
        text = draft if draft and wrong else before
        after = _REMARKS.sub("", self._in_editor(_remarks(wrong) + text))
        if after.strip() in ("", before.strip()):  # the way back to what was proposed
            self._drafts.pop(before, None)
        if after.strip() in ("", before.strip(), text.strip()):
            self._page.line("nothing was changed")
            return None
        self._drafts[before] = (after, "")
        try:
            return {"verdict": "edit", "edit": _object(after)}
        except AnswerError as error:
            self._drafts[before] = (after, str(error))
            raise AnswerError(f"{error}; e takes your text up again") from error

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
        return "a run it again, x do not, s show, ? help, q leave it for later: "
    return "a approve, e edit, r words, x reject, s show, ? help, q leave it for later: "


def _remarks(wrong: str) -> str:
    return "".join(f"// {line}\n" for line in f"Not accepted: {wrong}".splitlines()) if wrong else ""


def _object(text: str) -> JsonObject:
    """The edit that a text is.

    Raises:
        AnswerError: it is no JSON object. The line is shown, not its number: remarks above it shift that.
    """
    try:
        edit = json.loads(text)
    except json.JSONDecodeError as error:
        line = text.split("\n")[error.lineno - 1].strip()
        where = f"in the line {line!r}" if line else "in an empty line, or at the end"
        raise AnswerError(f"the edit is no JSON: {error.msg} {where}") from error
    if not isinstance(edit, dict):
        raise AnswerError(f"the edit {brief(text)!r} is no JSON object")
    return edit


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C ends a wait for input; asyncio's own handler would only note it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
