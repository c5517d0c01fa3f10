"""Edits of proposals in the user's own editor."""

import json
import re
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from repertory.apps.runs.events import Pending
from repertory.apps.screens.page import Page, brief
from repertory.memory.errors import AnswerError, InputError
from repertory.memory.records import BOOKKEEPING, JsonObject

_SHOWN = {"origin", "reason", *BOOKKEEPING}
"""Fields of a proposed agent that are not a person's to set."""
_REMARKS = re.compile(r"\A(?:[ \t]*//[^\n]*\n?)+")
"""Why an edit was not accepted, above it in the editor."""


class Editor:
    """Opens an editor, and keeps drafts that were not accepted.

    Args:
        page: where to say what came of it.
        environ: VISUAL and EDITOR are read.
    """

    def __init__(self, page: Page, environ: Mapping[str, str]) -> None:
        self._page = page
        self._command = environ.get("VISUAL") or environ.get("EDITOR") or "vi"
        self._drafts: dict[str, tuple[str, str]] = {}
        """Edits by what was edited, each with what is wrong with it, if that showed here: to be taken up again."""

    def edited(self, pending: Pending) -> JsonObject | None:
        """The edit as an answer; None where nothing was changed.

        Raises:
            InputError: it is no JSON, or there is no editor.
        """
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
                subprocess.run([*shlex.split(self._command), str(path)], check=True)  # noqa: S603 - the user's own
            except (OSError, subprocess.CalledProcessError) as error:
                raise InputError(f"the editor {self._command!r} did not work: {error}; set EDITOR") from error
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
