"""What failing tests say about a change: names that were not renamed everywhere, another error or message expected."""

import ast
import builtins
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from repertory.nodes.offline.coding.requests import Change, Guard, Rename, tell
from repertory.nodes.offline.coding.source import CannotError, Source, defines

_PLACE = re.compile(
    r'(?:File "(?P<file>[^"\n]+\.py)", line (?P<line>\d+)|^(?P<short>[\w./-]+\.py):(?P<number>\d+):)', re.M
)
_MISSING = r"(?:cannot import name|has no attribute|is not defined|does not have the attribute)"
_EXPECTS = ("assertRaises", "assertRaisesRegex", "raises")
_PLAIN = re.compile(r"[^\\.^$*+?{}\[\]|()]+")


class Place(NamedTuple):
    """A line of a file that a failure names."""

    path: str
    line: int


@dataclass(frozen=True)
class Expected:
    """What a test expects to be raised."""

    error: str
    message: str | None
    """A text that the message is to contain."""


def places(failures: str) -> list[Place]:
    """The lines that a report of failures names, in its order."""
    found = [
        Place(match["file"] or match["short"], int(match["line"] or match["number"]))
        for match in _PLACE.finditer(failures)
    ]
    return [place for place in dict.fromkeys(found) if not place.path.startswith(("/", "<"))]


def is_missed(change: Rename, failures: str) -> bool:
    """Whether a failure comes from a use of the old name."""
    return any(re.search(rf"\b{change.old}\b", line) and re.search(_MISSING, line) for line in failures.splitlines())


def repaired(changes: Sequence[Change], failures: str, files: Mapping[str, str]) -> list[Change]:
    """The changes to make instead, so that the tests pass.

    Args:
        changes: what was asked for, and is made already.
        failures: the report of the tests.
        files: texts by path, with those that the failures name.

    Raises:
        CannotError: the tests want something that was not asked for, or it is not known what.
    """
    wanted = list(dict.fromkeys(_expected(places(failures), files)))
    found: list[Change] = []
    for change in changes:
        if isinstance(change, Rename) and is_missed(change, failures):
            found.append(change)
        elif isinstance(change, Guard) and change.does == "raise" and change.function in _called(failures, files):
            found += [_as_expected(change, expected, files) for expected in wanted[:1]]
    if not found:
        asked = "; ".join(tell(change) for change in changes)
        raise CannotError(
            f"the tests still fail, and I cannot tell what to repair without undoing what was asked ({asked})"
        )
    return found


def _as_expected(change: Guard, expected: Expected, files: Mapping[str, str]) -> Guard:
    """The guard as the tests want it, as far as the request leaves that open."""
    if expected.error != change.what and not change.free and not _covers(expected.error, change.what):
        raise CannotError(f"the tests expect {expected.error}, and what was asked for is {change.what}")
    error = change.what if _covers(expected.error, change.what) else expected.error
    if not hasattr(builtins, error) and not any(defines(text, error) for text in files.values()):
        raise CannotError(f"the tests expect {error}, and I do not find where that is defined")
    if expected.message is None:
        return replace(change, what=error, renew=True)
    # What stands before the value; the value itself is told after it.
    return replace(change, what=error, message=expected.message.strip(" ,:"), renew=True)


def _covers(wider: str, narrower: str) -> bool:
    """Whether a test that expects one error is content with another."""
    one, other = getattr(builtins, wider, None), getattr(builtins, narrower, None)
    return wider == narrower or (isinstance(one, type) and isinstance(other, type) and issubclass(other, one))


def _expected(found: Iterable[Place], files: Mapping[str, str]) -> Iterable[Expected]:
    """What the tests expect at the places that the failures name."""
    for place in found:
        if place.path not in files:
            continue
        for node in ast.walk(Source(place.path, files[place.path]).tree):
            if isinstance(node, ast.With) and node.lineno <= place.line <= (node.end_lineno or 0):
                yield from (one for item in node.items if (one := _expectation(item.context_expr)))


def _expectation(node: ast.expr) -> Expected | None:
    if not isinstance(node, ast.Call) or not node.args:
        return None
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name not in _EXPECTS:
        return None
    given = [
        *node.args[1:2],
        *(keyword.value for keyword in node.keywords if keyword.arg in ("match", "expected_regex")),
    ]
    message = next((n.value for n in given if isinstance(n, ast.Constant) and isinstance(n.value, str)), None)
    if given and (message is None or not _PLAIN.fullmatch(message)):
        raise CannotError(f"the tests expect a message like {ast.unparse(given[0])}, a pattern that I do not read")
    return Expected(ast.unparse(node.args[0]).rpartition(".")[2], message)


def _called(failures: str, files: Mapping[str, str]) -> set[str]:
    """What the lines that failures name call, the whole `with` around each included."""
    found: set[str] = set()
    for place in places(failures):
        if place.path not in files:
            continue
        for node in ast.walk(Source(place.path, files[place.path]).tree):
            is_around = isinstance(node, ast.With | ast.Expr | ast.Assign | ast.Return)
            if is_around and node.lineno <= place.line <= (node.end_lineno or 0):  # type: ignore[attr-defined]
                calls = (inner.func for inner in ast.walk(node) if isinstance(inner, ast.Call))
                found |= {func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in calls}
    return found
