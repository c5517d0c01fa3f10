"""The steps drafted so far, and which of them a clause speaks of: `it`, `both`, `the summary`, `the results`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from repertory.nodes.offline.entities import find_entities
from repertory.nodes.offline.verbs import Kind, noun_kind
from repertory.nodes.offline.words import words
from repertory.nodes.planner.drafts import StepDraft

_MANY = re.compile(
    r"\b(?:the two|the three|both|them|they|their|these|those|all of (?:this|that|these|them)|everything|each other"
    r"|(?:the|your|all|all the) (?:\w+ )?(?:results?|findings?|outputs?|figures|answers?|data|facts|differences))\b",
    re.I,
)
_ONE = re.compile(
    r"(?<!is )\bit\b|\bits\b|\b(?:this|that)(?=\s*(?:$|to|in|into|with|as|by|on)\b)|\b(?:this|that|the latter) "
    r"(?:file|page|text|table|document|one)\b",
    re.I,
)
_TESTED = re.compile(r"\b(?:tests?|failures?|failing|fail(?:s|ed)?)\b", re.I)
_CHANGED = re.compile(
    r"\bwhat (?:\w+ ){0,2}(?:changed|edited|renamed)\b|\b(?:the|your|this|these|those) (?:changes?|edits?|diff)\b", re.I
)
_DEFINITE = re.compile(r"\b(?:the|this|that|these|those|your|its|their|all)\s+((?:[\w-]+\s+){0,2}?[\w-]+)", re.I)


@dataclass(frozen=True)
class Made:
    """A drafted step, with what the planner knows about it."""

    draft: StepDraft
    kind: Kind
    sources: tuple[str, ...]
    clause: int
    writes: str | None = None
    """The file that it writes."""

    @property
    def touches_code(self) -> bool:
        """Whether it reads or changes code, or runs it."""
        return self.kind == "code" or self.runs_tests or any(source.endswith(".py") for source in self.sources)

    @property
    def runs_tests(self) -> bool:
        """Whether it runs tests, or may."""
        return any({"run", "tests"} <= set(words(name)) for name in (self.draft.tool or "", *self.draft.tools))


@dataclass
class Drafts:
    """The steps drafted so far, in order."""

    made: list[Made] = field(default_factory=list)
    reserved: set[str] = field(default_factory=set)
    """Ids that are taken by steps of an earlier plan."""

    def __getitem__(self, step_id: str) -> Made:
        return next(made for made in self.made if made.draft.id == step_id)

    def __contains__(self, step_id: str) -> bool:
        return any(made.draft.id == step_id for made in self.made)

    def new_id(self) -> str:
        """The next id that is free."""
        number = 1
        while f"s{number}" in self.reserved:
            number += 1
        new = f"s{number}"
        self.reserved.add(new)
        return new

    def sinks(self) -> list[str]:
        """Steps whose result no other step uses yet."""
        used = {need for made in self.made for need in made.draft.needs}
        return [made.draft.id for made in self.made if made.draft.id not in used]

    def last(self) -> list[str]:
        """The steps of the latest clause whose result is of use: files written last say nothing."""
        telling = [made for made in self.made if made.writes is None] or self.made
        ends = [made for made in telling if made.clause == telling[-1].clause] if telling else []
        inner = {need for made in ends for need in made.draft.needs}
        return [made.draft.id for made in ends if made.draft.id not in inner]

    def of_kind(self, kind: Kind) -> list[str]:
        """The latest steps of that kind that one clause asked for."""
        found = [made for made in self.made if made.kind == kind and made.writes is None]
        return [made.draft.id for made in found if made.clause == found[-1].clause] if found else []

    def about(self, sources: Iterable[str]) -> list[str]:
        """Steps that deal with one of these files or addresses, writers first where there are any."""
        wanted = set(sources)
        return [made.draft.id for made in self.made if wanted & set(made.sources) or made.writes in wanted]

    def testing(self) -> list[str]:
        """The latest step that runs tests."""
        return [made.draft.id for made in self.made if made.runs_tests][-1:]

    def changing(self) -> list[str]:
        """The steps that change code."""
        return [made.draft.id for made in self.made if made.kind == "code"]

    def sources_of(self, ids: Iterable[str]) -> list[str]:
        """Files and addresses that these steps, or those that they need, deal with."""
        found: list[str] = []
        for step_id in ids:
            if step_id in self:
                made = self[step_id]
                found += [*self.sources_of(made.draft.needs), *made.sources]
        return list(dict.fromkeys(found))

    def spoken_of(self, text: str) -> list[str]:
        """The steps that a clause refers to by a pronoun or by the name of their result; none where it names none."""
        if not self.made:
            return []
        named = find_entities(text)
        for item in (*named.sources, *named.quoted):
            text = text.replace(item, " ")
        found = [step_id for step_id in re.findall(r"\bs\d+\b", text) if step_id in self]
        for phrase in _DEFINITE.findall(text):
            if (kind := noun_kind(phrase)) and kind != "answer":
                found += self.of_kind(kind)
        found += self.testing() if _TESTED.search(text) else []
        found += self.changing() if _CHANGED.search(text) else []
        if not found and _MANY.search(text):
            group = self.last()
            found = group if len(group) > 1 else self.open_ends()
        if not found and _ONE.search(text):
            found = self.last()
        return list(dict.fromkeys(found))

    def open_ends(self) -> list[str]:
        """Sinks that hold findings: what gathering work is about."""
        found = [step_id for step_id in self.sinks() if self[step_id].writes is None]
        return found or self.last()
