"""Whose turn it is in the work on code: a writer, a tester, a reviewer, or one who says what is required."""

import re
from collections.abc import Sequence

from langchain_core.messages import BaseMessage

from repertory.nodes.offline.coding.coordinating import coordinate
from repertory.nodes.offline.coding.looking import Looking, editor, is_test, python_files, tester
from repertory.nodes.offline.coding.requests import KNOWN, read_changes, tell
from repertory.nodes.offline.coding.reviewing import points
from repertory.nodes.offline.coding.source import CannotError
from repertory.nodes.offline.coding.tested import write_and_test
from repertory.nodes.offline.coding.writing import Turn, locate, write
from repertory.nodes.offline.situation import Situation
from repertory.nodes.prompts import GAVE_UP


def code_turn(messages: Sequence[BaseMessage], situation: Situation) -> Turn | None:
    """The next calls, or the answer, of a persona that works on code; None for any other.

    Which one it is shows in its tools and in the words of its prompt, and that it is about code in the request.
    """
    if (turn := coordinate(messages)) is not None:
        return turn
    is_about_code = bool(re.search(r"\bcode\b", situation.system, re.I))
    if editor(situation.tools) and (is_about_code or read_changes(situation.instruction)):
        return write_and_test(situation) if tester(situation.tools) else write(situation)
    if not is_about_code:
        return None
    if tester(situation.tools):
        return _test(situation)
    if re.search(r"\breview", situation.system, re.I):
        return _review(situation)
    return _require(situation) if re.search(r"\brequire(?:d|ments?)\b", situation.system, re.I) else None


def _test(situation: Situation) -> Turn:
    tool = tester(situation.tools)
    assert tool is not None  # noqa: S101 - asked before
    runs = [call for call in situation.calls if call.name == tool.name]
    if not runs:
        return [(tool.name, {})]
    if runs[-1].status != "done":
        return f"{GAVE_UP} the tests were not run: {runs[-1].text}"
    passed = re.match(r"\d+ passed, 0 failed, 0 errors", runs[-1].text)
    return f"{'PASS' if passed else 'FAIL'}\n{runs[-1].text}"


def _require(situation: Situation) -> Turn:
    changes = read_changes(situation.wanted)
    if not changes:
        return f"{GAVE_UP} I do not understand what to change. Without a language model I can: {KNOWN}."
    try:
        homes = locate(situation, changes)
    except CannotError as error:
        return f"{GAVE_UP} {error}"
    if isinstance(homes, list):
        return homes
    looking = Looking(situation)
    lines = [f"- {path}: {tell(change)}" for change, path in homes.items()]
    names = [
        name for change in changes for name in looking.found(getattr(change, "function", getattr(change, "old", "")))
    ]
    tests = sorted({path for path in names if is_test(path)})
    lines.append("- everything else stays as it is")
    checked = (
        f"the tests pass, those in {', '.join(tests)} among them" if tests else "the tests pass; none is about it yet"
    )
    return "\n".join([*lines, f"- done when {checked}"])


def _review(situation: Situation) -> Turn:
    told = "\n".join([situation.instruction, *(item.text for item in situation.data)])
    told = re.sub(r"^(---|\+\+\+) [ab]/", r"\1 ", told, flags=re.M)
    looking, named = Looking(situation), list(python_files(told))
    changes = read_changes(situation.wanted)
    old = [change.old for change in changes if hasattr(change, "old")]
    if calls := looking.searches(old) or looking.reads(
        [*named, *(path for name in old for path in looking.found(name))]
    ):
        return calls
    found = points(looking.files(), changes, told)
    listed = "\n".join(f"- {point}" for point in found)
    read = ", ".join(looking.files()) or "no file"
    return f"POINTS\n{listed}" if found else f"OK\nRead {read}: nothing to object to was found by rule."
