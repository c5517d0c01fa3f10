"""Judging whether a known agent fits a step: by the words that its description shares with what is wanted."""

import re

from repertory.nodes.offline.sections import items
from repertory.nodes.offline.words import concepts, coverage
from repertory.nodes.planner.drafts import Judgement, Verdict

THRESHOLD = 0.6
"""Share of the wanted role's concepts that a candidate must cover; a wrong agent is worse than a new one."""

_STEP = re.compile(r'<step id="(?P<id>[^"]+)">\n(?P<body>.*?)\n?</step>', re.S)


def judge(user: str) -> Judgement:
    """A verdict on each step of a prompt."""
    return Judgement(verdicts=[_verdict(match["id"], match["body"]) for match in _STEP.finditer(user)])


def _verdict(step_id: str, body: str) -> Verdict:
    wanted, _, listed = body.partition("\n- ")
    role, _, instruction = wanted.partition("\n")
    scored = []
    for candidate in items(f"- {listed}") if listed else []:
        name, _, about = candidate.partition(": ")
        offered = concepts(about)
        both = [coverage(concepts(part), offered) for part in (role, role.partition(":")[0])]
        score = 0.5 * both[0] + 0.3 * both[1] + 0.2 * coverage(concepts(instruction), offered)
        scored.append((score, name))
    score, name = max(scored, key=lambda pair: pair[0], default=(0.0, ""))
    if score >= THRESHOLD:
        return Verdict(step=step_id, agent=name, reason=f"its description covers {score:.0%} of what the step wants")
    best = f"the nearest, {name}, covers only {score:.0%}" if name else "there are no candidates"
    return Verdict(step=step_id, agent=None, reason=f"{best} of what the step wants" if name else best)
