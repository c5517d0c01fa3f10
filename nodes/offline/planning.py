"""Planning: a clause becomes direct tool steps where tool and arguments are known, else an agent's step."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from repertory.nodes.offline.arguments import fill_all, role_of
from repertory.nodes.offline.choose import THRESHOLD, Choice, choose, rank, verbs_of
from repertory.nodes.offline.clauses import Clause, split
from repertory.nodes.offline.coding.planned import VERBS, changing, wants_change, wants_tests
from repertory.nodes.offline.drafted import Drafts, Made
from repertory.nodes.offline.entities import find_entities
from repertory.nodes.offline.readers import is_reader, lister, reader_for, writer
from repertory.nodes.offline.recollecting import to_note
from repertory.nodes.offline.roles import role_for, work
from repertory.nodes.offline.saving import Saving, saving
from repertory.nodes.offline.sections import Tool
from repertory.nodes.offline.verbs import GATHERING, JUDGING, Kind, kind_of
from repertory.nodes.offline.wording import (
    bare,
    for_one,
    has_tables,
    is_about_tables,
    mentions_files,
    sentence,
    wants_all_files,
    wants_file,
)
from repertory.nodes.offline.words import words
from repertory.nodes.planner.drafts import ArgumentDraft, PlanDraft, StepDraft

_GROUPED = re.compile(
    r"\b(?:per|by|for each|highest|lowest|most|least|best|worst|top|largest|smallest|biggest|month|each)\b", re.I
)
_CONDENSING: frozenset[Kind] = frozenset(["summarize", "describe", "count", "search"])
_ON_ROWS: frozenset[Kind] = frozenset(["rank", "recommend", "analyze", "compare"])
"""Kinds of work that want the rows of tables, not only what a description tells of them."""
_LOOKING: frozenset[Kind] = frozenset(["extract", "answer", "review", "explain", "search", "count"])


_SPEECH = ("tell", "ask", "delegate")
"""How agents speak to each other; never called by a plan."""


def plan(task: str, tools: Sequence[Tool]) -> PlanDraft:
    """A plan for a task."""
    planner = Planner(tools)
    planner.add_all(task)
    return planner.plan()


class Planner:
    """Drafts steps, clause by clause."""

    def __init__(self, tools: Sequence[Tool], drafts: Drafts | None = None) -> None:
        self.tools = [tool for tool in tools if tool.name not in _SPEECH]
        self._speech = [tool.name for tool in tools if tool.name in _SPEECH]
        self.drafts = drafts or Drafts()
        self._clause = max((made.clause for made in self.drafts.made), default=0)

    def plan(self) -> PlanDraft:
        """What was drafted."""
        return PlanDraft(steps=[made.draft for made in self.drafts.made])

    def add_all(self, text: str) -> None:
        """Draft the steps of all clauses of a text."""
        further = VERBS if wants_change(text, self.tools) else frozenset[str]()
        for clause in split(text, verbs_of(self.tools) | further):
            self.add(clause)

    def add(self, clause: Clause) -> list[str]:
        """Draft the steps of a clause. Gives the ids of those that hold its result."""
        self._clause += 1
        if (fact := to_note(clause.text)) and (tool := next((t for t in self.tools if t.name == "remember"), None)):
            return [self._direct(tool, {"key": fact.name, "value": fact.value}, clause.text, "save", [])]
        if wants_change(clause.text, self.tools):
            return [self._change(clause.text)]
        if (changing := self.drafts.changing()) and wants_tests(clause.text, self.tools):
            return [self._add_to(changing[-1], clause.text)]
        if (save := saving(clause.text, self.drafts)) and writer(self.tools):
            return self._save(save, linked=clause.linked)
        return self._work(clause.text, linked=clause.linked)

    def agent(self, text: str, *, needs: Sequence[str], role: str) -> str:
        """Draft an agent's step that may look for itself, whatever tool would do for the clause. Gives its id."""
        self._clause += 1
        step_id = self._agent(text, kind_of(text), None, linked=False)
        made = self.drafts.made[-1]
        named = find_entities(text).sources
        readers = [tool.name for source in named if (tool := reader_for(source, self.tools))]
        looking = [tool.name for tool in (lister(self.tools) if named else None,) if tool]
        meant = [choice.tool.name] if (choice := choose(text, self.tools)) and choice.tool.risk == "read" else []
        update = {
            "needs": list(needs),
            "role": role if ":" in role else made.draft.role,
            "tools": list(dict.fromkeys([*meant, *readers, *looking, *made.draft.tools])),
        }
        self.drafts.made[-1] = replace(made, draft=made.draft.model_copy(update=update))
        return step_id

    def _change(self, text: str) -> str:
        """A step that changes code. Changes that follow each other are one step's, as is what is said of the tests."""
        if self.drafts.made and self.drafts.made[-1].kind == "code":
            return self._add_to(self.drafts.made[-1].draft.id, text)
        before = [made.draft.id for made in self.drafts.made if made.touches_code]  # else it would change under them
        needs = list(dict.fromkeys([*self.drafts.spoken_of(text), *before]))
        instruction = sentence(text, [] if find_entities(text).sources else self.drafts.sources_of(needs))
        draft = changing(self.drafts.new_id(), instruction, needs, self.tools)
        self.drafts.made.append(Made(draft, "code", (), self._clause))
        return draft.id

    def _add_to(self, step_id: str, text: str) -> str:
        """Have a step that changes code do this as well."""
        made = self.drafts[step_id]
        instruction = f"{made.draft.instruction} {sentence(text)}"
        draft = changing(step_id, instruction, made.draft.needs, self.tools)
        self.drafts.made[self.drafts.made.index(made)] = replace(made, draft=draft)
        return step_id

    def _save(self, save: Saving, *, linked: bool) -> list[str]:
        tool = writer(self.tools)
        assert tool is not None  # noqa: S101 - asked before
        needs = list(save.needs)
        if save.content is None and not needs:
            needs = self._work(save.produce, linked=linked)
            self._clause += 1
        arguments = save.arguments(tool, self.drafts, needs)
        made = self._direct(tool, arguments, save.instruction, "save", needs, writes=save.path)
        return [made]

    def _work(self, text: str, *, linked: bool) -> list[str]:
        kind = kind_of(text)
        direct = self._choice(text, kind)
        if direct and direct.calls:
            self._drop_idle_reads(text, direct)
            return [self._call(direct, call, text, kind, linked) for call in direct.calls]
        return [self._agent(text, kind, direct, linked)]

    def _choice(self, text: str, kind: Kind) -> Choice | None:
        """The tool that does the clause; without calls where its arguments are not known."""
        if kind in JUDGING and not self._named_after_verb(text):
            return None
        named = find_entities(text)
        if kind in ("read", "fetch") and named.sources:
            tool = reader_for(named.sources[0], self.tools)
            if tool and (calls := fill_all(tool, text)):
                return Choice(tool, THRESHOLD, calls)
        if kind in ("describe", "summarize") and is_about_tables(named.files):
            tool = reader_for(named.files[0], self.tools, outline=True)
            if tool and (calls := fill_all(tool, text)):
                return Choice(tool, THRESHOLD, calls)
        if kind in ("answer", "extract", "count") and named.files and _GROUPED.search(bare(text)):
            return None
        spoken = self.drafts.spoken_of(text)
        if wants_all_files(text) and not named.files and not named.globs:
            found = choose(text, self.tools)
            return found if found and not wants_file(found.tool) else None
        if spoken and not named.sources:
            sources = self.drafts.sources_of(spoken)
            resolved = choose(f"{text} {' '.join(sources)}", self.tools)
            if resolved and resolved.calls and self._is_new(resolved, spoken):
                return resolved
        return choose(text, self.tools)

    def _is_new(self, choice: Choice, spoken: Iterable[str]) -> bool:
        """Whether a call on the sources of earlier steps brings something that they do not hold already."""
        if not set(choice.tool.required) or choice.tool.risk != "read" or is_reader(choice.tool):
            return False
        return all(self.drafts[step].draft.tool not in (None, choice.tool.name) for step in spoken)

    def _named_after_verb(self, text: str) -> bool:
        first = [word.lower() for word in words(text)[:2]]
        return any(word in verbs_of(self.tools) for word in first if word not in ("write", "list", "read"))

    def _drop_idle_reads(self, text: str, choice: Choice) -> None:
        """`Read a.md and count its words`: reading is part of counting, no step of its own."""
        sources = {value for call in choice.calls for value in call.values() if isinstance(value, str)}
        if not self.drafts.spoken_of(text) or find_entities(text).sources:
            return
        idle = [made for made in self.drafts.made if made.kind == "read" and set(made.sources) <= sources]
        needed = {need for made in self.drafts.made for need in made.draft.needs}
        for made in idle:
            if made.draft.tool and made.draft.id not in needed:
                self.drafts.made.remove(made)
                self.drafts.reserved.discard(made.draft.id)

    def _call(self, choice: Choice, call: dict[str, Any], text: str, kind: Kind, linked: bool) -> str:
        sources = [str(value) for value in call.values()]
        needs = [made.draft.id for made in self.drafts.made if made.writes in sources]
        if linked and choice.tool.risk == "write":
            needs += [step for step in self.drafts.sinks() if step not in needs]
        instruction = text if len(choice.calls) == 1 else for_one(text, call, choice.calls)
        about = [] if find_entities(text).sources else find_entities(" ".join(sources)).sources
        if any(role_of(name) == "query" for name in choice.tool.required):
            kind = "search"
        needs += [step for step in self._changed(sources) if step not in needs]
        return self._direct(choice.tool, call, sentence(instruction, about), kind, needs)

    def _direct(
        self, tool: Tool, call: dict[str, Any], text: str, kind: Kind, needs: list[str], *, writes: str | None = None
    ) -> str:
        arguments = [ArgumentDraft(name=name, value=value) for name, value in call.items()]
        for made in self.drafts.made:
            if made.draft.tool == tool.name and made.draft.arguments == arguments and tool.risk != "write":
                return made.draft.id
        named = find_entities(" ".join(str(value) for value in call.values())).sources
        draft = StepDraft(
            id=self.drafts.new_id(), instruction=sentence(text), needs=needs, expected="", role="", tools=[],
            tool=tool.name, arguments=arguments,
        )  # fmt: skip
        self.drafts.made.append(Made(draft, kind, () if writes else named, self._clause, writes))
        return draft.id

    def _agent(self, text: str, kind: Kind, choice: Choice | None, linked: bool) -> str:
        named = find_entities(text)
        needs = self.drafts.spoken_of(text)
        known = self.drafts.about(named.sources)
        needs += [step for step in known if step not in needs]
        needs += [step for step in self._changed(named.sources) if step not in needs]
        unread = [source for source in named.sources if not self.drafts.about([source])]
        if not needs and self.drafts.made and not named.sources and not wants_all_files(text):
            needs = self.drafts.open_ends() if kind in GATHERING or linked or kind in _LOOKING else []
        elif linked and not needs and kind in GATHERING:
            needs = self.drafts.open_ends()
        tools: list[str] = []
        if len(unread) > 1 and (kind in GATHERING or kind == "review") and not has_tables(unread):
            needs += self._read_first(unread)
        else:
            tools += [tool.name for source in unread if (tool := reader_for(source, self.tools))]
        if kind == "write" and needs:
            needs += [step for step in self.drafts.of_kind("read") if step not in needs]
        sources = [] if named.sources else self.drafts.sources_of(needs)
        tools += self._to_look_again(kind, needs, sources or named.sources)
        tools += [name for name in self._speech if re.search(rf"\b{name} (?:step )?s\d+\b", text, re.I)]
        tools += self._further_tools(text, kind, choice, alone=not needs and not unread)
        about = work(kind, table=is_about_tables([*named.files, *sources]) and not needs)
        instruction = sentence(text, sources or self._topics(needs))
        draft = StepDraft(
            id=self.drafts.new_id(), instruction=instruction, needs=list(dict.fromkeys(needs)),
            expected=about.expected, role=role_for(about), tools=list(dict.fromkeys(tools)), tool=None, arguments=[],
        )  # fmt: skip
        self.drafts.made.append(Made(draft, kind, named.sources, self._clause))
        return draft.id

    def _changed(self, sources: Iterable[str]) -> list[str]:
        """Steps that change code, where one of these files is code: it is wanted as it is then."""
        return self.drafts.changing() if any(source.endswith(".py") for source in sources) else []

    def _to_look_again(self, kind: Kind, needs: Sequence[str], sources: Sequence[str]) -> list[str]:
        """Readers for work on what earlier steps condensed: they may have lost what is wanted here."""
        kinds = {self.drafts[step].kind for step in needs if step in self.drafts}
        wanted: list[str] = []
        if kind in _ON_ROWS and "describe" in kinds:
            wanted = [source for source in sources if has_tables([source])]
        elif kind in _LOOKING and kinds and kinds <= _CONDENSING:
            wanted = [*sources, *(["any.md"] if kinds == {"search"} else [])]
        return [tool.name for source in wanted if (tool := reader_for(source, self.tools))]

    def _topics(self, needs: Sequence[str]) -> list[str]:
        """What needed steps searched for."""
        drafts = [
            self.drafts[step].draft for step in needs if step in self.drafts and self.drafts[step].kind == "search"
        ]
        return [str(item.value) for draft in drafts for item in draft.arguments if role_of(item.name) == "query"]

    def _read_first(self, sources: Sequence[str]) -> list[str]:
        """Direct steps that bring the sources of a comparison, so that they are read in parallel and for nothing."""
        steps = []
        for source in sources:
            tool = reader_for(source, self.tools)
            if tool:
                call = {tool.required[0]: source}
                steps.append(self._direct(tool, call, f"Read {source}", "read", []))
        return steps

    def _further_tools(self, text: str, kind: Kind, choice: Choice | None, *, alone: bool) -> list[str]:
        """What else an agent needs: the tool that was meant, and a way to find files that are not named."""
        found = []
        if choice and choice.tool.risk != "write" and (alone or not wants_file(choice.tool)):
            found.append(choice.tool.name)
        if wants_all_files(text) or find_entities(text).globs or (alone and mentions_files(text)):
            reader = reader_for("any.md", self.tools)
            found += [tool.name for tool in (lister(self.tools), reader) if tool]
        if kind == "search":
            found += [near.tool.name for near in rank(text, self.tools)[:1] if near.tool.risk == "read"]
        return found
