"""Conversing on a topic: small talk, answers from what is remembered, and tasks for what has to be done."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from repertory.nodes.offline.clauses import begins_work, mask, unmask, without_courtesies
from repertory.nodes.offline.entities import find_entities
from repertory.nodes.offline.recollecting import facts_of, is_of_the_past, recollect, remembered, resolve, told, told_in
from repertory.nodes.offline.sections import section
from repertory.nodes.offline.wording import mentions_files, wants_all_files
from repertory.nodes.topic.converse import TopicTurn

_SMALL = (
    (re.compile(r"^(?:hi|hello|hey|good (?:morning|day|afternoon|evening))\b(?! *,? *\w+ing)", re.I), "Good day."),
    (re.compile(r"^(?:thanks|thank you|many thanks|great|perfect|well done|nice)\b", re.I), "You are welcome."),
    (re.compile(r"^(?:bye|goodbye|see you|good night)\b", re.I), "Goodbye."),
    (re.compile(r"^how are you\b", re.I), "All is well here. What can be done for you?"),
    (
        re.compile(r"^(?:who are you|what can you do)\b", re.I),
        "I keep the conversation on this topic and have tasks done: files, tables, sums, pages.",
    ),
    (re.compile(r"^(?:yes|no|ok(?:ay)?|sure|fine|i see)[.!]?$", re.I), "All right."),
)
_ASKS = re.compile(
    r"^(?:what|which|who|whom|whose|where|when|how|why|is|are|was|were|do|does|did|has|have|tell me|say)\b", re.I
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)|\n+")
_AT_ONCE = re.compile(
    r",?\s*(?:\band\b|\bwhile\b)?,?\s*\b(?:at the same time|in parallel|meanwhile|simultaneously|at once)\b,?\s*", re.I
)
_THEN = re.compile(r"[;,]?\s+(?:and\s+)?(?:then|after that|afterwards)\b,?\s+", re.I)
_FOLLOWS = re.compile(r"^(?:and\s+)?(?:then|after(?:wards| that)|next|finally)\b,?\s*", re.I)
_BACK = re.compile(
    r"\b(?:it|its|them|this|these|that|those|the (?:results?|answers?|summar(?:y|ies)|comparison|findings?|outcome|"
    r"figures?|numbers?|texts?|lists?))\b(?! (?:is|are)\b)",
    re.I,
)
_TELLS = re.compile(
    r"^(?:i|i'm|we|my|our|the|it|its|there|this|that|these|those|he|she|they|you|an?|no|by|in|on|at|for|as|since|if)\b"
    r"|^(?:\S+ ){1,3}(?:is|are|was|were|has|have|had|will|can|likes?|prefers?|lives?|works?|wants?|needs?)\b",
    re.I,
)
"""How sentences begin that tell something; others begin with a verb, be it one that nobody here knows."""
_ONCE = re.compile(r"^(?:remember|note|keep in mind)\b", re.I)


@dataclass
class _Turn:
    """What becomes of a message, piece by piece."""

    known: Sequence[str]
    answers: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    follows: bool = False
    """Whether a task is said to come after another."""


def converse(user: str) -> TopicTurn:
    """What is to be done about the message of a prompt."""
    message, answers_only = section(user, "message") or user, "no task may come of this message" in user
    turn = _Turn([*remembered(user), f"The user said: {message}"])
    for piece, follows in _pieces(message):
        _take(turn, piece, follows=follows, answers_only=answers_only)
    at_once = bool(_AT_ONCE.search(message))
    answer = " ".join(dict.fromkeys(turn.answers))
    if not turn.tasks and not answer:
        answer = "I see."
    return TopicTurn(answer=answer, tasks=turn.tasks, parallel=at_once or not turn.follows)


def _pieces(message: str) -> Iterator[tuple[str, bool]]:
    """Sentences, and parts of them that stand by themselves; each with whether it comes after the one before."""
    masked, hidden = mask(message)
    for sentence in _SENTENCE.split(masked):
        for at_once in _parts(sentence, _AT_ONCE):
            for n, piece in enumerate(_parts(at_once, _THEN)):
                text = unmask(_FOLLOWS.sub("", piece), hidden).strip(" ,;")
                if text.strip(" .!?"):
                    yield text, n > 0 or bool(_FOLLOWS.match(piece))


def _parts(sentence: str, joint: re.Pattern[str]) -> list[str]:
    """The sentence cut at its joints, where what follows begins with a verb; it reads on where not."""
    first, *rest = joint.split(sentence)
    parts = [first]
    for part in rest:
        if begins_work(part):
            parts.append(part)
        elif part.strip(" .!?"):
            parts[-1] += f" and {part}" if parts[-1].strip() else part
    return parts


def _take(turn: _Turn, text: str, *, follows: bool, answers_only: bool) -> None:
    asked = without_courtesies(text)
    for pattern, reply in _SMALL:
        if pattern.search(text) and len(text.split()) <= 8:
            turn.answers.append(reply)
            return
    if facts := [*told_in(text)]:
        turn.answers += [f"I will remember that {_lower(str(fact)).rstrip('.')}." for fact in facts]
        return
    if _asks(asked):
        _answer(turn, asked, follows=follows, answers_only=answers_only)
    elif _ONCE.match(asked) or (_TELLS.search(asked) and not begins_work(asked)):
        turn.answers.append("I will remember that.")
    elif answers_only:
        known = recollect(asked, turn.known[:-1])
        turn.answers.append(known or f"That would be a task, and none is wanted: {_quoted(asked)}")
    else:
        _add(turn, asked, follows=follows)


def _asks(text: str) -> bool:
    return bool(_ASKS.match(text)) or (text.endswith("?") and not begins_work(text))


def _answer(turn: _Turn, question: str, *, follows: bool, answers_only: bool) -> None:
    """From memory, but for what files and sums say, which may be different by now: that is looked at."""
    if fact := told(question, turn.known[:-1]):
        turn.answers.append(str(fact))
        return
    if _names_work(question) and not answers_only and not is_of_the_past(question):
        _add(turn, question, follows=follows)
        return
    unknown = f"I do not know that yet: {_quoted(question)} Tell me, or name a file to look into."
    turn.answers.append(recollect(question, turn.known[:-1]) or unknown)


def _add(turn: _Turn, text: str, *, follows: bool) -> None:
    """A task of its own; what speaks of the one before, and names nothing itself, is part of that."""
    text = resolve(text, facts_of(turn.known)).rstrip(" .!?" if begins_work(text) else " .!")
    text = f"{text[:1].upper()}{text[1:]}"
    speaks_of = _BACK.search(text)
    if turn.tasks and speaks_of:
        turn.tasks[-1] = f"{turn.tasks[-1]}, then {_lower(text)}"
        return
    written = {file for task in turn.tasks for file in find_entities(task).files}
    turn.follows = turn.follows or (bool(turn.tasks) and (follows or bool(written & set(find_entities(text).files))))
    turn.tasks.append(text)


def _names_work(text: str) -> bool:
    """Whether a question is about something that has to be looked at or worked out."""
    named = find_entities(text)
    if re.search(r"\b(?:my|our)\b", text, re.I) and not named.sources:
        return False  # which one that is, only the user knows
    return bool(
        named.sources or named.expressions or named.globs or wants_all_files(text) or mentions_files(text)
        or re.search(r"\bwhat(?:'s| is) the (?:time|date)|\bwhat time\b", text, re.I)
    )  # fmt: skip


def _lower(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"


def _quoted(text: str) -> str:
    return f"“{text.strip()}”"
