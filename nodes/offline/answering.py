"""What a character answers, in plain words: the line's topic, seen from its goals and its mood."""

import re
from dataclasses import dataclass

from repertory.nodes.offline.exchanges import Dialogue
from repertory.nodes.offline.remarks import changes_form, heed
from repertory.nodes.offline.voices import sentences_of
from repertory.nodes.offline.words import STOP, concepts, coverage, words

_WHO = re.compile(r"\bwho (?:are|is) you|\bhaven['’]t met|\bnever met|\byour name\b|\bintroduce yourself\b", re.I)
_WANTS = re.compile(
    r"\b(?:ambitions?|goals?|dreams?|hopes?|aims?|plans?|purpose|about yourself)\b|\bwhat do you (?:want|do|wish)\b",
    re.I,
)
_CALLED = re.compile(r"\byou(?: are|['’]re)(?: \w+)*? (?:an? )(?:\w+ )*?(?P<what>\w+)[.!]?\s*$", re.I)
_BAD = frozenset(
    ("fool", "idiot", "liar", "coward", "thief", "cheat", "moron", "clown", "fraud", "disgrace", "bore", "crook")
)
_SPEAKER = re.compile(r"\b(?:I am|I['’]m|[Mm]y name is) (?P<name>[A-Z][a-z]+)\b")
_ABOUT = re.compile(r"\b(?:about|of|on) (?:the |an? |my |your )?(?P<topic>[A-Za-z][\w-]*)", re.I)
_CLAIM = re.compile(
    r"^(?:(?:well|maybe|perhaps|but|and|so),? )*(?:i (?:think|believe|feel|know|say|guess) (?:that )?)?"
    r"(?:the |an? |my |your |our )?(?P<topic>[A-Za-z][\w-]*) (?:is|are|was|were|has|have|will|can|should|must)\b",
    re.I,
)
_EMPTY = STOP | frozenset(("much", "more", "mind", "first", "thing", "something", "maybe", "really", "think", "good"))
_PRONOUNS = frozenset(("i", "you", "he", "she", "it", "we", "they", "this", "that", "there", "what", "who"))
_STEER = re.compile(r"\b(?:goals?|steer)\b", re.I)
_MENTION = re.compile(r"\b(?:mention|speak of|talk about|bring up|say something about) (?P<what>[^.;!?\n]+)", re.I)


@dataclass(frozen=True)
class Character:
    """Who answers."""

    name: str
    mood: str
    """What is said after `I am`."""
    goals: tuple[str, ...]
    """Each what is said after `I want to`."""


def answer_in_character(character: Character, dialogue: Dialogue) -> str:
    """The next line of a character, in plain words.

    Goals come where the line asks for them, insults, or has a word in common with one; small talk gets small talk,
    unless a direction says to steer back to the goals.
    """
    now = dialogue.now
    text = _answer(character, dialogue)
    for remark in now.remarks:
        if changes_form(remark):
            text = heed(remark, text, ())
        elif mention := _MENTION.search(remark):
            text = f"{text} And let us not forget {mention['what'].strip()}."
    return text


def _answer(character: Character, dialogue: Dialogue) -> str:
    line, goal = dialogue.now.line, _goal(character, dialogue)
    if any(_STEER.search(remark) for remark in dialogue.now.remarks):
        topic = _topic(line)
        return f"{_capital(topic)} can wait. I want to {goal}. Will you help me?"
    if (called := _CALLED.search(line)) and called["what"].lower() in _BAD:
        return f"You think I am a {called['what'].lower()}? A {called['what'].lower()} could not {goal}."
    if _WHO.search(line):
        return f"{_greeting(dialogue)}I am {character.name}, and I want to {goal}. Have you come to help me?"
    if _WANTS.search(line):
        others = [other for other in (*_fresh(character, dialogue), *character.goals) if other != goal]
        then = f" After that I am going to {others[0]}." if others else ""
        return f"More than anything I want to {goal}.{then}"
    topic = _topic(line)
    if related := _related(character, line):
        shared = next(word for word in words(line) if set(concepts(word)) & set(concepts(related)))
        return f"You speak of {_plain(shared)}. That is on my mind as well, because I want to {related}."
    mood = f", because I am {character.mood}" if character.mood else ""
    small = (
        f"{_capital(topic)} is not something that I know much about. You will have to tell me more{mood}.",
        f"I have not given much thought to {topic}{mood}. What do you like about it?",
        f"So you have something to say about {topic}. Do not expect me to argue{mood}.",
    )
    return small[len(dialogue.earlier) % len(small)]


def _goal(character: Character, dialogue: Dialogue) -> str:
    """The goal that has most in common with the line; else the next one that was not spoken of before."""
    if related := _related(character, dialogue.now.line):
        return related
    fresh = _fresh(character, dialogue)
    return fresh[0] if fresh else character.goals[len(dialogue.earlier) % len(character.goals)]


def _fresh(character: Character, dialogue: Dialogue) -> list[str]:
    """Goals that were not spoken of before."""
    said = concepts(" ".join(exchange.reply for exchange in dialogue.earlier))
    return [goal for goal in character.goals if coverage(concepts(goal), said) < 0.5]


def _related(character: Character, line: str) -> str | None:
    said = set(concepts(line))
    shared = [len(said & set(concepts(goal))) for goal in character.goals]
    return character.goals[shared.index(max(shared))] if max(shared, default=0) else None


def _greeting(dialogue: Dialogue) -> str:
    speaker = _SPEAKER.search(dialogue.now.line)
    return f"Good day, {speaker['name']}. " if speaker else ""


def _topic(line: str) -> str:
    """What the line is about: the subject of its last claim, what it names after `about`, or its longest word."""
    for sentence in reversed(sentences_of(line)):
        claim = _CLAIM.match(sentence)
        if claim and claim["topic"].lower() not in _PRONOUNS | _EMPTY:
            return _plain(claim["topic"])
    about = [match["topic"] for match in _ABOUT.finditer(line) if match["topic"].lower() not in _EMPTY | _PRONOUNS]
    if about:
        return _plain(about[0])
    left = [word for word in words(line) if word.lower() not in _EMPTY | _PRONOUNS and not word.isdigit()]
    return _plain(max(left, key=len)) if left else "that"


def _plain(word: str) -> str:
    """The word as it stands within a sentence; an acronym keeps its capitals."""
    return word if word.isupper() and len(word) > 1 else word.lower()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
