"""Agents over skills: one flat agent that has all the tools, and hierarchies in which each has few."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from benchmarks.skills import Skill
from repertory.memory.records import Agent

MOST_TOOLS = 128
"""OpenAI takes no more in one request."""
T = TypeVar("T")

_FLAT = """You are {name}. You do what you are told with the tools that you have. Choose the tool whose description
covers what is wanted, say in its request all that it has to know, and use no tool that is not needed. Answer when
everything is done: what was found, what was decided, and what remains open."""
_WORKER = """You are {name}. You do what you are told with the tools of your field. Choose the tool whose description
covers what is wanted, say in its request all that it has to know, and use no tool that is not needed. Answer when
everything is done: what was found, what was decided, and what remains open."""
_COORDINATOR = """You are {name}. You do nothing yourself: you give each part of the work to the one delegate whose
description covers it, with all that it has to know, for it sees your message and nothing else. Answer when everything
is done: what was found, what was decided, and what remains open."""


def flat_agent(skills: Sequence[Skill]) -> Agent:
    """One agent with a tool for each skill."""
    return Agent(
        name="alone",
        role="Assistant",
        description="does everything itself",
        prompt=_FLAT.format(name="alone"),
        tools=tuple(skill.tool for skill in skills),
    )


def hierarchy_of(skills: Sequence[Skill], fan: int) -> Agent:
    """The skills under workers, the workers under coordinators, and so on up to one.

    Args:
        skills: sorted, so that neighbours belong together.
        fan: the most that anyone has: skills of a worker, delegates of a coordinator.
    """
    teams = [(_worker(f"team_{n}", chunk), chunk) for n, chunk in enumerate(_chunks(skills, fan))]
    level = 1
    while len(teams) > 1:
        level += 1
        chunks = _chunks(teams, fan)
        teams = [
            chunk[0] if len(chunk) == 1 else _coordinated(f"lead_{level}_{n}", chunk) for n, chunk in enumerate(chunks)
        ]
    return teams[0][0]


def depth(agent: Agent) -> int:
    """How many agents stand above one another."""
    return 1 + max((depth(delegate) for delegate in agent.delegates), default=0)


def tools_below(agent: Agent) -> set[str]:
    """The tools of the agent and of all below it."""
    return set(agent.tools).union(*(tools_below(delegate) for delegate in agent.delegates))


def check_inside(requests: Iterable[dict[str, Any]], root: Agent, skills: Sequence[Skill]) -> int:
    """Check what each agent of a hierarchy was sent: its own tools or its delegates' descriptions, and nothing below.

    Args:
        requests: bodies as the server received them.
        root: the hierarchy.
        skills: all of them.

    Returns:
        How many prompts of coordinators were looked at.

    Raises:
        AssertionError: naming the agent, and what its prompt should hold or should not.
    """
    agents = {agent.name: agent for agent in root.paths().values()}
    looked_at = 0
    for request in requests:
        agent = agents.get(speaker(request))
        if agent is None:
            continue
        text = json.dumps(request, ensure_ascii=False)
        inside = {skill.tool for skill in skills} - set(agent.tools)
        shown = {skill.tool for skill in skills if f'"{skill.tool}"' in text or _said(skill.description) in text}
        below = {deeper.description for delegate in agent.delegates for deeper in delegate.delegates}
        assert not shown & inside, f"{agent.name!r} was shown {sorted(shown & inside)}"
        deep = [words for words in below if _said(words) in text]
        assert not deep, f"{agent.name!r} was shown who is below its delegates: {deep}"
        missing = [delegate.name for delegate in agent.delegates if _said(delegate.description) not in text]
        assert not missing, f"{agent.name!r} was not shown what {missing} can do"
        looked_at += bool(agent.delegates)
    return looked_at


def speaker(request: dict[str, Any]) -> str:
    """Who is asked, by the beginning of the system message; empty where that names nobody."""
    first = str(request["messages"][0]["content"])
    return first.removeprefix("You are ").split(".")[0] if first.startswith("You are ") else ""


def _said(text: str) -> str:
    """A text as it stands within JSON."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _worker(name: str, skills: Sequence[Skill]) -> Agent:
    groups = " and ".join(dict.fromkeys(skill.group for skill in skills))
    return Agent(
        name=name,
        role=f"Team for {groups}",
        description=f"Work of these kinds: {', '.join(skill.role for skill in skills)}.",
        prompt=_WORKER.format(name=name),
        tools=tuple(skill.tool for skill in skills),
    )


def _coordinated(name: str, teams: Sequence[tuple[Agent, Sequence[Skill]]]) -> tuple[Agent, Sequence[Skill]]:
    skills = [skill for _, below in teams for skill in below]
    groups = ", ".join(dict.fromkeys(skill.group for skill in skills))
    agent = Agent(
        name=name,
        role=f"Coordinator for {groups}",
        description=f"Has {len(teams)} teams for {groups}: from {skills[0].role} to {skills[-1].role}.",
        prompt=_COORDINATOR.format(name=name),
        delegates=tuple(agent for agent, _ in teams),
    )
    return agent, skills


def _chunks(items: Sequence[T], most: int) -> list[Sequence[T]]:
    """As few groups of neighbours as possible, as even as possible."""
    count = -(-len(items) // most)
    return [items[n * len(items) // count : (n + 1) * len(items) // count] for n in range(count)]
