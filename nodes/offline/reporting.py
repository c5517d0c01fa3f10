"""The report: the task answered from the results of its steps."""

import re
from collections.abc import Sequence

from repertory.nodes.offline.prosework import bullets
from repertory.nodes.offline.sections import Data
from repertory.nodes.offline.sources import Source
from repertory.nodes.offline.tableanswers import overview

_WRITTEN = re.compile(r"^(?P<verb>Wrote|Appended to) (?P<file>\S+): \d+ bytes", re.M)
_LONG = 400
"""Characters from which a result counts as an answer of its own rather than a fact."""


def report(task: str, results: Sequence[Data]) -> str:
    """One readable answer: the main finding, what else was found, files written, what is missing."""
    done = [result for result in results if result.status == "done" and result.text]
    undone = [result for result in results if result.status != "done"]
    findings = [result for result in done if not _WRITTEN.match(result.text)]
    parts = [_counted(task, findings)]
    main = findings[-1] if findings and (len(findings[-1].text) > _LONG or "\n" in findings[-1].text) else None
    if main:
        parts.append(_plain(main.text))
        findings = findings[:-1]
    if findings:
        lines = [_brief(result.text, whole=not main) for result in findings]
        if main:
            parts.append(f"What it rests on:\n{bullets(lines)}")
        else:
            parts.append("\n\n".join(lines) if len(lines) == 1 else bullets(lines))
    written = [f"{match['file']}" for result in done for match in _WRITTEN.finditer(result.text)]
    if written:
        parts.append(f"Written: {', '.join(dict.fromkeys(written))}.")
    if undone:
        lines = [f"{result.source} ({result.status}): {_brief(result.text) or 'no reason given'}" for result in undone]
        parts.append(f"Not done:\n{bullets(lines)}")
    return "\n\n".join(filter(None, parts)) or "No step brought a result."


def _counted(task: str, findings: Sequence[Data]) -> str:
    """`How many words are in a.md?` is answered by the figure itself."""
    lines = []
    for noun in re.findall(r"\bhow many (\w+)", task, re.I):
        for result in findings:
            title, _, rest = result.text.partition(": ")
            if (found := re.search(rf"(\d[\d,]*) {re.escape(noun)}\b", rest)) and len(title) < 100:
                lines.append(f"**{title} has {found[1]} {noun}.**")
    return "\n".join(lines)


def _plain(text: str) -> str:
    """A text; rows of a table as an overview, since nobody wants them read out."""
    rows = Source("table", text).rows
    return overview(rows) if rows else text


def _brief(text: str, *, whole: bool = False) -> str:
    text = _plain(text)
    limit = 1200 if whole else 350
    if len(text) <= limit and (whole or "\n" not in text):
        return text
    first = re.split(r"\n\s*\n", text.strip())[0] if not whole else text
    first = " ".join(first.split()) if not whole else first
    return first if len(first) <= limit else f"{first[:limit].rsplit(' ', 1)[0]} …"
