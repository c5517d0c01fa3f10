"""What a text names: files, addresses, quoted words, sums, time zones, numbers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from zoneinfo import available_timezones

_EXTENSIONS = (
    "csv|tsv|mdx|md|markdown|txt|text|jsonl|json|yaml|yml|toml|ini|cfg|conf|log|html|htm|xml|rst|tex|pdf|docx|doc|xlsx"
    "|xls|parquet|sqlite|db|sql|py|ipynb|js|ts|css|sh|ics|eml|svg|png|jpg|jpeg"
)
_URL = re.compile(r"https?://[^\s<>\"'`]*[^\s<>\"'`.,;:!?)\]]")
_FILE = re.compile(rf"(?<![\w/.*-])(?:[\w-]+/)*[\w-][\w.-]*\.(?:{_EXTENSIONS})(?![\w/])", re.IGNORECASE)
_GLOB = re.compile(rf"(?<![\w*])(?:[\w-]+/)*[\w-]*\*[\w-]*(?:\.(?:{_EXTENSIONS}))?(?!\w)", re.IGNORECASE)
_QUOTED = re.compile(r"\"([^\"\n]+)\"|“([^”\n]+)”|`([^`\n]+)`|(?<!\w)'([^'\n]+)'(?!\w)|(?<!\w)‘([^’\n]+)’(?!\w)")
_ZONE = re.compile(r"\b(?:[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_-]+)+|UTC|GMT)\b")
_DATE = re.compile(r"\b\d{4}-\d{2}(?:-\d{2})?\b")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?(?![\w])")
_FUNCTIONS = {
    "mean": "mean", "average": "mean", "median": "median", "sum": "sum", "total": "sum", "minimum": "min",
    "maximum": "max", "smallest": "min", "largest": "max",
}  # fmt: skip
_FUNCTION = (
    r"(?:mean|median|stdev|sum|factorial|log2|log10|sqrt|abs|round|min|max|log|exp|sin|cos|tan|floor|ceil)\s*\([^()]*\)"
)
_OPERAND = rf"(?:{_FUNCTION}|\(*\s*-?\s*\(*\d[\d,]*(?:\.\d+)?\s*\)*)"
_EXPRESSION = re.compile(rf"(?<![\w.]){_OPERAND}(?:\s*(?:\*\*|//|[-+*/^%×÷])\s*{_OPERAND})+(?![\w])|(?<!\w){_FUNCTION}")
_SPOKEN: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"(\d+(?:\.\d+)?)\s*(?:%|percent)\s+of\s+(\d[\d,]*(?:\.\d+)?)"), r"\1 / 100 * \2"),
    (re.compile(r"(?<=\d) (?:times|multiplied by|x) (?=\d)"), " * "),
    (re.compile(r"(?<=\d) divided by (?=\d)"), " / "),
    (re.compile(r"(?<=\d) plus (?=\d)"), " + "),
    (re.compile(r"(?<=\d) minus (?=\d)"), " - "),
    (re.compile(r"(?<=\d) (?:to the power of) (?=\d)"), " ** "),
    (
        re.compile(
            r"(?:the )?(mean|average|median|sum|total|minimum|maximum|smallest|largest) of "
            r"((?:-?\d[\d.]*(?:, and |, | and )?){2,})",
            re.I,
        ),
        lambda match: f"{_FUNCTIONS[match[1].lower()]}({', '.join(re.findall(r'-?[0-9]+(?:[.][0-9]+)?', match[2]))})",
    ),
    (re.compile(r"the square root of (\d+(?:\.\d+)?)"), r"sqrt(\1)"),
)
PROTECTED = (_URL, _QUOTED, _GLOB, _FILE, _ZONE, _DATE, _EXPRESSION, re.compile(r"\b(?:e\.g|i\.e|vs|etc|approx)\."))
"""What must not be split, the most inclusive first."""


@dataclass(frozen=True)
class Entities:
    """What a text names, each in order of appearance."""

    files: tuple[str, ...]
    globs: tuple[str, ...]
    urls: tuple[str, ...]
    quoted: tuple[str, ...]
    expressions: tuple[str, ...]
    zones: tuple[str, ...]
    dates: tuple[str, ...]
    numbers: tuple[str, ...]
    folders: tuple[str, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """Files and addresses: what a text can be about."""
        return (*self.files, *self.urls)


@lru_cache(maxsize=512)
def find_entities(text: str) -> Entities:
    """All that a text names. What stands within an address or quotes is not named a second time."""
    urls, rest = _take(_URL, text)
    quoted = [next(group for group in match.groups() if group) for match in _QUOTED.finditer(rest)]
    named = [item for item in quoted if _FILE.fullmatch(item) or re.fullmatch(rf"[^\n*]+\.(?:{_EXTENSIONS})", item)]
    quoted = [item for item in quoted if item not in named]
    rest = _QUOTED.sub(lambda match: "\n" if match[0][1:-1] not in named else f" {match[0][1:-1]} ", rest)
    spaced = [item for item in named if " " in item]
    for item in spaced:
        rest = rest.replace(item, "\n")
    globs, rest = _take(_GLOB, rest, keep=lambda item: "." in item or "/" in item)
    files, rest = _take(_FILE, rest)
    zones, rest = _take(_ZONE, rest, keep=lambda item: item in available_timezones())
    dates, rest = _take(_DATE, rest)
    for pattern, written in _SPOKEN:
        rest = pattern.sub(written, rest)
    sums, rest = _take(_EXPRESSION, rest)
    numbers = _NUMBER.findall(rest)
    folders = re.findall(
        r"(?:folder|directory)\s+([\w/-]+)|([\w-]+)\s+(?:folder|directory)|(?<!\S)([\w-]+)/(?!\S)", rest
    )
    return Entities(
        files=_distinct([*files, *spaced]),
        globs=_distinct(globs),
        urls=_distinct(urls),
        quoted=_distinct(quoted),
        expressions=_distinct([_written(item) for item in sums]),
        zones=_distinct([*zones, *_cities(rest)])
        if re.search(r"\btime|clock|zone|hour\b", text, re.I)
        else tuple(zones),
        dates=_distinct(dates),
        numbers=_distinct(numbers),
        folders=_distinct([name for found in folders for name in found if name and name not in _NO_FOLDER]),
    )


_NO_FOLDER = frozenset(
    [
        "the",
        "this",
        "that",
        "a",
        "my",
        "our",
        "in",
        "of",
        "and",
        "or",
        "every",
        "each",
        "all",
        "whole",
        "entire",
        "workspace",
        "named",
        "called",
    ]
)


def spoken_sums(text: str) -> str:
    """The text with sums in words written as sums: `17 times 23` becomes `17 * 23`."""
    for pattern, written in _SPOKEN:
        text = pattern.sub(written, text)
    return text


def _take(pattern: re.Pattern[str], text: str, keep: Callable[[str], bool] = bool) -> tuple[list[str], str]:
    """What matches, and the text without it."""
    found = [match[0] for match in pattern.finditer(text) if keep(match[0])]
    return found, pattern.sub(lambda match: "\n" if keep(match[0]) else match[0], text)


def _written(expression: str) -> str:
    """A sum as a calculator takes it."""
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", expression)
    return plain.replace("×", "*").replace("÷", "/").replace("^", "**").strip()


def _cities(text: str) -> list[str]:
    """Time zones of the cities named after `in`, `at` or `for`."""
    named = re.findall(r"\b(?:in|at|for|and|,)\s+([A-Z][a-z]+(?:\s+[A-Z][a-z]+)*)", text)
    return [zone for name in named if (zone := _zones_by_city().get(name.lower().replace(" ", "_")))]


@cache
def _zones_by_city() -> dict[str, str]:
    skip = ("Etc/", "SystemV/", "posix/", "right/", "US/", "Mexico/", "Brazil/", "Chile/")
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(skip))
    return {zone.rpartition("/")[2].lower(): zone for zone in zones}


def _distinct(items: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
