"""The material of an answer: each source with its title, and what kind of text it is."""

import re
from dataclasses import dataclass
from functools import cached_property

from repertory.nodes.offline.entities import find_entities
from repertory.nodes.offline.sections import Data
from repertory.nodes.offline.situation import Done, Situation
from repertory.nodes.offline.tablework import Rows, read_rows, tell

_OUTLINE = re.compile(r"^(?P<title>\S+): (?P<rows>\d+) rows, (?P<columns>\d+) columns\. ")
_COLUMN = re.compile(
    r"(?P<name>[^.:,\n]+): (?:integer|number), min (?P<min>\S+), max (?P<max>\S+), mean (?P<mean>\S+), "
    r"median (?P<median>\S+), sum (?P<sum>[^\s,]+?)(?=[.,](?:\s|$))"
)
_TITLED = re.compile(r"^(?P<title>[\w./-]+\.\w{1,5})(?: in \d+ of its \d+ sentences)?: ")
_SUMMARY = re.compile(r"\S+ in \d+ of its \d+ sentences: ")
_MATCHES = re.compile(r"\d+ lines? contains? ")
_MATCH = re.compile(r"^(\S+?):\d+: (.*)$", re.M)
_HEADING = re.compile(r"\s*#\s+(.+)")
_CUT = re.compile(r"\n?\[(?:characters \d+ to \d+ of \d+; read on with offset=\d+|cut: .*)\]\s*$")


@dataclass(frozen=True)
class Source:
    """Something to draw on."""

    title: str
    text: str

    @cached_property
    def rows(self) -> Rows | None:
        """The source as a table of rows, where it is one."""
        return read_rows(self.title, self.text)

    @property
    def is_outline(self) -> bool:
        """Whether it describes a table rather than holding it."""
        return bool(_OUTLINE.match(self.text))

    @cached_property
    def sums(self) -> dict[str, dict[str, float]]:
        """Figures of the columns of numbers that an outline tells, by column."""
        if not self.is_outline:
            return {}
        found = {}
        for match in _COLUMN.finditer(self.text[_OUTLINE.match(self.text).end() :]):  # type: ignore[union-attr]
            name = match["name"].strip()
            if not re.search(r"(?:^|_)(?:id|no|nr|year|zip|code)$", name, re.I):
                found[name] = {key: float(match[key].rstrip(".,")) for key in ("min", "max", "mean", "sum")}
        return found

    def told_in_short(self) -> str:
        """An outline in one line: its size and its sums."""
        size = _OUTLINE.match(self.text)
        head = f"{size['title']}: {size['rows']} rows, {size['columns']} columns" if size else self.title
        sums = [
            f"{name} {tell(figures['sum'])} in all, {tell(figures['mean'])} a row"
            for name, figures in self.sums.items()
        ]
        return "; ".join([head, *sums]) + "."

    @property
    def prose(self) -> str:
        """The text without the title that a tool put before it."""
        if _MATCHES.match(self.text):  # lines that a search found: those of tables say nothing by themselves
            return "\n\n".join(
                match[2] for match in _MATCH.finditer(self.text) if not match[1].endswith((".csv", ".tsv"))
            )
        return _TITLED.sub("", self.text) if not self.is_outline else self.text


def gather(situation: Situation) -> list[Source]:
    """All that was given and found, each once; pieces of one file are put together."""
    found: dict[str, str] = {}
    for item in situation.data:
        if item.status == "done" and item.text:
            _put(found, _title(item), item.text)
    for call in situation.calls:
        if call.status == "done" and call.text and not _is_notice(call):
            _put(found, _named(call), call.text)
    sources = [Source(title, text) for title, text in found.items()]
    held = {source.title for source in sources if source.rows}
    # Rows say all that their outline says; files come before what was made of them.
    kept = [source for source in sources if not (source.is_outline and source.title.removesuffix(" (outline)") in held)]
    return sorted(kept, key=lambda source: "." not in source.title)


def _put(found: dict[str, str], title: str, text: str) -> None:
    if text in found.values():
        return
    outline = _OUTLINE.match(text)
    if outline and title in found:
        title = f"{title} (outline)"
    elif title in found and _OUTLINE.match(found[title]):
        found[f"{title} (outline)"] = found.pop(title)
    if title in found and _SUMMARY.match(found[title]):
        found[title] = text  # the text itself says all that its summary says
    elif title in found and text not in found[title]:
        joint = "" if _CUT.search(found[title]) else "\n"
        found[title] = _CUT.sub("", found[title]) + joint + text
    else:
        found.setdefault(title, text)


def _title(item: Data) -> str:
    match = _TITLED.match(item.text)
    if match:
        return match["title"]
    heading = _HEADING.match(item.text)
    if heading and len(heading[1]) < 80:
        return heading[1].strip()
    return item.source or "the data"


def _named(call: Done) -> str:
    named = find_entities(" ".join(str(value) for value in call.arguments.values())).sources
    return named[0] if named else call.name


def _is_notice(call: Done) -> bool:
    """Listings, and what only confirms that something was written or said."""
    return call.name in ("tell", "list_files") or bool(re.match(r"(?:Wrote|Appended to) \S+: \d+ bytes", call.text))
