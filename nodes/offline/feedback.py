"""What a person says about a plan: drop a step, use this instead of that, add a step, or do something else besides."""

import re

from repertory.nodes.offline.clauses import mask, unmask
from repertory.nodes.offline.drafted import Made
from repertory.nodes.offline.planning import Planner
from repertory.nodes.offline.verbs import is_verb
from repertory.nodes.offline.words import concepts, coverage
from repertory.nodes.planner.drafts import ArgumentDraft, StepDraft

_COMPLAINT = re.compile(
    r"^(?:the (?:plan|steps|id|adapted)|two steps|step '|PlanDraft|there is no tool"
    r"|steps?\.\d|your answer|arguments)\b|^step '"
)
_DROP = re.compile(
    r"\b(?:drop|remove|skip|delete|leave out|omit|without|do not|don't|no need (?:for|to))\b\s*(?P<what>.+)", re.I
)
_INSTEAD = (
    re.compile(
        r"\b(?:use|take|read|with|in|to)\s+(?P<new>.+?)\s+(?:instead of|rather than|in place of)\s+(?P<old>.+)", re.I
    ),
    re.compile(
        r"\b(?:replace|exchange|swap|change|rename)\s+(?P<old>.+?)\s+(?:with|by|for|to|into)\s+(?P<new>.+)", re.I
    ),
    re.compile(r"\bnot\s+(?P<old>.+?),?\s+but\s+(?P<new>.+)", re.I),
    re.compile(r"(?P<new>\S+)\s+(?:instead of|rather than)\s+(?P<old>\S+)", re.I),
)
_ADD = re.compile(
    r"^(?:please\s+)?(?:also\s+)?(?:add|insert|include)\s+(?:(?:a|one|another|an extra)\s+)*(?:new\s+)?step\s+"
    r"(?:that|which|to|where (?:you|it))\s+",
    re.I,
)
_CHANGE = re.compile(r"^(?:step\s+)?(?P<id>s\d+)(?:\s+(?:should|must|has to|needs to)|:)\s+(?P<what>.+)", re.I)


def apply_feedback(planner: Planner, text: str) -> None:
    """Change what is drafted as a person asks; what is neither dropping, replacing nor changing is done besides."""
    text = text.strip()
    if _COMPLAINT.match(text):
        return None  # about the form of an earlier draft; this one was checked
    masked, hidden = mask(text)
    if (change := _CHANGE.match(text)) and change["id"] in planner.drafts:
        return _change(planner, change["id"], change["what"])
    for pattern in _INSTEAD:
        if found := pattern.search(masked):
            old, new = (unmask(found[side], hidden).strip(" .\"'`") for side in ("old", "new"))
            if _replace(planner, old, new):
                return None
    if (drop := _DROP.search(text)) and _drop(planner, drop["what"]):
        return None
    added = _ADD.sub("", text)
    planner.add_all(added if added == text else _imperative(added))
    return None


def _change(planner: Planner, step_id: str, what: str) -> None:
    """Say one step anew; it keeps its id, so that those that need it still do."""
    at = next(index for index, made in enumerate(planner.drafts.made) if made.draft.id == step_id)
    old, later = planner.drafts.made[at], planner.drafts.made[at + 1 :]
    del planner.drafts.made[at:]
    before = set(planner.drafts.reserved)
    planner.add_all(_imperative(what))
    new = planner.drafts.made.pop()
    extra = [need for need in old.draft.needs if need not in new.draft.needs and not new.draft.tool]
    draft = new.draft.model_copy(update={"id": step_id, "needs": [*new.draft.needs, *extra]})
    planner.drafts.reserved = before | {made.draft.id for made in planner.drafts.made}
    planner.drafts.made += [Made(draft, new.kind, new.sources, old.clause, new.writes), *later]


