"""The material of an answer: each source with its title, and what kind of text it is."""

import re
from dataclasses import dataclass
from functools import cached_property

from repertory.nodes.offline.entities import find_entities
from repertory.nodes.offline.sections import Data
from repertory.nodes.offline.situation import Done, Situation
from repertory.nodes.offline.tablework import Rows, read_rows

_OUTLINE = re.compile(r"^(?P<title>\S+): (?P<rows>\d+) rows, (?P<columns>\d+) columns\. ")
_COLUMN = re.compile(
    r"(?P<name>[^.:,\n]+): (?:integer|number), min (?P<min>\S+), max (?P<max>\S+), mean (?P<mean>\S+), "
    r"median (?P<median>\S+), sum (?P<sum>[^\s,]+?)(?=[.,](?:\s|$))"
)
_TITLED = re.compile(r"^(?P<title>[\w./-]+\.\w{1,5})(?: in \d+ of its \d+ sentences)?: ")
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

    @property
    def prose(self) -> str:
        """The text without the title that a tool put before it."""
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
    # Rows say all that their outline says.
    return [source for source in sources if not (source.is_outline and source.title.removesuffix(" (outline)") in held)]


def _put(found: dict[str, str], title: str, text: str) -> None:
    outline = _OUTLINE.match(text)
    if outline and title in found:
        title = f"{title} (outline)"
    elif title in found and _OUTLINE.match(found[title]):
        found[f"{title} (outline)"] = found.pop(title)
    if title in found and text not in found[title]:
        joint = "" if _CUT.search(found[title]) else "\n"
        found[title] = _CUT.sub("", found[title]) + joint + text
    else:
        found.setdefault(title, text)


def _title(item: Data) -> str:
    match = _TITLED.match(item.text)
    return match["title"] if match else item.source or "the data"


def _named(call: Done) -> str:
    named = find_entities(" ".join(str(value) for value in call.arguments.values())).sources
    return named[0] if named else call.name


def _is_notice(call: Done) -> bool:
    """Listings, and what only confirms that something was written or said."""
    return call.name in ("tell", "list_files") or bool(re.match(r"(?:Wrote|Appended to) \S+: \d+ bytes", call.text))
