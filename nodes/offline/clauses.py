"""Splitting a task into clauses: what is to be done, one thing each, in the order of the text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from repertory.nodes.offline.entities import PROTECTED, spoken_sums
from repertory.nodes.offline.verbs import JUDGING, NOUNISH, QUESTIONS, is_verb, kind_of

_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)]|step \d+[:.])\s+", re.I)
_POLITE = re.compile(
    r"^(?:(?:please|kindly|(?:can|could|would|will) you|i (?:want|need|would like|'d like)(?: you)? to"
    r"|i'd like (?:you )?to"
    r"|help me(?: to)?|let's|let us|you (?:should|must|can)|your task is to|we need to|hi|hello|ok|okay|so|also"
    r"|first(?:ly)?"
    r"|secondly|thirdly|to begin|now|again)\b[,:]?\s*)+",
    re.I,
)
_LINK = re.compile(
    r"^(?:(?:and|but|then|next|finally|lastly|afterwards|afterward|after that|after this|once done|when done"
    r"|at the end|in the end|based on (?:that|this|these)|with (?:that|these))\b[,:]?\s*)+",
    re.I,
)
_BREAK = re.compile(
    r"(,?\s+(?:and|then|but)\s+(?:(?:then|also|finally|afterwards|after that|next|please|to)[\s,]+)*"
    r"|,\s+(?:then\s+)?|\s+[-–—]\s+)",
    re.I,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)|;\s*|\n+")
_OPEN = re.compile(r"open (?:actions?|ends?|issues?|items?|matters?|points?|questions?|tasks?|topics?)\b", re.I)
"""Here `open` says how things are, not what to do."""
_AFTER = re.compile(r"^(?:after|once|by)\s+(\w+ing)\b(?P<rest>[^,]*),\s*", re.I)


@dataclass(frozen=True)
class Clause:
    """One thing to be done. `linked`: the text puts it after what came before (`then`, `finally`, `after that`)."""

    text: str
    linked: bool = False


def split(task: str, verbs: frozenset[str] = frozenset()) -> list[Clause]:
    """The clauses of a task. Names, quotes, addresses and sums stay whole, and so do lists of nouns.

    Args:
        task: free text, with or without bullets.
        verbs: further words that begin a clause, such as the verbs of tool names.
    """
    masked, hidden = mask(spoken_sums(task.strip()))
    clauses: list[Clause] = []
    for sentence in _sentences(masked, verbs):
        for text, linked in _parts(sentence, verbs):
            words = unmask(text, hidden).strip(" ,.;:\n")
            if words.strip("?! "):
                words += "?" if _is_question(words) and words[-1] not in "?!" else ""
                clauses.append(Clause(words, linked and bool(clauses)))
    return clauses or [Clause(task.strip())]


def without_courtesies(text: str) -> str:
    """A request without what is said out of politeness: `Could you please …`."""
    return _POLITE.sub("", text.strip())


def begins_work(text: str, verbs: frozenset[str] = frozenset()) -> bool:
    """Whether a text begins with a verb that asks for work."""
    return _begins(mask(text)[0], verbs)


def mask(text: str) -> tuple[str, list[str]]:
    """The text with each thing that must stay whole as one character, and those things."""
    hidden: list[str] = []

    def hide(match: re.Match[str]) -> str:
        if chr(0xE000) <= match[0] <= chr(0xF8FF) and len(match[0]) == 1:
            return match[0]
        hidden.append(match[0])
        return chr(0xE000 + len(hidden) - 1)

    for pattern in PROTECTED:
        text = pattern.sub(hide, text)
    return text, hidden


def unmask(text: str, hidden: list[str]) -> str:
    """The text with what was hidden; what was hidden may hold hidden things itself."""
    while found := re.search("[\ue000-\uf8ff]", text):
        text = text.replace(found[0], hidden[ord(found[0]) - 0xE000])
    return text


def _sentences(text: str, verbs: frozenset[str]) -> Iterator[str]:
    """Sentences, and items of lists; items without a verb belong to the line that introduces them."""
    lead = ""
    for line in text.splitlines():
        bullet = _BULLET.match(line)
        if bullet and (item := line[bullet.end() :].strip()):
            yield from _SENTENCE.split(item if not lead or _begins(item, verbs) else f"{lead} {item}")
        elif line.strip().endswith(":"):
            lead = line.strip().rstrip(":")
            lead = (
                lead
                if _begins(lead, verbs) and not re.search(r"\b(?:following|steps|this|these|tasks)\b", lead)
                else ""
            )
        elif line.strip():
            lead = ""
            yield from (part for sentence in _SENTENCE.split(line.strip()) for part in _after_colon(sentence, verbs))


def _after_colon(sentence: str, verbs: frozenset[str]) -> list[str]:
    head, colon, rest = sentence.partition(": ")
    if colon and _begins(rest, verbs) and not _begins(head, verbs):
        lead = re.sub(r"^(?:for|with|in|from|using)\s+", "", head.strip(), flags=re.I)
        return [f"With {lead}, {rest}" if re.search("[\ue000-\uf8ff]", head) else rest]
    if colon and _begins(rest, verbs) and re.search(r"\b(?:following|steps|this|these|things)\b", head):
        return [rest]
    return [sentence]


def _parts(sentence: str, verbs: frozenset[str]) -> Iterator[tuple[str, bool]]:
    """Clauses of a sentence, each with whether it is linked to what came before."""
    if after := _AFTER.match(sentence):
        yield f"{after[1]}{after['rest']}", False
        sentence = f"then {sentence[after.end() :]}"
    pieces = _BREAK.split(sentence)
    current, linked = pieces[0], False
    for joint, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        asks = _is_question(piece) and (
            _is_question(current)
            or (
                bool(re.match(r"(?:what is|what's|how many|how much|what time|when is|where is|who is)\b", piece, re.I))
                and kind_of(current) not in (*JUDGING, "answer", "extract")
            )
        )
        if (_begins(piece, verbs) or asks) and (_begins(current, verbs) or _is_question(current)):
            yield _clean(current, linked)
            current, linked = piece, bool(re.search(r"then|after|finally|next", joint, re.I))
        else:
            current += joint + piece
    yield _clean(current, linked)


def _clean(text: str, linked: bool) -> tuple[str, bool]:
    text = _POLITE.sub("", text.strip())
    if link := _LINK.match(text):
        linked = linked or bool(re.search(r"then|after|finally|next|end|done|based|with", link[0], re.I))
        text = text[link.end() :]
    return _POLITE.sub("", text), linked


def _begins(text: str, verbs: frozenset[str]) -> bool:
    """Whether a text begins with a verb, as a clause does, rather than with a noun of a list."""
    bare = _POLITE.sub("", _LINK.sub("", _POLITE.sub("", text.strip())))
    first, _, rest = bare.partition(" ")
    first = first.strip(",.;:?!")
    if _is_question(bare) and re.match(r"(?:what|how|which|who|why|when|where)\b", bare, re.I):
        return False
    if _OPEN.match(bare):
        return False
    if not is_verb(first, verbs):
        # `Using a.csv, recommend …`, `From notes.md, list …`: the clause begins later.
        return (
            bool(re.match(r"(?:using|with|from|in|for|based)\b", first, re.I))
            and "," in bare
            and any(is_verb(part.strip().partition(" ")[0], verbs) for part in bare.split(",")[1:])
        )
    if first.lower() in NOUNISH:
        return bool(rest.strip()) and not re.match(r"(?:of|and|or|is|are|was|has)\b", rest.strip(), re.I)
    return True


def _is_question(text: str) -> bool:
    first = _LINK.sub("", _POLITE.sub("", text.strip())).partition(" ")[0].lower().strip(",")
    return first in QUESTIONS
