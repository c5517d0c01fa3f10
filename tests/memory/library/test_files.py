"""Agents and cohorts as text: whatever they hold, it comes back."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from repertory.memory.definitions.problems import DefinitionError
from repertory.memory.library.files import agent_markdown, cohort_yaml, read_agent, read_cohort
from repertory.memory.plans import Casting, Cohort, Company, Plan, Step
from repertory.memory.records import Agent, ModelSpec, Track, Usage
from repertory.memory.registry.restoring import Saved

ODD = ["---", "...", "\n", "\r\n", ": ", "- ", " #", "  ", "|", "\t", "\x00", "\x85", "\u2028", "'", '"', "\ufeff", "é"]
TEXT = st.text(max_size=40) | st.lists(st.sampled_from([*ODD, "no", "<<", "2026-01-01", "{"]), max_size=8).map("".join)
WORDS = TEXT.map(str.strip).filter(bool)


@settings(max_examples=300, deadline=None)
@given(prompt=TEXT, words=WORDS, tags=st.lists(TEXT, max_size=3), deed=TEXT, seconds=st.floats(0, 1e9))
@example(prompt="0\n0\n", words="0", tags=[], deed="", seconds=0.0)  # its last line ends the front matter
def test_any_agent_comes_back(prompt: str, words: str, tags: list[str], deed: str, seconds: float) -> None:
    """Whatever characters are in its texts, also below it; and what is read is written the same, byte for byte."""
    below = Agent(name="below", role=words, description="d", prompt=prompt, owner="x", version=7)
    track = Track(uses=2, usage=Usage(model_calls=1), seconds=seconds, deeds=(deed,), runs=("r",))
    agent = Agent(
        name="a", role="r", description=words, prompt=prompt, tags=tuple(tags), delegates=(below,), track=track
    )
    text = agent_markdown(agent)
    assert read_agent(text.encode().decode(), "a.md") == agent
    assert agent_markdown(read_agent(text, "a.md")) == text


@settings(max_examples=100, deadline=None)
@given(
    words=WORDS,
    at=TEXT,
    value=st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
)
def test_any_cohort_comes_back(words: str, at: str, value: object) -> None:
    """With its time, and arguments of every kind."""
    steps = (
        Step(id="one", instruction=words, agent="a", needs=("two",)),
        Step(id="two", instruction="i", tool="t", arguments={"1": [value, {"x": value}], words: {}}),
    )
    agent = Agent(name="a", role="r", description=words, prompt=words, owner="ann")
    company = Company(plan=Plan(steps=steps), cast=(Casting(agent=agent, origin="reused"),))
    saved = Saved(Cohort(id=words, task=words, company=company, rated_by="user"), at)
    text = cohort_yaml(saved)
    assert read_cohort(text, "c.yaml") == saved
    assert cohort_yaml(read_cohort(text, "c.yaml")) == text


def test_a_person_can_read_it() -> None:
    """The prompt stands below the fields as it is, and nothing is said that is as ever; the owner is not part of it."""
    agent = Agent(
        name="analyst",
        role="CSV analyst",
        description="Use when: figures are wanted",
        prompt="You compute.\n\n- Be exact.",
        tools=("read_file", "calculate"),
        model=ModelSpec(name="openai:gpt-5.1"),
        version=2,
        owner="ann",
        track=Track(uses=3, successes=2, deeds=("added up sales",)),
    )
    assert agent_markdown(agent) == (
        "---\nname: analyst\nrole: CSV analyst\ndescription: 'Use when: figures are wanted'\nversion: 2\n"
        "status: active\ntools: [read_file, calculate]\nmodel:\n  name: openai:gpt-5.1\n"
        "track:\n  uses: 3\n  successes: 2\n  deeds: [added up sales]\n---\n\nYou compute.\n\n- Be exact.\n"
    )


def test_line_ends_of_another_system_change_nothing() -> None:
    """A library may pass through an editor or a version control that changes them."""
    below = Agent(name="b", role="r", description="two\nlines", prompt="a\n  b\n\nc")
    agent = Agent(name="a", role="r", description="two\nlines", prompt="one\n\n  two", delegates=(below,))
    assert read_agent(agent_markdown(agent).replace("\n", "\r\n"), "a.md") == agent


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("You.", "a.md:1: must begin with `---`, fields, and `---` again"),
        ("---\nname: a\nrole: r\ndescription: d\nstatus: asleep\n---\n", "a.md:5: status: Input should be 'draft', "),
        ("---\nname: a b\nrole: r\ndescription: d\n---\n", "a.md:2: name: String should match"),
        ("---\nname: a\nrole: r\ndescription: d\npromt: p\n---\n", "a.md:5: promt: Extra inputs are not permitted"),
        ("---\nname: a\nrole: r\ndescription: x: y\n---\n", "a.md:4: is no YAML: there is a second `: ` in the line"),
        ("---\nname: a\nrole: r\ndescription: d\ntrack: {uses: many}\n---\n", "a.md:5: track.uses: Input should be"),
    ],
)
def test_a_file_that_was_spoilt_is_reported_with_its_place(text: str, said: str) -> None:
    """By somebody's hand: a library is strict, since its statuses count."""
    with pytest.raises(DefinitionError) as raised:
        read_agent(text, "a.md")
    assert str(raised.value).startswith(said)
