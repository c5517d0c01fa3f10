"""Create prompts: draft the system prompts of all new agents in one call, then reflect on the drafts in one more."""

from collections.abc import Sequence

from langgraph.runtime import Runtime

from repertory.memory.errors import InputError
from repertory.memory.plans import Company
from repertory.memory.records import Agent
from repertory.nodes.context import Context
from repertory.nodes.deps import Deps, Node
from repertory.nodes.planner.drafts import PromptDrafts, PromptReview
from repertory.nodes.planner.metered import Metered, metered
from repertory.nodes.planner.state import PlannerState, PlannerUpdate
from repertory.nodes.prompts import render


def prompt_creator(deps: Deps) -> Node:
    """Make the node that drafts the prompts of agents that have none."""

    @metered("create_prompts", deps)
    async def create_prompts(state: PlannerState, _: Runtime[Context], meter: Metered) -> PlannerUpdate:
        company = state["company"]
        agents = unprompted(company)
        steps_of = {agent.name: [s for s in company.plan.steps if s.agent == agent.name] for agent in agents}
        messages = render("create_prompts", task=state["task"], agents=agents, steps_of=steps_of)

        def check(drafts: PromptDrafts) -> dict[str, str]:
            prompts = {draft.agent: draft.prompt.strip() for draft in drafts.prompts}
            if missing := [agent.name for agent in agents if not prompts.get(agent.name)]:
                raise InputError(f"there is no prompt for the agent {missing[0]!r}; write one for each agent")
            return {agent.name: prompts[agent.name] for agent in agents}

        prompts = await meter.fill_in(messages, PromptDrafts, check)
        return {"company": _with_prompts(company, prompts), "drafted": list(prompts)}

    return create_prompts


def reflector(deps: Deps) -> Node:
    """Make the node in which the prompt creator criticises its drafts and revises them."""

    @metered("reflect", deps)
    async def reflect(state: PlannerState, _: Runtime[Context], meter: Metered) -> PlannerUpdate:
        company = state["company"]
        agents = [company.agent(name) for name in state["drafted"]]
        messages = render("reflect", agents=agents, drafts={agent.name: agent.prompt for agent in agents})
        names = {agent.name for agent in agents}

        def check(review: PromptReview) -> dict[str, str]:
            if unknown := [revision.agent for revision in review.revisions if revision.agent not in names]:
                raise InputError(f"{unknown[0]!r} is none of the agents {sorted(names)}")
            return {revision.agent: revision.prompt.strip() for revision in review.revisions if revision.prompt.strip()}

        return {"company": _with_prompts(company, await meter.fill_in(messages, PromptReview, check))}

    return reflect


def unprompted(company: Company) -> Sequence[Agent]:
    """The agents whose prompt is not yet written; one that a function manages needs none."""
    agents = [casting.agent for casting in company.cast]
    return [agent for agent in agents if not agent.prompt and agent.orchestration == "model"]


def _with_prompts(company: Company, prompts: dict[str, str]) -> Company:
    cast = tuple(
        casting.model_copy(update={"agent": casting.agent.model_copy(update={"prompt": prompts[casting.agent.name]})})
        if casting.agent.name in prompts
        else casting
        for casting in company.cast
    )
    return company.model_copy(update={"cast": cast})
