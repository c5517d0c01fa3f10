"""Prompt tokens of a hierarchy against one flat agent that has all the tools, for the same work, as skills grow."""

from collections.abc import Sequence
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore

from benchmarks.hierarchies import MOST_TOOLS, check_inside, depth, flat_agent, hierarchy_of
from benchmarks.knowing import Job, Knowing
from benchmarks.server import KEY, MODEL
from benchmarks.skills import Skill, pick, toolbox_of
from benchmarks.table import Row
from benchmarks.tokens import prompt_tokens
from repertory.graphs import build_persona
from repertory.memory.records import Agent
from repertory.nodes.context import Context
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import configured_models
from tests.openai_server import OpenAIServer

SIZES = (10, 50, 200)
FAN = 8
"""The most tools of a worker, and delegates of a coordinator."""

Requests = list[dict[str, Any]]


async def measure() -> list[Row]:
    """A row for each number of skills and each job, and how the first prompt grows."""
    rows, first = [], []
    for size in SIZES:
        skills = pick(size)
        root = hierarchy_of(skills, FAN)
        for job in jobs(skills):
            flat, nested = await run_flat(job, skills), await run_hierarchy(job, skills, root)
            rows.append(_row(f"{size} skills, {job.name}", flat, nested, root))
        first.append((prompt_tokens(flat[:1]), prompt_tokens(nested[:1])))
    deep = hierarchy_of(skills, 4)
    rows.append(_row(f"{size} skills, {job.name}, at most 4 each", flat, await run_hierarchy(job, skills, deep), deep))
    (flat_few, few), (flat_many, many) = first[0], first[-1]
    name = f"tokens of the first prompt: {SIZES[-1]} skills against {SIZES[0]}"
    rows.append(Row(name, many / few, None, f"{few} -> {many}", f"flat {flat_few} -> {flat_many}"))
    return rows


def jobs(skills: Sequence[Skill]) -> list[Job]:
    """One skill, and four far apart: at once, and one after the other."""
    four = tuple(skills[n * len(skills) // 4 + 1] for n in range(4))
    return [Job("one of them", four[2:3]), Job("four at once", four), Job("four in turn", four, in_turn=True)]


async def run_hierarchy(job: Job, skills: Sequence[Skill], root: Agent) -> Requests:
    """What the model was sent while a hierarchy did a job; nobody was shown more than is theirs."""
    requests = await run(root, job, skills)
    if not check_inside(requests, root, skills):
        raise RuntimeError(f"{root.name!r} coordinates nothing; take more skills or a smaller fan")
    return requests


async def run_flat(job: Job, skills: Sequence[Skill]) -> Requests:
    """What the model was sent while one agent did a job.

    With more tools than OpenAI takes, the run is made with as many as it takes, and the others are put into what is
    counted: each request is what it would have been.
    """
    sendable = dict.fromkeys([*job.skills, *skills][: MOST_TOOLS + len(job.skills)])
    given = [skill for skill in skills if skill in list(sendable)[:MOST_TOOLS]]
    requests = await run(flat_agent(given), job, given)
    toolbox = toolbox_of(skills, lambda _: None)
    tools = [toolbox[skill.tool].openai for skill in skills]
    return [{**request, "tools": tools} for request in requests]


async def run(agent: Agent, job: Job, skills: Sequence[Skill]) -> Requests:
    """Have an agent do a job, and return the requests that the server received.

    Raises:
        RuntimeError: it was not done with exactly the skills that it needs, in their order where that matters.
    """
    used: list[Skill] = []
    with OpenAIServer(Knowing(skills, [agent]), key=KEY, models=(MODEL,)) as server:
        models = configured_models(
            f"openai:{MODEL}", environ={"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": KEY}
        )
        deps = Deps(models, toolbox_of(skills, used.append))
        graph: Any = build_persona(agent, deps, checkpointer=InMemorySaver(), store=InMemoryStore())
        config = {"configurable": {"thread_id": "t"}}
        out = await graph.ainvoke({"message": job.task}, config, context=Context(policy="autonomous"))
    check_done(job, used, out["reply"])
    return server.requests


def check_done(job: Job, used: Sequence[Skill], answer: str | None) -> None:
    """Check that a job was done.

    Raises:
        RuntimeError: it was not done with exactly the skills that it needs, in their order where that matters.
    """
    done = list(used) if job.in_turn else sorted(used, key=job.skills.index)
    if not answer or done != list(job.skills):
        raise RuntimeError(f"{job.task!r} was done with {[skill.role for skill in used]}, answer {answer!r}")


def described(requests: Requests) -> str:
    """Calls and tokens in words."""
    largest = max(prompt_tokens([request]) for request in requests)
    return f"{prompt_tokens(requests)} tokens, {len(requests)} calls, largest {largest}"


def _row(name: str, flat: Requests, nested: Requests, root: Agent) -> Row:
    ratio = prompt_tokens(nested) / prompt_tokens(flat)
    ours = f"{depth(root)} levels: {described(nested)}"
    return Row(f"prompt tokens: {name}", ratio, None, ours, f"flat: {described(flat)}")