def _replace(planner: Planner, old: str, new: str) -> bool:
    """Put one name for another wherever the plan has it."""
    pattern = re.compile(rf"(?<![\w.]){re.escape(old)}(?![\w])", re.I)

    def swap(text: str) -> str:
        return pattern.sub(lambda _: new, text)

    changed = False
    for index, made in enumerate(planner.drafts.made):
        draft = made.draft.model_copy(
            update={
                "instruction": swap(made.draft.instruction),
                "arguments": [
                    argument.model_copy(update={"value": swap(argument.value)})
                    if isinstance(argument.value, str)
                    else argument
                    for argument in made.draft.arguments
                ],
            }
        )
        changed = changed or draft != made.draft
        writes = swap(made.writes) if made.writes else None
        planner.drafts.made[index] = Made(draft, made.kind, tuple(map(swap, made.sources)), made.clause, writes)
    return changed


def _drop(planner: Planner, what: str) -> bool:
    """Take out the steps that are meant: named by id, or the one whose instruction has most in common."""
    made = planner.drafts.made
    named = [step_id for step_id in re.findall(r"\bs\d+\b", what) if step_id in planner.drafts]
    if not named:
        wanted = [word for word in concepts(re.sub(r"\bsteps?\b|\bfiles?\b", "", what)) if word]
        scored = [(coverage(wanted, _about(item.draft)), item.draft.id) for item in made]
        best = max((score for score, _ in scored), default=0.0)
        named = [step_id for score, step_id in scored if score == best][:1] if best >= 0.5 else []
    if not named or len(named) >= len(made):
        return False
    for step_id in named:
        _take_out(planner, step_id)
    return True


def _take_out(planner: Planner, step_id: str) -> None:
    """Remove a step; those that needed it now need what it needed. A writer left with nothing to write goes too."""
    gone = planner.drafts[step_id].draft
    planner.drafts.made.remove(planner.drafts[step_id])
    for index, made in enumerate(list(planner.drafts.made)):
        if step_id not in made.draft.needs:
            continue
        needs = [need for need in made.draft.needs if need != step_id]
        needs += [need for need in gone.needs if need not in needs]
        if made.draft.tool and not needs:
            _take_out(planner, made.draft.id)
            return _repeat(planner, step_id)
        instead = "\n\n".join(f"{{{{{need}.text}}}}" for need in needs)
        arguments = [_without(argument, step_id, instead) for argument in made.draft.arguments]
        draft = made.draft.model_copy(update={"needs": needs, "arguments": arguments})
        planner.drafts.made[index] = Made(draft, made.kind, made.sources, made.clause, made.writes)
    return None


def _repeat(planner: Planner, step_id: str) -> None:
    """Go on with the others that needed a step that is gone."""
    for made in [made for made in planner.drafts.made if step_id in made.draft.needs]:
        draft = made.draft.model_copy(update={"needs": [need for need in made.draft.needs if need != step_id]})
        planner.drafts.made[planner.drafts.made.index(made)] = Made(
            draft, made.kind, made.sources, made.clause, made.writes
        )


def _without(argument: ArgumentDraft, step_id: str, instead: str) -> ArgumentDraft:
    if isinstance(argument.value, str) and f"{{{{{step_id}." in argument.value:
        pattern = rf"(?:## [^\n]*\n\n)?\{{\{{{step_id}\.[\w.-]+\}}\}}"
        value = re.sub(
            pattern, lambda _: "" if "}}" in re.sub(pattern, "", str(argument.value)) else instead, argument.value
        )
        return argument.model_copy(update={"value": value.strip()})
    return argument


def _about(draft: StepDraft) -> list[str]:
    values = " ".join(str(argument.value) for argument in draft.arguments if "{{" not in str(argument.value))
    return concepts(f"{draft.instruction} {draft.tool or ''} {draft.role.partition(':')[0]} {values}")


def _imperative(text: str) -> str:
    """`checks costs.csv` as `check costs.csv`."""
    first, space, rest = text.strip().partition(" ")
    lower = first.lower()
    for base in (lower.removesuffix("s"), lower.removesuffix("es"), re.sub("ies$", "y", lower)):
        if base != lower and is_verb(base):
            return f"{base}{space}{rest}"
    return text.strip()
