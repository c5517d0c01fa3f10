"""The writer: looks up what a request names, makes the edits, and after failing tests those that repair them."""

import difflib
import re
from collections.abc import Mapping, Sequence

from repertory.nodes.offline.coding.changing import changed
from repertory.nodes.offline.coding.looking import Call, Looking, is_test, python_files
from repertory.nodes.offline.coding.renaming import renamed
from repertory.nodes.offline.coding.repairing import is_missed, places, repaired
from repertory.nodes.offline.coding.requests import KNOWN, Change, Rename, read_changes, target_of, tell
from repertory.nodes.offline.coding.source import CannotError, Source, defines, hunks
from repertory.nodes.offline.situation import Done, Situation
from repertory.nodes.prompts import GAVE_UP

Turn = list[Call] | str
"""Calls to make now, or what to answer."""

FAILING = re.compile(r"\A\s*(?:FAIL\b|\d+ passed, (?!0 failed, 0 errors))")
"""How a report of tests begins that did not all pass."""
_CALLED = re.compile(r"\b(?:call|name) it `?(?P<name>[A-Za-z_]\w*)`?", re.I)


def write(situation: Situation) -> Turn:
    """The next edits that a request asks for; in the end, what was changed, or why nothing was.

    A renaming leaves tests alone at first: they say what the code is to do, and are changed only where they fail
    because of the old name.
    """
    looking = Looking(situation)
    try:
        changes, again = _asked(situation)
        if not changes:
            raise CannotError(f"I do not understand what to change. Without a language model I can: {KNOWN}.")
        failures = _failures(situation)
        if calls := _looks(changes, failures, looking):
            return calls
        before = looking.now() if again else looking.files()
        after = _after(changes, failures, before, _named(situation))
        calls = _edits(before, after, situation)
    except CannotError as error:
        return f"{GAVE_UP} {error}"
    return calls or told(situation)


def locate(situation: Situation, changes: Sequence[Change]) -> list[Call] | dict[Change, str]:
    """The calls that find out where the changes are to be made; then the file of each.

    Raises:
        CannotError: what is to be changed is not found.
    """
    looking = Looking(situation)
    if calls := _looks(changes, "", looking):
        return calls
    files = looking.files()
    return {change: _home(change, files, _named(situation)) for change in changes}


def _asked(situation: Situation) -> tuple[list[Change], bool]:
    """What is asked for; and whether that is to be done upon edits that were made before somebody said something.

    Of several remarks upon edits the latest counts: those before it were dealt with when they were made.
    """
    written = "\n".join(item.text for item in situation.data)
    changes = [_as_written(change, written) for change in read_changes(situation.instruction)]
    edits = [call for call in situation.calls if {"path", "old", "new"} <= call.arguments.keys()]
    refused = [call.text.removeprefix("The user answered:").strip() for call in edits if call.status == "refused"]
    made, upon = any(call.status == "done" for call in edits), list[Change]()
    for remark in dict.fromkeys([*refused, *situation.remarks]):  # one answer refuses all calls of a response
        called = _CALLED.search(remark)
        said = read_changes(remark)
        renames = [change for change in (*changes, *upon) if isinstance(change, Rename)]
        if called and renames and not said:
            said = [Rename(renames[-1].new if made else renames[-1].old, called["name"])]
        if said and made:
            upon = said
            continue
        targets = {target_of(change) for change in said}
        changes = [change for change in changes if target_of(change) not in targets] + said
    return (upon, True) if upon else (changes, False)


def _as_written(change: Change, written: str) -> Change:
    """A renaming as an earlier round really made it: a person may have chosen another name there."""
    if not isinstance(change, Rename):
        return change
    keyword = r"(?:async\s+)?(?:def\s+|class\s+)?"
    made = re.search(rf"^-{keyword}{change.old}\b.*\n\+{keyword}(?P<new>[A-Za-z_]\w*)", written, re.M)
    return Rename(change.old, made["new"]) if made else change


def _named(situation: Situation) -> list[str]:
    return list(python_files(situation.wanted))


