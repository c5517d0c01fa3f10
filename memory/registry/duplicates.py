"""Agents that are nearly the same as others that are kept: two of a kind share their experience and split it."""

from collections.abc import Sequence
from typing import NamedTuple

from repertory.memory.records import Agent
from repertory.memory.registry.agents import KeptAgents
from repertory.memory.retrieval.documents import agent_text
from repertory.memory.retrieval.ranking import coverage
from repertory.memory.retrieval.words import words

NEAR = 0.85
"""Likeness from which on two agents are near-duplicates: the cosine of their texts, or of words alone their mutual
coverage. Of 316 public agents it finds one pair, a movie critic and a film critic."""
_WORTH_A_LOOK = 0.6
"""Likeness to an agent's vector from which on its own text is compared: deeds may have drawn the vector away."""


_AMONG, _COMPARED = 20, 5
"""Agents that are looked through, as drafts may be among them, and those of them that are compared."""


_SHARED = 0.3
"""Share of their words that two agents must have in common for their likeness to be looked at."""


class Twin(NamedTuple):
    """An agent that is kept, and how like another one it is."""

    agent: Agent
    likeness: float
    """In [0, 1]."""


class Duplicates(KeptAgents):
    """Looks for near-duplicates among one owner's agents."""

    async def twins(self, agents: Sequence[Agent], *, drafts: bool = True) -> dict[str, Twin]:
        """The most similar agent that is kept of each that has a near-duplicate under another name.

        Args:
            agents: new ones, or such as are kept.
            drafts: whether drafts count.

        Returns:
            The twins, by the agents' names. Agents at rest and retired ones are nobody's twins.
        """
        texts = [_text(agent) for agent in agents]
        twins: dict[str, Twin] = {}
        for agent, found in zip(agents, await self.find_agents(texts, _AMONG), strict=True):
            others = [
                each.record
                for each in found
                if each.record.name != agent.name
                and (drafts or each.record.status != "draft")
                and (each.parts.dense is None or each.parts.dense >= _WORTH_A_LOOK)
            ]
            if twin := await self._nearest(agent, others[:_COMPARED]):
                twins[agent.name] = twin
        return twins

    async def twin_among(self, agent: Agent, others: Sequence[Agent]) -> Twin | None:
        """The most similar of others, which need not be kept, if it is a near-duplicate; None where none is.

        Only those are compared that share words with the agent: to embed each of many with each takes long.
        """
        held = [frozenset(words(_text(other))) for other in others]
        shares = coverage(_text(agent), held, mutual=True)
        return await self._nearest(agent, [o for o, share in zip(others, shares, strict=True) if share >= _SHARED])

    async def _nearest(self, agent: Agent, others: Sequence[Agent]) -> Twin | None:
        if not others:
            return None
        near = await self.index.likeness(_text(agent), [_text(other) for other in others])
        likeness, n = max((value, -n) for n, value in enumerate(near))
        return Twin(others[-n], likeness) if likeness >= NEAR else None


def _text(agent: Agent) -> str:
    return agent_text(agent.role, agent.description)
