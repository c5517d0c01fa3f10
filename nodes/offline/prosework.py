"""Work on prose: the sentences that matter, items of a kind (questions, decisions, …), answers to questions."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from repertory.nodes.offline.words import concept, concepts
from repertory.nodes.tools.sentences import split_sentences
from repertory.nodes.tools.texts import choose_sentences

_ITEMS = {
    "question": r"\?\s*$|^(?:open )?questions?:|\bunclear\b|\bto be clarified\b|\bstill open\b",
    "decision": r"\bdecided\b|\bagreed\b|\bdecisions?\b|\bapproved\b|\bresolved\b",
    "action": r"\baction(?:s| items?)?\b|\bto-?do\b|\bwill (?:\w+ )?(?:send|prepare|check|write|ask|call|draft|update"
    r"|order|negotiate|talk|review|collect|present|test|bring|share|set|try|visit)\b|\bdue\b|\[ \]"
    r"|\bby (?:\d|Mon|Tue|Wed|Thu|Fri|next)",
    "risk": r"\brisks?\b|\bdelay|\bthreat|\bconcern|\bslip\b|\bshortage\b|\bproblem|\bmay not\b|\bcould fail\b",
    "date": r"\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    r"|\b(?:January|February|March"
    r"|April|June|July|August|September|October|November|December) \d",
    "name": r"\b(?:present|attend\w*|participants?|people)\b",
    "figure": r"\d",
}
_WORDS_FOR = {
    "question": "questions? open unclear", "decision": "decisions? decided agreed resolutions?",
    "action": "actions? todos? tasks? steps? next duties", "risk": "risks? dangers? threats? problems? concerns?",
    "date": "dates? deadlines? when", "name": "names? people attendees? participants? persons? attended",
    "figure": "figures? numbers? amounts? facts?",
}  # fmt: skip
_CAUSE = re.compile(
    r"\b(?:because|due to|since|as a result|therefore|caused?|owing to|reason|led to|drove|driven)\b", re.I
)
_HEADING = re.compile(r"^\s{0,3}(?:#{1,6}\s+|\*\*(?=[^*]+\*\*(?: \(\d+\))?:?$))(.*)")
_CITED = re.compile(r"\s*\([\w./-]+\.\w{1,5}\)$")
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+(?:\[[ x]\]\s*)?")


@dataclass(frozen=True)
class Item:
    """A sentence or an item of a list, with the heading it stands under."""

    text: str
    heading: str


def read_items(text: str) -> list[Item]:
    """All sentences and list items of a text, headings left out."""
    found: list[Item] = []
    heading = ""
    block: list[str] = []

    def close() -> Iterator[Item]:
        for sentence in split_sentences("\n".join(block)) if block else []:
            yield Item(sentence.strip(), heading)
        block.clear()

    for line in [*text.splitlines(), ""]:
        title = _HEADING.match(line)
        bullet = _BULLET.match(line)
        if title or bullet or not line.strip():
            found += close()
        if title:
            heading = title[1].strip()
        elif bullet:
            block.append(_CITED.sub("", line[bullet.end() :]))
        elif line.strip() and not line.startswith("|"):
            block.append(line.strip())
    return found


def salient(text: str, count: int = 3) -> list[str]:
    """The most telling sentences, in the order of the text (SumBasic, see `choose_sentences`)."""
    sentences = [item.text for item in read_items(text) if len(item.text.split()) > 3] or [
        i.text for i in read_items(text)
    ]
    return [ended(sentences[index]) for index in choose_sentences(sentences[:2000], count)] if sentences else []


def kinds_of_items(text: str) -> list[str]:
    """Which kinds of items a text asks for: `the open questions and risks`."""
    low = text.lower()
    return [kind for kind, names in _WORDS_FOR.items() if re.search(rf"\b(?:{'|'.join(names.split())})\b", low)]


def items_of(kind: str, text: str) -> list[str]:
    """The items of a kind: those under a heading that names it, and those that show it themselves."""
    pattern = re.compile(_ITEMS[kind], re.I)
    names = re.compile(rf"\b(?:{'|'.join(_WORDS_FOR[kind].split()[:2])})\b", re.I)
    found = [item for item in read_items(text) if names.search(item.heading) or pattern.search(item.text)]
    return list(dict.fromkeys(item.text for item in found if len(item.text.split()) > 1))


def relevant(question: str, text: str, count: int = 3) -> list[str]:
    """The sentences that have most in common with a question, rare words counting more; in the order of the text."""
    asked = set(concepts(question))
    found = read_items(text)
    seen = Counter(word for item in found for word in set(concepts(f"{item.text} {item.heading}")))
    scored = []
    for index, item in enumerate(found):
        shared = asked & set(concepts(f"{item.text} {item.heading}"))
        score = sum(math.log(1 + len(found) / seen[word]) for word in shared)
        if shared and len(item.text.split()) > 2:
            scored.append((score, index))
    best = max((score for score, _ in scored), default=0.0)
    top = sorted(
        sorted((pair for pair in scored if pair[0] >= 0.6 * best), key=lambda pair: -pair[0])[:count],
        key=lambda p: p[1],
    )
    return [found[index].text for _, index in top]


def causes(question: str, text: str, count: int = 4) -> list[str]:
    """Sentences that give reasons for what is asked; where none does, those that speak of it."""
    asked = set(concepts(question)) - {concept("explain")}
    having = [item.text for item in read_items(text) if _CAUSE.search(item.text)]
    scored = [(len(asked & set(concepts(sentence))), sentence) for sentence in having]
    best = max((score for score, _ in scored), default=0)
    found = [sentence for score, sentence in scored if score and score >= best / 2]
    return found[:count] or relevant(question, text, count)


def ended(sentence: str) -> str:
    """With a full stop, so that it does not run into the next sentence."""
    return sentence if sentence.endswith((".", "!", "?", ":", "”", '"')) else f"{sentence}."


def distinct(lines: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Lines with their titles, each line once, however it is marked."""
    found: dict[str, tuple[str, str]] = {}
    for line, title in lines:
        found.setdefault(re.sub(r"\W+", " ", line).strip().lower(), (line, title))
    return list(found.values())


def bullets(lines: Sequence[str]) -> str:
    """Lines as a Markdown list."""
    return "\n".join(f"- {line}" for line in lines)
