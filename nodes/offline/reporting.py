"""The report: the task answered from the results of its steps."""

import re
from collections.abc import Sequence

from repertory.nodes.offline.prosework import bullets, salient
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
    findings = [_plain(result.text) for result in done if not _WRITTEN.match(result.text)]
    parts = [_counted(task, findings)]
    main = findings.pop() if len(findings) > 1 and _is_long(findings[-1]) else ""
    findings = [text for text in findings if text not in main]
    if main:
        parts.append(main)
    further = [text for text in findings if not _is_long(text)]
    if main and findings:
        parts.append("**What else was found**")
    parts.append(bullets(further) if len(further) > 1 or main else "\n".join(further))
    parts += [_in_short(text) if main else _cut(text, 4000) for text in findings if _is_long(text)]
    written = [match["file"] for result in done for match in _WRITTEN.finditer(result.text)]
    if written:
        parts.append(f"Written: {', '.join(dict.fromkeys(written))}.")
    if undone:
        lines = [
            f"{result.source} ({result.status}): {_cut(result.text, 300) or 'no reason given'}" for result in undone
        ]
        parts.append(f"**Not done**\n{bullets(lines)}")
    return "\n\n".join(filter(None, parts)) or "No step brought a result."


def _counted(task: str, findings: Sequence[str]) -> str:
    """`How many words are in a.md?` is answered by the figure itself."""
    lines = []
    for noun in re.findall(r"\bhow many (\w+)", task, re.I):
        for text in findings:
            title, _, rest = text.partition(": ")
            if (found := re.search(rf"(\d[\d,]*) {re.escape(noun)}\b", rest)) and len(title) < 100:
                lines.append(f"**{title} has {found[1]} {noun}.**")
    return "\n".join(lines)


def _plain(text: str) -> str:
    """A result as people want to read it: nobody wants the rows of a table read out."""
    source = Source("table", text)
    if source.rows:
        return f"A table of {overview(source.rows)}"
    return source.told_in_short() if source.is_outline else text.strip()


def _in_short(text: str) -> str:
    """A result beside the main one: a whole document by its gist, a long listing by its beginning."""
    heading = re.match(r"#+ (.+)", text)
    if heading and len(text) > 600:
        return f"**{heading[1].strip()}**: {' '.join(salient(text, 3))}"
    return _cut(text, 1200 if not re.match(r"\d+ lines? contain", text) else 400)


def _is_long(text: str) -> bool:
    """Whether a result is an answer of its own rather than a fact."""
    return len(text) > _LONG or "\n" in text


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit].rsplit(None, 1)[0]} […]"