def _failures(situation: Situation) -> str:
    return "\n".join(item.text for item in situation.data if FAILING.match(item.text))


def _looks(changes: Sequence[Change], failures: str, looking: Looking) -> list[Call]:
    names = [name for change in changes for name in _names(change)]
    if calls := looking.searches(names):
        return calls
    found = [path for name in names for path in looking.found(name)]
    return looking.reads([*found, *(place.path for place in places(failures))])


def _names(change: Change) -> list[str]:
    return [change.old, change.new] if isinstance(change, Rename) else [target_of(change)]


def _after(changes: Sequence[Change], failures: str, files: Mapping[str, str], named: Sequence[str]) -> dict[str, str]:
    """All texts with the changes made; where that is so already, and tests fail, with the repairs."""
    after = _with(changes, files, failures, named)
    if failures and after == dict(files):
        after = _with(repaired(changes, failures, files), files, failures, named)
        if after == dict(files):
            raise CannotError("the tests still fail, and what could be repaired is repaired already")
    return after


def _with(changes: Sequence[Change], files: Mapping[str, str], failures: str, named: Sequence[str]) -> dict[str, str]:
    after = dict(files)
    for change in changes:
        if isinstance(change, Rename):
            missed = is_missed(change, failures)
            scope = {path: text for path, text in after.items() if missed or not is_test(path)}
            after |= renamed(change, scope)
        else:
            path = _home(change, after, named)
            after[path] = changed(change, Source(path, after[path]))
    return after


def _home(change: Change, files: Mapping[str, str], named: Sequence[str]) -> str:
    """The file that has what is to be changed.

    Raises:
        CannotError: no file has it, or several have.
    """
    code = [path for path in files if not is_test(path)]
    homes = [path for path in code if any(defines(files[path], name) for name in _names(change))]
    homes = [path for path in homes if path in named] or homes
    if not homes:
        raise CannotError(f"no file of the workspace defines {target_of(change)}")
    if len(homes) > 1:
        raise CannotError(f"{target_of(change)} is defined in {' and '.join(homes)}; name the file")
    return homes[0]


def _edits(before: Mapping[str, str], after: Mapping[str, str], situation: Situation) -> list[Call]:
    """One call for each place; where one was tried, as proposed or as somebody edited it, none is made again."""
    tool = next(tool.name for tool in situation.tools if set(tool.required) == {"path", "old", "new"})
    decided = [call for call in situation.calls if call.status != "refused"]
    made = {(call.arguments.get("path"), call.arguments.get("old")) for call in decided}
    calls: list[Call] = [
        (tool, {"path": path, "old": old, "new": new})
        for path, text in before.items()
        for old, new in hunks(text, after[path])
        if (path, old) not in made
    ]
    return [call for call in calls if not situation.called(*call)]


def told(situation: Situation) -> str:
    """What was changed, as a diff of what was really written; or what was not, and why."""
    edits = [call for call in situation.calls if {"path", "old", "new"} <= call.arguments.keys()]
    missed = [
        f"- {call.arguments['path']}: {'not allowed' if call.status == 'refused' else 'failed'}"
        f"{f': {call.text}' if call.text else ''}"
        for call in edits
        if call.status != "done"
    ]
    done = Looking(situation).edits()
    if not done:
        asked = "; ".join(map(tell, _asked(situation)[0]))
        return f"{GAVE_UP}\n" + "\n".join(missed) if missed else f"Nothing to change: it is so already ({asked})."
    paths = list(dict.fromkeys(str(call.arguments["path"]) for call in done))
    text = f"Changed {', '.join(paths)}.\n\n" + "\n".join(_diff(path, done) for path in paths)
    return f"{text}\n\nNot changed:\n" + "\n".join(missed) if missed else text


def _diff(path: str, edits: Sequence[Done]) -> str:
    """The edits of a file, each with the lines that it changes."""
    lines = [f"--- a/{path}", f"+++ b/{path}"]
    for old, new in ((str(e.arguments["old"]), str(e.arguments["new"])) for e in edits if e.arguments["path"] == path):
        lines += list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1))[3:]
    return "\n".join(lines)
