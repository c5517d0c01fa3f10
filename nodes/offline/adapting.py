"""Adapting a known plan to a similar task: what differs between the two texts is exchanged in the plan."""

import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any

from repertory.nodes.offline.arguments import role_of
from repertory.nodes.offline.clauses import mask, split, unmask
from repertory.nodes.offline.coding.planned import says_the_same
from repertory.nodes.offline.drafted import Drafts
from repertory.nodes.offline.entities import find_entities
from repertory.nodes.offline.recollecting import facts_of, remembered, resolve
from repertory.nodes.offline.repair import Known, read_outline
from repertory.nodes.offline.saving import saving
from repertory.nodes.offline.sections import items, section
from repertory.nodes.offline.verbs import kind_of
from repertory.nodes.offline.words import STOP
from repertory.nodes.planner.drafts import AdaptedPlan, AdaptedStep, ArgumentDraft

_EXPECTED = re.compile(r" \(expected: (?P<what>.*)\)$", re.S)
SIMILAR = 0.5
"""Share of two tasks' words, names left out, that must stand in both in the same order for a plan to be adapted."""


def adapt(user: str) -> AdaptedPlan:
    """The known plan, said anew for the task of a prompt; it does not fit where the task is another one."""
    known, task = section(user, "known_task") or "", section(user, "task") or ""
    task = resolve(task, facts_of(remembered(user)))
    steps = read_outline(items(section(user, "known_plan")))
    idle = any(map(_writes, steps)) and not any(saving(clause.text, Drafts()) for clause in split(task))
    if idle or not _similar(known, task) or not _same_parts(known, task):
        return AdaptedPlan(fits=False, steps=[])
    if _contradicts_itself(known, task):
        return AdaptedPlan(fits=False, steps=[])
    changes = differences(known, task)
    adapted = [_adapted(step, changes) for step in steps]
    if not says_the_same(task, " ".join(step.instruction for step in adapted)):
        return AdaptedPlan(fits=False, steps=[])
    return AdaptedPlan(fits=True, steps=adapted)


def differences(known: str, task: str) -> dict[str, str]:
    """What stands in one text where the other has something else, by aligning their words (Ratcliff and Obershelp)."""
    before, after = _tokens(known), _tokens(task)
    in_place = {left: right for left, right in _exchanged(known, task) if left != right}
    changes = dict(in_place)
    matcher = SequenceMatcher(None, [word.lower() for word in before], [word.lower() for word in after], autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag != "replace" or in_place:
            continue
        old, new = before[i:j], after[k:m]
        pairs = list(zip(old, new, strict=True)) if len(old) == len(new) else [(" ".join(old), " ".join(new))]
        for left, right in pairs:
            if re.search(r"\w", left) and re.search(r"\w", right) and left.lower() not in STOP:
                changes.setdefault(left, right)
    # A file may have been named by its name alone in an instruction: `the sales_may table`.
    for left, right in list(changes.items()):
        if find_entities(left).files and find_entities(right).files:
            name, instead = left.rpartition(".")[0], right.rpartition(".")[0]
            if "_" in name or "-" in name or len(name) > 5:  # `may.md` must not change every `may`
                changes.setdefault(name, instead)
    return changes


def _exchanged(known: str, task: str) -> list[tuple[str, str]]:
    """Details of two texts of one form, place by place: `7 * 9` and `6 * 7` say 6 for 7, and 7 for 9."""
    before, after = _tokens(known), _tokens(task)
    if [_plain(token) for token in before] != [_plain(token) for token in after]:
        return []
    return [(left, right) for left, right in zip(before, after, strict=True) if _plain(left) == "(name)"]


def _contradicts_itself(known: str, task: str) -> bool:
    """Whether one detail would have to become two: `3 * 3` cannot be exchanged for `3 * 4` word by word."""
    pairs = {(left.lower(), right.lower()) for left, right in _exchanged(known, task)}
    return len({left for left, _ in pairs}) < len(pairs)


def _similar(known: str, task: str) -> bool:
    """Whether the tasks differ in names and details only: the plan of one would do too much or too little else."""
    before, after = ([_plain(token) for token in _tokens(text)] for text in (known, task))
    return SequenceMatcher(None, before, after, autojunk=False).ratio() >= SIMILAR


def _same_parts(known: str, task: str) -> bool:
    """Whether each clause of either task has a counterpart in the other: the same kind of work, or near words."""
    before, after = ([clause.text for clause in split(text)] for text in (known, task))

    def counterpart(one: str, other: str) -> bool:
        if (saving(one, Drafts()) is None) != (saving(other, Drafts()) is None):
            return False
        return kind_of(one) == kind_of(other) or _similar(one, other)

    return all(any(counterpart(one, other) for other in after) for one in before) and all(
        any(counterpart(one, other) for one in before) for other in after
    )


def _writes(step: Known) -> bool:
    return any(role_of(name) == "content" for name in step.arguments) or saving(step.instruction, Drafts()) is not None


def _plain(token: str) -> str:
    named = find_entities(token)
    return "(name)" if named.sources or named.numbers or named.quoted else token.lower()


def _tokens(text: str) -> list[str]:
    masked, hidden = mask(text)
    found = re.findall(r"[\ue000-\uf8ff]|[\w'’%-]+(?:[.,]\d+)*|[^\w\s]", masked)
    return [unmask(token, hidden) for token in found]


def _adapted(step: Known, changes: Mapping[str, str]) -> AdaptedStep:
    arguments = [ArgumentDraft(name=name, value=_changed(value, changes)) for name, value in step.arguments.items()]
    said = _exchange(step.instruction, changes)
    expected = _EXPECTED.search(said)
    instruction = said[: expected.start()] if expected else said
    return AdaptedStep(
        id=step.id, instruction=instruction, arguments=arguments, expected=expected["what"] if expected else ""
    )


def _changed(value: Any, changes: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _exchange(value, changes)
    if isinstance(value, list):
        return [_changed(item, changes) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    new = changes.get(str(value))
    return type(value)(new) if new is not None and re.fullmatch(r"-?\d+(?:\.\d+)?", new) else value


def _exchange(text: str, changes: Mapping[str, str]) -> str:
    """All changes at once, the longest first, whole words only; references to steps stay."""
    if not changes:
        return text
    options = "|".join(re.escape(old) for old in sorted(changes, key=len, reverse=True))
    lowered = {old.lower(): new for old, new in changes.items()}
    pattern = re.compile(rf"(\{{\{{.*?\}}\}})|(?<![\w./-])(?:{options})(?![\w-]|[./]\w)", re.I | re.S)
    return pattern.sub(lambda match: match[1] or _cased(match[0], lowered[match[0].lower()]), text)


def _cased(old: str, new: str) -> str:
    return new[:1].upper() + new[1:] if old[:1].isupper() and not find_entities(new).sources else new
