"""A planner that is shown all skills against one that is shown the hierarchies which have them, as skills grow."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore

from benchmarks.coordinators import FAN, SIZES, Requests, check_done, described, jobs
from benchmarks.hierarchies import check_inside, hierarchy_of
from benchmarks.knowing import Job, Knowing, Style
from benchmarks.server import KEY, MODEL
from benchmarks.skills import Skill, pick, toolbox_of
from benchmarks.table import Row
from benchmarks.tokens import prompt_tokens
from repertory.graphs import build_planner
from repertory.memory.records import Agent
from repertory.memory.registry import Registry
from repertory.memory.retrieval.lexical import LexicalIndex
from repertory.nodes.context import Context
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import configured_models
from repertory.nodes.tools.builtin import builtin_toolbox
from tests.openai_server import OpenAIServer

_FLAT: dict[Style, str] = {"direct": "called directly", "agents": "each a new agent's"}


async def measure() -> list[Row]:
    """For each number of skills and each job, hierarchies against both ways to plan with a flat list.

    For the most skills, also the workers without their coordinators: the planner chooses among them itself.
    """
    rows, plans = [], []
    for size in SIZES:
        skills = pick(size)
        root = hierarchy_of(skills, FAN)
        for job in jobs(skills):
            teams = await run(job, skills, root.delegates, "teams")
            for style, how in _FLAT.items():
                flat = await run(job, skills, (), style)
                ratio = prompt_tokens(teams) / prompt_tokens(flat)
                name = f"planner: {size} skills, {job.name}; flat: {how}"
                rows.append(Row(name, ratio, None, described(teams), described(flat)))
        plans.append((prompt_tokens(flat[:1]), prompt_tokens(teams[:1])))
    workers = [agent for agent in root.paths().values() if agent.tools]
    for job in jobs(skills):
        near, flat = await run(job, skills, workers, "teams"), await run(job, skills, (), "direct")
        name = f"planner: {size} skills, {job.name}; shown {len(workers)} workers; flat: {_FLAT['direct']}"
        rows.append(Row(name, prompt_tokens(near) / prompt_tokens(flat), None, described(near), described(flat)))
    for size, (flat_tokens, tokens) in zip(SIZES, plans, strict=True):
        name = f"tokens of the planner's prompt: {size} skills"
        rows.append(Row(name, tokens / flat_tokens, None, f"{tokens} tokens", f"flat {flat_tokens} tokens"))
    return rows


async def run(job: Job, skills: Sequence[Skill], teams: Sequence[Agent], style: Style) -> Requests:
    """Have the planner do a job, and return the requests that the server received.

    Args:
        job: the work.
        skills: what there is, beside the built-in tools, which the planner is always shown.
        teams: agents of the registry that have the skills; where there are any, the planner is not shown the skills.
        style: how the model plans.

    Raises:
        RuntimeError: it was not done with exactly the skills that it needs.
    """
    used: list[Skill] = []
    with (
        OpenAIServer(Knowing(skills, teams, style), key=KEY, models=(MODEL,)) as server,
        tempfile.TemporaryDirectory() as workspace,
    ):
        environ = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": KEY}
        builtin, toolbox = builtin_toolbox(Path(workspace)), toolbox_of(skills, used.append)
        for tool in builtin:
            toolbox.add(tool)
        store, index = InMemoryStore(), LexicalIndex()
        await Registry(store, index).save_agents(teams)
        models = configured_models(f"openai:{MODEL}", environ=environ)
        deps = Deps(models, toolbox, index, shown=builtin.names if teams else None)
        graph: Any = build_planner(deps, checkpointer=InMemorySaver(), store=store)
        config = {"configurable": {"thread_id": "t"}}
        out = await graph.ainvoke({"task": job.task}, config, context=Context(policy="autonomous"))
    check_done(job, used, out["answer"] if out["status"] == "completed" else None)
    if teams:
        _check_shown(server.requests, skills, teams)
    return server.requests


def _check_shown(requests: Requests, skills: Sequence[Skill], teams: Sequence[Agent]) -> None:
    """Nobody is shown what is inside: not the planner what its teams have, and no team what its delegates have."""
    planning = json.dumps(requests[0], ensure_ascii=False)
    assert not [skill.tool for skill in skills if skill.tool in planning], "the planner was shown tools of its teams"
    for team in teams:
        check_inside(requests, team, skills)
