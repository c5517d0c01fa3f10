"""Speaking for a character: answering in character, rewriting in its style, judging its lines; or all in one go.

What is wanted shows in the material of the system prompt: `<goals>` and `<mood>` for an answer, `<sample_lines>` for a
style, both for both, and goals with the words "yes or no" for a judgement. No character is known beforehand.
"""

import re
from collections.abc import Sequence

from langchain_core.messages import BaseMessage

from repertory.nodes.offline.answering import Character, answer_in_character
from repertory.nodes.offline.exchanges import Dialogue, read_dialogue
from repertory.nodes.offline.remarks import changes_form, heed
from repertory.nodes.offline.restyling import restyle, reword
from repertory.nodes.offline.sections import items, section
from repertory.nodes.offline.voices import learn
from repertory.nodes.offline.words import concepts, coverage, words

SERVES = 0.4
"""Share of a goal's concepts that a line must have to serve it."""

_NAME = re.compile(r"^You are (?P<name>[^.,:;\n]+)", re.M)


def speak(messages: Sequence[BaseMessage]) -> str | None:
    """A character's words, or the judgement of them; None where the prompt holds no such material."""
    dialogue = read_dialogue(messages)
    goals, samples = items(section(dialogue.system, "goals")), items(section(dialogue.system, "sample_lines"))
    if not dialogue.now.line or not (goals or samples):
        return None
    if not goals:
        return _rewritten(dialogue, samples)
    if not samples and re.search(r"\byes`? or `?no\b", dialogue.system, re.I):
        return _judged(dialogue.now.line, goals)
    named = _NAME.search(dialogue.system)
    mood = section(dialogue.system, "mood") or ""
    character = Character(named["name"].strip() if named else "nobody you know", mood, tuple(goals))
    answer = answer_in_character(character, dialogue)
    return reword(answer, learn(samples)) if samples else answer


def _rewritten(dialogue: Dialogue, samples: Sequence[str]) -> str:
    """The line in the voice of the samples, changed in form as a person asked since, else told in another way."""
    now = dialogue.now
    text = restyle(now.line, learn(samples), nth=len(now.remarks), names=_names(now.line))
    for remark in now.remarks:
        text = heed(remark, text, ()) if changes_form(remark) else text
    return text


def _names(text: str) -> frozenset[str]:
    """Words with a capital that do not begin a sentence."""
    return frozenset(re.findall(r"(?<=[\w,;:] )[A-Z][\w-]+", text))


def _judged(line: str, goals: Sequence[str]) -> str:
    """Yes where the line has enough of the words of one goal."""
    said = concepts(line)
    scored = [(coverage(concepts(goal), said), goal) for goal in goals]
    best, goal = max(scored, key=lambda pair: pair[0])
    if best < SERVES:
        return "no: it shares too few words with any of the goals"
    shared = [word for word in words(goal) if set(concepts(word)) & set(said)]
    return f"yes: it is about {', '.join(dict.fromkeys(shared))}"
