"""What a topic's memory tells: facts that fill what a text leaves open, and answers to questions."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from repertory.nodes.offline.entities import find_entities
from repertory.nodes.offline.sections import data_in, items
from repertory.nodes.offline.words import concepts, coverage

MEMORY = "memory"
"""The source of the data section that holds a topic's memory."""
TELLS = 0.6
"""Share of a question's concepts that a remembered line must have to answer it."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_SAID = re.compile(r"The user said: (?P<said>.*?)(?:\n  Answered[^:\n]*: (?P<answered>.*))?$", re.S)
_NOTED = re.compile(r"A task noted[^:\n]*: (?P<name>.*?) = (?P<value>.*)$", re.S)
_DONE = re.compile(r"Task done: (?P<task>.*?)\n  Result[^:\n]*: (?P<result>.*)$", re.S)
_NAME = r"(?P<name>[A-Za-z][\w' -]{0,60}?)"
_CALLED = r"(?:called |named |kept in |stored in |found in |in |at |now )*"
_TOLD = (
    re.compile(rf"\b(?P<whose>my|our|the) {_NAME} (?P<verb>is|are) {_CALLED}(?P<value>.+)$", re.I),
    re.compile(rf"^(?P<value>[\w./-]+\.\w{{1,5}}) (?P<verb>is|are) (?P<whose>my|our|the) {_NAME}$", re.I),
    re.compile(rf"\b(?P<verb>call|name) (?P<whose>my|our|the) {_NAME} (?P<value>[\w./-]+)$", re.I),
)
_REMEMBER = re.compile(r"^(?:please )?(?:remember|note|keep in mind|mind)(?: that)?[:,]? (?P<what>.+)$", re.I)
_QUESTION = re.compile(
    r"^(?:what|which|who|whom|whose|where|when|how|why|do you (?:know|remember)|can you tell|tell me)\b|\?\s*$", re.I
)
_LATEST = re.compile(
    r"\b(?:last|latest|previous) (?:results?|answers?|task)"
    r"|^(?:what (?:was|is|were|are) )?the (?:results?|outcome|findings)\b"
    r"|what did you (?:find|do)\b",
    re.I,
)
_MADE = re.compile(r"\bfiles?\b.*\b(?:make|made|write|wrote|written|create|created|save|saved)\b", re.I)
_ASKING = frozenset(concepts("what which who where when how why know remember tell call name say said mean answer"))


@dataclass(frozen=True)
class Fact:
    """Something that has a name and a value."""

    name: str
    value: str
    whose: str = "the"
    verb: str = "is"

    def __str__(self) -> str:
        owner = {"my": "Your", "our": "Your"}.get(self.whose.lower(), "The")
        return f"{owner} {self.name} {'are' if self.verb == 'are' else 'is'} {self.value}."


def remembered(user: str) -> list[str]:
    """The lines of a topic's memory that a prompt shows."""
    return [line for data in data_in(user) if data.source == MEMORY for line in items(data.text)]


def facts_of(lines: Iterable[str]) -> list[Fact]:
    """What lines of a memory tell; of each name the latest."""
    found: dict[tuple[str, ...], Fact] = {}
    for line in lines:
        if noted := _NOTED.match(line):
            told = [Fact(noted["name"].strip(), noted["value"].strip())]
        elif said := _SAID.match(line):
            told = list(told_in(said["said"]))
        else:
            continue
        found |= {tuple(concepts(fact.name)): fact for fact in told}
    return [fact for name, fact in found.items() if name]


def told_in(text: str) -> Iterator[Fact]:
    """Facts that a user tells, as in `My report file is called costs.csv`."""
    for sentence in _SENTENCE.split(text.strip()):
        plain = _REMEMBER.sub(lambda match: match["what"], sentence.strip()).rstrip(" .!")
        if _QUESTION.search(sentence):
            continue
        for pattern in _TOLD:
            if match := pattern.search(plain):
                yield Fact(match["name"].strip(), match["value"].strip(" \"'`"), match["whose"], match["verb"])
                break


def to_note(text: str) -> Fact | None:
    """The fact of a text that asks to remember one."""
    match = _REMEMBER.match(text.strip())
    return next(told_in(match["what"]), None) if match else None


def resolve(text: str, facts: Sequence[Fact]) -> str:
    """The text with what it leaves open: `my report file` becomes the file's name, other things get their value."""
    for fact in sorted(facts, key=lambda fact: -len(fact.name)):
        if fact.value in text or _is_told(text, fact):
            continue
        article = r"(?:my|our|the|that|this) " if len(fact.name.split()) == 1 else r"(?:(?:my|our|the|that|this) )?"
        phrase = re.compile(rf"(?<!\w){article}{re.escape(fact.name)}(?!\w)", re.I)
        sources = find_entities(fact.value).sources
        text = phrase.sub(
            lambda match, fact=fact, sources=sources: (  # type: ignore[misc]  # mypy cannot infer defaults of lambdas
                sources[0] if len(sources) == 1 else f"{match[0]} ({fact.value})"
            ),
            text,
            count=1,
        )
    return text


def told(question: str, lines: Sequence[str]) -> Fact | None:
    """The fact that a question asks for, and for nothing besides."""
    named = _named(question, facts_of(lines))
    asked = set(concepts(question)) - _ASKING
    return next((fact for fact in named if asked <= set(concepts(fact.name))), None)


def is_of_the_past(question: str) -> bool:
    """Whether a question is about what was done in the topic."""
    return bool(_LATEST.search(question) or re.search(r"\b(?:did|have) (?:you|we)\b", question, re.I))


def recollect(question: str, lines: Sequence[str]) -> str | None:
    """What a memory answers to a question; None where it does not."""
    if named := _named(question, facts_of(lines)):
        return str(named[0])
    done = [match for line in lines if (match := _DONE.match(line))]
    if done and _LATEST.search(question):
        return _unindented(done[-1]["result"])
    files = [line for line in lines if line.startswith("File ")]
    if files and _MADE.search(question):
        return "\n".join(files)
    asked = set(concepts(question)) - _ASKING
    best = max(reversed(lines), key=lambda line: coverage(asked, concepts(line)), default="")
    if not asked or coverage(asked, concepts(best)) < TELLS:
        return None
    if match := _DONE.match(best):
        return _unindented(match["result"])
    if match := _SAID.match(best):
        return f"You said: “{_unindented(match['said'])}”"
    return best


def _named(question: str, facts: Sequence[Fact]) -> list[Fact]:
    """The facts whose names stand in a question, the longest name first."""
    named = [
        fact for fact in facts if all(re.search(rf"\b{re.escape(word)}", question, re.I) for word in fact.name.split())
    ]
    return sorted(named, key=lambda fact: -len(fact.name))


def _is_told(text: str, fact: Fact) -> bool:
    return any(concepts(told.name) == concepts(fact.name) for told in told_in(text))


def _unindented(text: str) -> str:
    return text.replace("\n  ", "\n").strip()
