"""Hierarchies over skills, and the check that nobody is shown what is inside of another."""

from typing import Any

import pytest

from benchmarks.hierarchies import check_inside, depth, hierarchy_of, speaker, tools_below
from benchmarks.skills import all_skills, pick, toolbox_of
from repertory.memory.records import Agent


@pytest.mark.parametrize(("count", "fan", "levels"), [(3, 4, 1), (10, 4, 2), (17, 4, 3), (200, 8, 3), (200, 4, 4)])
def test_every_skill_is_somewhere_and_nobody_has_too_many(count: int, fan: int, levels: int) -> None:
    """All tools are held once, by workers; who has delegates has no tools; nobody has more than `fan` of either."""
    skills = pick(count)
    root = hierarchy_of(skills, fan)
    agents = list(root.paths().values())
    assert depth(root) == levels
    assert tools_below(root) == {skill.tool for skill in skills}
    assert sum(len(agent.tools) for agent in agents) == count
    assert all(bool(agent.tools) != bool(agent.delegates) for agent in agents)
    assert max(len(agent.tools or agent.delegates) for agent in agents) <= fan
    assert len({agent.description for agent in agents}) == len(agents)


def test_skills_are_told_apart_by_all_their_names() -> None:
    """No two have the same tool, and neither need nor description is part of another's."""
    skills = all_skills()
    assert len({skill.tool for skill in skills}) == len(skills)
    assert not [one for one in skills for other in skills if one != other and one.need in other.need]
    assert not [one for one in skills for other in skills if one != other and one.description in other.description]


def test_without_the_data_skills_are_made_up(tmp_path: Any) -> None:
    """There are enough for the largest size, and models can call them."""
    assert len(toolbox_of(pick(200, tmp_path), lambda _: None)) == 200


SKILLS = pick(8)
ROOT = hierarchy_of(SKILLS, 2)
MIDDLE = ROOT.delegates[0]


def request(agent: Agent, *words: str) -> dict[str, Any]:
    said = "\n".join([agent.prompt, *(delegate.description for delegate in agent.delegates), *words])
    return {"messages": [{"role": "system", "content": said}, {"role": "user", "content": "go"}]}


def test_a_prompt_may_hold_what_delegates_are_good_at() -> None:
    """Their descriptions are all that is said of them; what is nobody's prompt is not looked at."""
    requests = [request(ROOT), request(MIDDLE), {"messages": [{"role": "system", "content": "You report."}]}]
    assert [speaker(request) for request in requests] == [ROOT.name, MIDDLE.name, ""]
    assert check_inside(requests, ROOT, SKILLS) == 2


def test_a_prompt_may_hold_nothing_that_is_inside() -> None:
    """A tool's description, a tool's name in a schema, and who is below a delegate are each found."""
    with pytest.raises(AssertionError, match=SKILLS[3].tool):
        check_inside([request(ROOT, SKILLS[3].description)], ROOT, SKILLS)
    schema = {**request(ROOT), "tools": [{"function": {"name": SKILLS[0].tool}}]}
    with pytest.raises(AssertionError, match=SKILLS[0].tool):
        check_inside([schema], ROOT, SKILLS)
    with pytest.raises(AssertionError, match="below its delegates"):
        check_inside([request(ROOT, MIDDLE.delegates[0].description)], ROOT, SKILLS)
    unsaid = {"messages": [{"role": "system", "content": ROOT.prompt}]}
    with pytest.raises(AssertionError, match="was not shown"):
        check_inside([unsaid], ROOT, SKILLS)
