"""The measure of hierarchies against one flat agent: the jobs are really done, and what is counted was really sent."""

import pytest

from benchmarks.coordinators import check_done, jobs, run, run_flat, run_hierarchy
from benchmarks.hierarchies import flat_agent, hierarchy_of
from benchmarks.knowing import Job
from benchmarks.skills import pick
from benchmarks.tokens import prompt_tokens

SKILLS = pick(20)


@pytest.mark.parametrize("job", jobs(SKILLS), ids=lambda job: job.name)
async def test_both_do_the_job_and_the_hierarchy_with_smaller_prompts(job: Job) -> None:
    """The very skills are used, in order; the flat agent asks once a round; the hierarchy's prompts are smaller."""
    flat, nested = await run_flat(job, SKILLS), await run_hierarchy(job, SKILLS, hierarchy_of(SKILLS, 4))
    assert len(flat) == (1 + len(job.skills) if job.in_turn else 2)
    assert len(nested) > len(flat)
    assert max(prompt_tokens([request]) for request in nested) < max(prompt_tokens([request]) for request in flat)


async def test_a_flat_agent_with_more_tools_than_openai_takes_is_counted_and_not_run() -> None:
    """The strict server refuses its request; what is counted has all the tools, those of the job among them."""
    skills = pick(140)
    job = jobs(skills)[2]
    with pytest.raises(RuntimeError, match="was done with"):
        await run(flat_agent(skills), job, skills)
    counted = await run_flat(job, skills)
    assert len(counted) == 1 + len(job.skills)
    assert {len(request["tools"]) for request in counted} == {140}


async def test_what_is_counted_in_place_of_a_run_is_what_a_run_sends() -> None:
    """The tools that are put into the requests are in the form in which they are sent."""
    job = jobs(SKILLS)[0]
    assert await run_flat(job, SKILLS) == await run(flat_agent(SKILLS), job, SKILLS)


def test_a_job_done_otherwise_is_no_measure() -> None:
    """Other skills, another order, and no answer are each refused."""
    job = jobs(SKILLS)[2]
    check_done(job, job.skills, "done")
    for used, answer in ((job.skills[:3], "done"), (job.skills[::-1], "done"), (job.skills, None)):
        with pytest.raises(RuntimeError, match="was done with"):
            check_done(job, used, answer)
