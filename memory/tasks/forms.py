"""The form of a task: what is left of it when dates, numbers, names, files, addresses and quotations are taken out.

    form_of("Summarize sales_may.csv for May")  ->  "summarize (file1.csv) for (date1)"

Tasks of one form are the same kind of work on other things: a plan for one, said anew, does the other. The mask is
lexical and made for English; what it does not know stays as it is, so that in doubt two forms differ. What is masked is
numbered by its value (plain numbers are not): `read (file1) and (file2), then sum up (file1)` and the same with
`(file2)` at the end are two kinds of work.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence

from repertory.memory.retrieval.documents import task_key
from repertory.memory.tasks.operations import denials, operations

_MONTH = (
    r"(?:(?:(?i:january|february|april|june|july|august|september|october|november|december)"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b|(?:May|March)\b)"
)  # `may` and `march` are words of their own
_DAY = r"(?i:(?:mon|tues|wednes|thurs|fri|satur|sun)days?)\b"
_ORDINAL = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(?:19|20)\d\d\b)?"
_DATES = (
    r"\b\d{4}-\d{2}(?:-\d{2})?(?:[T ]\d{2}:\d{2}(?::\d{2})?)?\b",
    r"\b\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2})\b",
    rf"\b{_ORDINAL}(?: of)? {_MONTH}{_YEAR}",
    rf"\b{_MONTH} {_ORDINAL}\b{_YEAR}",
    rf"\b{_MONTH}{_YEAR}",
    rf"\b{_DAY}",
    r"\bQ[1-4]\b(?:\s+(?:19|20)\d\d\b)?",
)
_NUMBER = r"(?<![\w.])[-+]?[$€£]?\d+(?:[.,:]\d+)*(?:\s?(?:%|(?i:am|pm|st|nd|rd|th|k|kg|km|gb|mb))(?!\w)|[$€£])?(?!\w)"
_PATH = r"(?<![\w.*/-])(?:~?/|\.{1,2}/)?(?:[\w.*-]+/)*[\w*-][\w.*-]*\.(?P<kind>[a-z][a-z0-9]{0,4})\b(?!\.\w)"
_FOLDER = r"(?<![\w.*/-])(?:(?:~?/|\.{1,2}/)?(?:[\w.-]+/)+(?![\w/])|~?/[\w./-]*\w)"
_QUOTED = r"\"(?P<a>[^\"\n]+)\"|“(?P<b>[^“”\n]+)”|`(?P<c>[^`\n]+)`|(?<!\w)'(?P<d>[^'\n]+)'(?!\w)|‘(?P<e>[^‘’\n]+)’"
_NOT_PATHS = re.compile(r"(?:e\.g|i\.e|a\.m|p\.m|vs|etc)$", re.I)
_ENGLISH = frozenset(["a", "and", "by", "for", "from", "of", "the", "this", "to", "with"])
"""Where there is none of these, the text is no English sentence, and capitals may mean something else."""
_FUNCTION = _ENGLISH | frozenset(
    re.findall(
        r"\w+",
        """about after all am an any are as at be been before but can do does each every has have he her his how i if in
        into is it its me my no not on one or our out over per she so some that their them then there they two under
        until up us was we were what when where which while who why will without would you your""",
    )
)
"""Words that are small in the middle of a sentence; in titles some of them are not."""
_CAPITAL = r"(?<!\w)[A-Z][\w’'-]*[a-z][\w’-]*(?:['’]s\b)?"
_NAME = re.compile(rf"{_CAPITAL}(?:[ -]{_CAPITAL})*")
_FIRST_WORD = re.compile(r"([^ -]+[ -]?)(.*)", re.S)
_OWNER = re.compile(r"['’]s$")
_START = re.compile(r"(?:^|[.!?:;\n]|(?:^|\n)\s*(?:[-*•]|\d{1,2}[.)]))\s*[\"“‘'(]*$")
_OPENING = re.compile(r"\b(?:please|then|first|next|finally|also|now|not|must|should|would|could|can|will)\s+$", re.I)
MARK = re.compile(r"\((?P<kind>[a-z]+)(?P<n>\d*)(?P<ending>\.\w+)?\)")
"""A detail in a form: its kind, its number, and of a file the ending."""
_VERBATIM = frozenset(["text", "file", "folder", "url", "address"])
_HIDDEN = re.compile(r"[\ue000-\uf8ff]")
_FIRST = 0xE000


def form_of(task: str) -> str:
    """The task in lower case, with a numbered mark in the place of each detail."""
    return _masked(task).text


def details_of(task: str) -> frozenset[str]:
    """The details of a task as it says them, plain numbers left out."""
    return frozenset(value for kind, value in _masked(task).details if kind != "number")


def verbatim_of(task: str) -> frozenset[str]:
    """The details of a task in which each letter and space counts: quotations, files, folders and addresses."""
    return frozenset(value for kind, value in _masked(task).details if kind.partition(".")[0] in _VERBATIM)


def form_key(task: str) -> str:
    """Equal for tasks of one form."""
    return task_key(form_of(task))


def _quoted(match: re.Match[str]) -> str:
    inner = next(group for group in match.groups() if group)
    path = re.fullmatch(_PATH, inner)
    return f"file.{path['kind']}" if path else "text"


def _masked(task: str) -> "_Masked":
    masked = _Masked(unicodedata.normalize("NFKC", task))
    masked.hide(r"https?://[^\s<>\"'`]*[^\s<>\"'`.,;:!?)\]]", lambda _: "url")
    masked.hide(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+", lambda _: "address")
    masked.hide(_QUOTED, _quoted)
    masked.hide(_PATH, lambda match: None if _NOT_PATHS.search(match[0]) else f"file.{match['kind']}")
    masked.hide(_FOLDER, lambda _: "folder")
    masked.hide("|".join(_DATES), lambda _: "date")
    masked.hide(r"(?<!\w)#\d+\b|\b[A-Z]+-\d+\b|\bv\d+(?:\.\d+)*\b", lambda _: "id")
    masked.hide(_NUMBER, lambda _: "number")
    masked.hide_names()
    return masked


class _Masked:
    """A text in which details give way to characters of the private use area, one by one."""

    def __init__(self, text: str) -> None:
        self._text = _HIDDEN.sub("\ufffd", text)
        self._hidden: list[tuple[str, str]] = []

    def hide(self, pattern: str, kind_of: Callable[[re.Match[str]], str | None]) -> None:
        """Put a mark in the place of what matches; where there is no kind it stays."""

        def mark(match: re.Match[str]) -> str:
            kind = kind_of(match)
            return match[0] if kind is None or _HIDDEN.search(match[0]) else self._mark(kind, match[0])

        self._text = re.sub(pattern, mark, self._text)

    def hide_names(self) -> None:
        """Put a mark in the place of capitalised words inside sentences, where only names are written so."""
        words = re.finditer(r"[A-Za-z][\w’'-]*", self._text)
        found = [match[0] for match in words if match[0] != "I" and not self._begins(match.start())]
        small = [word[0].islower() for word in found if word.lower() in _FUNCTION]
        plain = [word for word in found if word[0].islower() and word.lower() not in _FUNCTION]
        is_english = any(word in _ENGLISH for word in found)
        if not (is_english and all(small) and plain):  # a title, or a language that capitalises nouns
            return

        def mark(match: re.Match[str]) -> str:
            first, name = "", match[0]
            if self._begins(match.start()):  # `Ask Ann` begins with a verb
                # A capitalised word, as this matched, is never all hyphens and blanks: it has a first word.
                first, name = (part or "" for part in _FIRST_WORD.fullmatch(name).groups())  # type: ignore[union-attr]
            if not name or operations(name) or denials(name):
                return match[0]
            owner = _OWNER.search(name)
            bare = name[: owner.start()] if owner else name
            return first + self._mark("name", bare) + (owner[0] if owner else "")

        self._text = _NAME.sub(mark, self._text)

    @property
    def text(self) -> str:
        """The form; details are numbered in the order of the text."""
        seen: dict[tuple[str, str], int] = {}

        def shown(match: re.Match[str]) -> str:
            kind, value = self._hidden[ord(match[0]) - _FIRST]
            group, dot, ending = kind.partition(".")
            n = seen.setdefault((group, value.casefold()), sum(other == group for other, _ in seen) + 1)
            return f"({group}{'' if group == 'number' else n}{dot}{ending})"

        return _HIDDEN.sub(shown, " ".join(self._text.casefold().split()))

    @property
    def details(self) -> Sequence[tuple[str, str]]:
        """The kind of each detail, and how the text has it."""
        return self._hidden

    def _begins(self, at: int) -> bool:
        """Whether a sentence, an item or a bare request begins here."""
        before = self._text[max(0, at - 40) : at]
        return bool(_START.search(before) or _OPENING.search(before))

    def _mark(self, kind: str, value: str) -> str:
        if len(self._hidden) > 0xF8FF - _FIRST:
            return value
        self._hidden.append((kind, value.strip("\"'“”‘’`")))
        return chr(_FIRST + len(self._hidden) - 1)
