"""The writer with the tests at hand: after its edits they run, and what they say goes back to it."""

import re
from dataclasses import replace

from repertory.nodes.offline.coding.coordinating import MAX_ROUNDS
from repertory.nodes.offline.coding.looking import Call, is_test, python_files, tester
from repertory.nodes.offline.coding.writing import FAILING, Turn, told, write
from repertory.nodes.offline.sections import Data
from repertory.nodes.offline.situation import Done, Situation
from repertory.nodes.prompts import GAVE_UP

_MUST_PASS = re.compile(r"\b(?:pass|passes|green|fix|make sure|ensure|work|works)\b", re.I)
_FROM = re.compile(r"\btests?\s+(?:in|of|from)\b", re.I)


def write_and_test(situation: Situation) -> Turn:
    """The next edits, or the tests after them; in the end, what was changed and what the tests said.

    Each round looks at the files anew, as they are after the edits of the rounds before it.
    """
    runs = [call for call in situation.calls if _is_run(call, situation)]
    if not runs:
        turn = write(situation)
        return turn if isinstance(turn, list) or turn.startswith(GAVE_UP) else [_run(situation)]
    last = runs[-1]
    if last.status != "done":
        return _ended(situation, f"The tests were not run: {last.text}".strip(" :"), failed=True)
    failing, asked = bool(FAILING.match(last.text)), 1 + len(situation.remarks)
    if not failing and sum(not FAILING.match(run.text) for run in runs) >= asked:  # each remark had its run
        return _ended(situation, last.text, failed=False)
    turn = write(_round(situation, failing=failing))
    if isinstance(turn, list):
        return turn
    edited = any(call.status == "done" and _is_edit(call) for call in _since(situation)[1])
    if edited and len(runs) <= MAX_ROUNDS * asked:
        return [_run(situation)]
    return _ended(situation, last.text, failed=failing)


def _round(situation: Situation, *, failing: bool) -> Situation:
    """What a round sees: what was looked at since the tests ran, their failures, and what somebody spoke about."""
    before, since = _since(situation)
    failures = [Data(before[-1].name, before[-1].text)] if failing else []
    spoken_about = filter(_is_edit, before) if situation.remarks else ()
    return replace(situation, calls=[*spoken_about, *since], data=[*situation.data, *failures])


def _since(situation: Situation) -> tuple[list[Done], list[Done]]:
    """The calls up to the last run of the tests, and those after it."""
    at = max((n + 1 for n, call in enumerate(situation.calls) if _is_run(call, situation)), default=0)
    return situation.calls[:at], situation.calls[at:]


def _ended(situation: Situation, tests: str, *, failed: bool) -> str:
    """What was changed, and what the tests say; given up only where they had to pass."""
    report = f"{told(situation)}\n\nTests: {tests}"
    if failed and _MUST_PASS.search(situation.wanted):
        return f"{GAVE_UP} the tests do not pass.\n\n{report}"
    return report


def _run(situation: Situation) -> Call:
    """The tests of one file where that is named, else all."""
    tool = tester(situation.tools)
    assert tool is not None  # noqa: S101 - asked before
    found = _FROM.search(situation.wanted)
    named = [path for path in python_files(situation.wanted[found.end() :]) if is_test(path)] if found else []
    return tool.name, {"path": named[0]} if named and "path" in tool.optional else {}


def _is_run(call: Done, situation: Situation) -> bool:
    tool = tester(situation.tools)
    return tool is not None and call.name == tool.name


def _is_edit(call: Done) -> bool:
    return {"path", "old", "new"} <= call.arguments.keys()
