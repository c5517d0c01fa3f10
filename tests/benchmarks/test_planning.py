"""The measure of a planner with hierarchies against one with a flat list of skills."""

from benchmarks.coordinators import jobs
from benchmarks.hierarchies import hierarchy_of
from benchmarks.planning import run
from benchmarks.skills import pick
from benchmarks.tokens import prompt_tokens

SKILLS = pick(20)
TEAMS = hierarchy_of(SKILLS, 5).delegates


async def test_the_planner_gives_steps_to_teams_without_seeing_their_skills() -> None:
    """One call to plan, two for a worker with one skill, two to coordinate it; one to report where there are steps."""
    one, at_once, in_turn = jobs(SKILLS)
    assert len(await run(one, SKILLS, TEAMS, "teams")) == 1 + 2
    assert len(await run(at_once, SKILLS, TEAMS, "teams")) == 1 + 4 * 2 + 1
    assert len(await run(in_turn, SKILLS, TEAMS, "teams")) == 1 + 4 * 2 + 1
    nested = hierarchy_of(SKILLS, 3).delegates
    assert len(await run(one, SKILLS, nested, "teams")) == 1 + (2 + 2)


async def test_a_flat_planner_sees_every_skill() -> None:
    """It plans direct calls (plan, report) or a new agent for each (and prompts, reflection); its prompt is larger."""
    job = jobs(SKILLS)[2]
    direct, agents = await run(job, SKILLS, (), "direct"), await run(job, SKILLS, (), "agents")
    assert (len(direct), len(agents)) == (2, 1 + 2 + 4 * 2 + 1)
    assert all(f"- {skill.tool}(" in str(direct[0]) for skill in SKILLS)
    assert prompt_tokens(direct[:1]) > prompt_tokens((await run(job, SKILLS, TEAMS, "teams"))[:1])
