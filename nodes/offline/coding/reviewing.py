"""What a reader of changed code can object to by rule."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from repertory.nodes.offline.coding.requests import Change, Guard, Rename
from repertory.nodes.offline.coding.source import CannotError, Function, Source

MAX_LINE = 120
"""Characters of a line of code."""


def points(files: Mapping[str, str], changes: Sequence[Change], told: str) -> list[str]:
    """What is wrong or missing, each with its place.

    Args:
        files: the texts that were read, by path.
        changes: what was asked for.
        told: what the writer and the testers said, with the diff.
    """
    found = [] if re.search(r"^PASS\b", told, re.M) else ["the tests did not pass, or nobody said that they did"]
    added = {line[1:].strip() for line in told.splitlines() if line.startswith("+") and not line.startswith("+++")}
    for path, text in files.items():
        try:
            source = Source(path, text)
        except CannotError as error:
            found.append(str(error))
            continue
        found += [f"{path}: {point}" for point in (*_left_over(source, changes), *_of_lines(source, added))]
        for change in changes:
            if isinstance(change, Guard):
                found += [
                    f"{path}: {point}"
                    for one in source.functions(change.function)
                    for point in _undocumented(one, change)
                ]
    return list(dict.fromkeys(found))


def _left_over(source: Source, changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        if isinstance(change, Rename):
            lines = [n for n, line in enumerate(source.text.split("\n"), 1) if re.search(rf"\b{change.old}\b", line)]
            if lines:
                yield f"line {', '.join(map(str, lines))} still says {change.old}"


def _of_lines(source: Source, added: set[str]) -> Iterator[str]:
    for number, line in enumerate(source.text.split("\n"), 1):
        if line.strip() in added and len(line) > MAX_LINE:
            yield f"line {number} has {len(line)} characters"
        if line.strip() in added and re.search(r"#.*\b(?:TODO|FIXME|XXX)\b", line):
            yield f"line {number} leaves something to be done"


def _undocumented(function: Function, change: Guard) -> Iterator[str]:
    words = ast.get_docstring(function) or ""
    if change.does == "raise" and any(isinstance(node, ast.Raise) for node in ast.walk(function)):
        if not words:
            yield f"{function.name} has no docstring that tells when it raises"
        elif "rais" not in words.lower():
            yield f"the docstring of {function.name} does not tell that it raises"
