"""What is peculiar to a voice, learned from sample lines by counting: nothing about any speaker is known beforehand.

Counted are full and short forms, dropped g's, which of several ways to say the same are used, how lines begin and end,
what is said again and again, the length of sentences, and exclamation marks.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from repertory.nodes.offline.variants import CONTRACTIONS, FAMILIES, VARIANTS

_SENTENCE = re.compile(r"(?:[^.!?]|[.!?]+(?=\w))+[.!?]*")
"""A mark within a word, as in `notes.md` and `3.5`, ends nothing."""
_LONGEST_OPENING, _LONGEST_TAG, _LONGEST_SAYING = 4, 3, 4
"""Words of what may count as a way to begin a line, to end a sentence, or as a saying."""


@dataclass(frozen=True)
class Voice:
    """The features of a voice."""

    short_forms: bool | None = None
    """Whether it says `don't` for `do not`; None where the samples show neither."""
    drops_g: bool = False
    """Whether it says `goin'`."""
    words: tuple[tuple[str, str], ...] = ()
    """What is said in plain words, and what this voice says instead."""
    openings: tuple[str, ...] = ()
    """Ways to begin a line, with their mark: `Aye,`."""
    tags: tuple[str, ...] = ()
    """Ways to end a sentence: `lad`, after a comma."""
    sayings: tuple[str, ...] = ()
    """What stands by itself in several lines."""
    sentence: float = 12.0
    """Words of a sentence, on average."""
    exclaims: float = 0.0
    """Share of sentences that end with an exclamation mark."""


def learn(lines: Sequence[str]) -> Voice:
    """The voice of sample lines; a plain one where there are none."""
    text = " ".join(lines).replace("’", "'")
    sentences = [sentence for line in lines for sentence in sentences_of(line)]
    if not sentences:
        return Voice()
    openings = _recurring(opening for line in lines if (opening := _opening(line)))
    tags = _recurring(tag for sentence in sentences if (tag := _tag(sentence)))
    sayings = _recurring(filter(None, map(_saying, sentences)))
    begun = {opening.rstrip(",:!.").lower() for opening in openings}
    return Voice(
        short_forms=_short_forms(text),
        drops_g=len(re.findall(r"\w{2,}in'", text)) > len(re.findall(r"\w{2,}ing\b", text)) / 2,
        words=tuple(_words(text)),
        openings=openings,
        tags=tags,
        sayings=tuple(saying for saying in sayings if saying.lower() not in begun | {tag.lower() for tag in tags}),
        sentence=sum(len(sentence.split()) for sentence in sentences) / len(sentences),
        exclaims=sum(sentence.endswith("!") for sentence in sentences) / len(sentences),
    )


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, with their marks."""
    return [sentence.strip() for sentence in _SENTENCE.findall(text) if re.search(r"\w", sentence)]


def occurrences(phrase: str, text: str) -> int:
    """How often a text has a phrase as whole words."""
    return len(re.findall(rf"(?<![\w'])'?{re.escape(phrase.lstrip(chr(39)))}(?![\w'])", text, re.I))


def _short_forms(text: str) -> bool | None:
    full = sum(occurrences(plain, text) for plain, _ in CONTRACTIONS)
    short = len(re.findall(r"\b\w+(?:n't|'(?:m|re|ve|ll|s))\b", text))
    return short > full if short or full else None


def _words(text: str) -> Iterator[tuple[str, str]]:
    """Of each family all, where it is spoken at all; of each group of variants the most frequent."""
    for markers, pairs in FAMILIES:
        if any(occurrences(marker, text) for marker in markers):
            yield from pairs
    for group in VARIANTS:
        best = max(range(len(group)), key=lambda index: (occurrences(group[index], text), -index))
        if best > 0:
            yield group[0], group[best]


def _opening(line: str) -> str:
    """How a line begins, up to its first mark, where that is short."""
    found = re.match(r"([^,:;!.?–—]+)([,:!.])(?=\s+\S)", line.strip())
    return f"{found[1]}{found[2]}" if found and len(found[1].split()) <= _LONGEST_OPENING else ""


def _tag(sentence: str) -> str:
    """How a sentence ends, after its last comma, where that is short."""
    head, comma, tail = sentence.rstrip(".!?").rpartition(",")
    return tail.strip() if comma and head and 0 < len(tail.split()) <= _LONGEST_TAG else ""


def _saying(sentence: str) -> str:
    """A short sentence, or the short beginning or end of one."""
    parts = [part.strip() for part in re.split(r"[,;:]", sentence.rstrip(".!?"))]
    short = [part for part in (parts[0], parts[-1]) if 2 <= len(part.split()) <= _LONGEST_SAYING]
    return short[0] if short else ""


def _recurring(found: Iterable[str]) -> tuple[str, ...]:
    """What comes twice or more, most frequent first; marks do not tell two apart."""
    items = list(found)
    counted = Counter(item.rstrip(",:!.?").lower() for item in items)
    first = {item.rstrip(",:!.?").lower(): item for item in reversed(items)}
    return tuple(first[key] for key, count in counted.most_common() if count > 1)
