"""Writing the system prompts of agents, and criticising them: what each lacks is told by rule."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from repertory.nodes.offline.roles import work_of
from repertory.nodes.offline.sections import items, section
from repertory.nodes.planner.drafts import PromptDraft, PromptDrafts, PromptReview, Revision

_AGENT = re.compile(r"^(?P<name>[\w-]+) \((?P<role>.*?)\)(?:; tools: (?P<tools>[\w, -]+))?(?:\n|$)", re.S)
_USES = {
    "read": "to see the sources themselves", "list": "to learn which files there are", "search": "to find passages",
    "describe": "for types and figures of tables", "summarize": "for the gist of long texts",
    "calculate": "for every sum, never your head", "write": "only for the file that the instruction names",
    "fetch": "only for addresses that you were given", "text": "for counts", "current": "for the time",
    "tell": "only where the instruction says so", "ask": "only where the instruction says so",
}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """An agent whose prompt is wanted."""

    name: str
    role: str
    about: str
    tools: tuple[str, ...]


def draft_prompts(user: str) -> PromptDrafts:
    """First drafts: who the agent is, how it works, what its result holds."""
    return PromptDrafts(prompts=[PromptDraft(agent=agent.name, prompt=_draft(agent)) for agent in _agents(user)])


def review_prompts(user: str) -> PromptReview:
    """What is weak in the drafts, and better ones; a draft without a weakness is left alone."""
    agents = {agent.name: agent for agent in _agents(user)}
    revisions = []
    for name, prompt in re.findall(r'<draft agent="([^"]+)">\n?(.*?)\n?</draft>', user, re.S):
        agent = agents.get(name, Wanted(name, "", "", ()))
        found = list(_weaknesses(agent, prompt.strip()))
        if found:
            better = " ".join([prompt.strip(), *(remedy for _, remedy in found)])
            weakness = "; ".join(weak for weak, _ in found)
            revisions.append(Revision(agent=name, weakness=weakness, prompt=better))
    return PromptReview(revisions=revisions)


def _agents(user: str) -> list[Wanted]:
    found = []
    for item in items(section(user, "agents")):
        if match := _AGENT.match(item):
            role, _, about = match["role"].partition(": ")
            tools = tuple(tool.strip() for tool in (match["tools"] or "").split(",") if tool.strip())
            found.append(Wanted(match["name"], role.strip(), about.strip(), tools))
    return found


def _draft(agent: Wanted) -> str:
    known = work_of(agent.role)
    article = "an" if agent.role[:1].lower() in "aeiou" else "a"
    parts = [f"You are {article} {agent.role[:1].lower() + agent.role[1:]} who {agent.about.rstrip('.')}.", known.how]
    if len(agent.tools) == 1:
        parts.append(f"Use {agent.tools[0]} {_use(agent.tools[0])}.")
    elif agent.tools:
        parts.append("Use your tools before you answer.")
    parts.append(
        f"Your result is {known.expected}; it is read by people and by other agents who see nothing else of your work."
    )
    if known.done:
        parts.append(known.done)
    if agent.tools:
        parts.append("Where a source is missing or cannot be read, say which and go on with the others.")
    return " ".join(parts)


def _weaknesses(agent: Wanted, prompt: str) -> Iterator[tuple[str, str]]:
    """Each weakness with the sentence that mends it."""
    low = prompt.lower()
    if not low.startswith("you are"):
        yield "it does not say who the agent is", f"You are {agent.role or agent.name}."
    if not re.search(r"\b(?:done when|finished when|stop when|complete when|are done)\b", low):
        yield (
            "it is not plain when the work is done",
            "You are done when the instruction is answered in full; then stop.",
        )
    unsaid = [tool for tool in agent.tools if tool.lower() not in low]
    if unsaid:
        uses = ", ".join(f"{tool} {_use(tool)}" for tool in unsaid)
        yield f"it does not say what {', '.join(unsaid)} {'is' if len(unsaid) == 1 else 'are'} for", f"Use {uses}."
    if not re.search(r"\b(?:missing|not there|cannot be read|could not|lacks?)\b", low):
        yield (
            "it says nothing of missing data",
            "Where something you need is missing, say what it is instead of guessing.",
        )
    if not re.search(r"\b(?:invent|facts only|only (?:from|what)|nothing that is not|comes? from)\b", low):
        yield "it leaves room for invention", "State only what stands in the data you are given; invent nothing."


def _use(tool: str) -> str:
    return _USES.get(re.split(r"[_-]", tool)[0].lower(), "where the instruction calls for it")
