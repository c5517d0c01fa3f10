"""The model of these benchmarks: it always chooses right, from what it is shown. What it says is the same every time.

How well a real model chooses is another question: `python -m benchmarks.choosing`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from benchmarks.answers import AGENT, REPORT, prose, revised
from benchmarks.hierarchies import speaker, tools_below
from benchmarks.skills import Skill
from repertory.memory.records import Agent
from repertory.nodes.persona.speech import DELEGATE
from tests.openai_server import Answer

Request = dict[str, Any]
Style = Literal["direct", "agents", "teams"]

_AT_ONCE = "They do not need each other."
_IN_TURN = "Each needs the result of the one before."


@dataclass(frozen=True)
class Job:
    """Work that needs skills, in this order."""

    name: str
    skills: tuple[Skill, ...]
    in_turn: bool = False
    """Whether each needs the result of the one before."""

    @property
    def task(self) -> str:
        """The words in which it is given."""
        return f"Prepare the opening of our second shop. {_order(self.skills, in_turn=self.in_turn)}"


class Knowing:
    """A function of chat requests, for the loopback server.

    Args:
        skills: all that there are.
        agents: those who have them, by hierarchy.
        style: how it plans: every skill as a tool called directly, as a new agent with that tool, or by giving it to
            one of the agents that the planner is shown.
    """

    def __init__(self, skills: Sequence[Skill], agents: Sequence[Agent] = (), style: Style = "teams") -> None:
        self._skills, self._style = skills, style
        self._agents = {agent.name: agent for root in agents for agent in root.paths().values()}

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        system, text = (str(message["content"]) for message in request["messages"][:2])
        schema = request.get("response_format", {}).get("json_schema", {}).get("name", "").lower()
        if "plan" in schema:
            return {"steps": self._plan(system, text)}
        if "drafts" in schema:
            return {"prompts": [{"agent": name, "prompt": prose(name, 55)} for name in AGENT.findall(text)]}
        if "review" in schema:
            return {"revisions": [revised(name) for name in AGENT.findall(text)[::3]]}
        if system.startswith(REPORT):
            return prose(text, 180)
        return self._act(request, text)

    def _act(self, request: Request, told: str) -> Answer:
        """Calls of tools or delegates, all at once or one after the other, and then the reply."""
        offered = {tool["function"]["name"] for tool in request.get("tools", ())}
        delegates = self._agents[speaker(request)].delegates if DELEGATE in offered else ()
        in_turn = _IN_TURN in told
        parts = [_given(part, delegates, in_turn) for part in _parts(self._wanted(told), delegates)]
        turn = sum(message["role"] == "assistant" for message in request["messages"])
        rounds = [[part] for part in parts] if in_turn else [parts]
        return rounds[turn] if turn < len(rounds) else prose(told, 100)

    def _wanted(self, text: str) -> list[Skill]:
        return sorted((skill for skill in self._skills if skill.need in text), key=lambda skill: text.index(skill.need))

    def _plan(self, system: str, task: str) -> list[dict[str, Any]]:
        shown = [agent for agent in self._agents.values() if f"- {_line(agent)}\n" in system]
        parts = _parts(self._wanted(task), shown if self._style == "teams" else ())
        return [self._step(n, part, shown, in_turn=_IN_TURN in task) for n, part in enumerate(parts)]

    def _step(self, n: int, skills: Sequence[Skill], shown: Sequence[Agent], *, in_turn: bool) -> dict[str, Any]:
        needs = [f"s{n - 1}"] if in_turn and n else []
        words, tool = _order(skills, in_turn=in_turn), skills[0].tool
        step: dict[str, Any] = {"id": f"s{n}", "instruction": words, "needs": needs, "expected": "", "role": ""}
        step |= {"tools": [], "tool": None, "arguments": []}
        if self._style == "direct":
            arguments = {"request": words} | ({"context": f"{{{{{needs[0]}.text}}}}"} if needs else {})
            return step | {"tool": tool, "arguments": [{"name": name, "value": arguments[name]} for name in arguments]}
        if self._style == "agents":
            return step | {"role": f"{skills[0].role}: does {skills[0].need} with care", "tools": [tool]}
        return step | {"role": next(_line(agent) for agent in shown if tool in tools_below(agent))}


def _given(skills: Sequence[Skill], delegates: Sequence[Agent], in_turn: bool) -> tuple[str, dict[str, Any]]:
    words = _order(skills, in_turn=in_turn)
    context = prose(words, 50)
    if not delegates:
        return skills[0].tool, {"request": words, "context": context}
    to = next(agent.name for agent in delegates if skills[0].tool in tools_below(agent))
    return DELEGATE, {"to": to, "message": f"{words} {context}"}


def _order(skills: Sequence[Skill], *, in_turn: bool) -> str:
    needs = ", then ".join(skill.need for skill in skills)
    if len(skills) == 1:
        return f"Do {needs}."
    return f"Do {needs}. {_IN_TURN if in_turn else _AT_ONCE}"


def _line(agent: Agent) -> str:
    """How the planner is shown an agent."""
    return f"{agent.role}: {agent.description}"


def _parts(skills: Sequence[Skill], delegates: Sequence[Agent]) -> list[list[Skill]]:
    """The work in parts: neighbours that one delegate can do go together."""
    parts: list[list[Skill]] = []
    for skill in skills:
        if parts and any({parts[-1][0].tool, skill.tool} <= tools_below(agent) for agent in delegates):
            parts[-1].append(skill)
        else:
            parts.append([skill])
    return parts
