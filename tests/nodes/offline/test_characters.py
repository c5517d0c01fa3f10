"""The offline model as a character: answering, rewriting, judging, and all in one go, from the material it is given."""

import re
from collections.abc import Sequence

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from repertory.nodes.offline import OfflineModel

GOALS = ("win the cake contest in the spring", "learn the recipe of aunt Maud", "open a bakery by the river")
SAMPLES = ("Well, I never! Butter, dearie.", "Well, that ain't a cake, dearie.", "Them's crumbs! I'm weepin', dearie!")
NAME = "You are Dot Barrow. "
ASKED = "Answer what is said to you."


def listed(tag: str, lines: Sequence[str]) -> str:
    return "\n".join([f"<{tag}>", *(f"- {line}" for line in lines), f"</{tag}>"])


def prompt(*parts: str) -> SystemMessage:
    return SystemMessage("\n".join([NAME, *parts]))


ANSWERER = prompt(ASKED, "<mood>\ntired of sponge\n</mood>", listed("goals", GOALS))
STYLIST = prompt("Rewrite the message.", listed("sample_lines", SAMPLES))
SINGLE = prompt(ASKED, "<mood>\ntired of sponge\n</mood>", listed("goals", GOALS), listed("sample_lines", SAMPLES))
JUDGE = prompt("Answer `yes` or `no`.", listed("goals", GOALS))


def say(system: SystemMessage, *lines: str) -> str:
    """The reply to the last line; those before alternate with the replies that they got."""
    messages: list[BaseMessage] = [system]
    for index, line in enumerate(lines):
        messages.append(AIMessage(line) if index % 2 else HumanMessage(line))
    return OfflineModel().invoke(messages).text


@pytest.mark.parametrize(
    ("line", "has"),
    [
        ("I am Ann. Who are you?", ["Ann", "Dot Barrow", GOALS[0]]),
        ("What is your greatest ambition?", [GOALS[0], GOALS[1]]),
        ("I think you are a fraud.", ["fraud", GOALS[0]]),
        ("The river is high today.", ["river", GOALS[2]]),
        ("Maybe. I think chess is dull.", ["hess", "tired of sponge"]),
        ("Let's talk about AI.", ["AI", "tired of sponge"]),
    ],
)
def test_an_answer_takes_up_the_topic_and_a_goal_or_the_mood(line: str, has: list[str]) -> None:
    """A question about itself, an insult, or a word of a goal brings up a goal; anything else is small talk."""
    answer = say(ANSWERER, line)
    assert all(part in answer for part in has)
    assert any(goal in answer for goal in GOALS) == (has[-1] in GOALS)


def test_an_answer_remembers_which_goals_it_spoke_of() -> None:
    """Asked who it is, then what it wants, it does not say the same goal twice."""
    who = "Who are you?"
    first = say(ANSWERER, who)
    then = say(ANSWERER, who, first, "What is your ambition?")
    assert GOALS[0] in first
    assert GOALS[0] not in then
    assert GOALS[1] in then
    assert GOALS[2] in then


def test_a_direction_steers_back_to_the_goals() -> None:
    """The same small talk, with a direction, ends at a goal, and does not quote the direction."""
    line = "I think chess is dull."
    steered = say(ANSWERER, f"{line}\n\n<direction>\nSteer back to your goals.\n</direction>")
    assert not any(goal in say(ANSWERER, line) for goal in GOALS)
    assert GOALS[0] in steered
    assert "Steer" not in steered


def test_words_of_a_person_change_the_answer() -> None:
    """Feedback to a reply is heard: shorter, or with something mentioned."""
    line = "What is your ambition?"
    before = say(ANSWERER, line)
    shorter = say(ANSWERER, line, before, "<feedback>\nshorter\n</feedback>")
    assert 0 < len(shorter) < len(before)
    assert "the flood" in say(ANSWERER, line, before, "<feedback>\nmention the flood\n</feedback>")


def test_a_rewriting_keeps_what_is_said_and_takes_on_the_voice() -> None:
    """Every word of content is still there, with the opening, the ending and the forms of the samples around it."""
    said = "The oven is not hot. I am going to bake a tart."
    styled = say(STYLIST, said)
    assert styled.startswith("Well, the oven ain't hot, dearie")
    assert "goin' to bake a tart" in styled
    assert "!" in styled
    assert say(STYLIST, said, styled, "<feedback>\nshorter\n</feedback>").count(" ") < styled.count(" ")


def test_in_one_go_only_words_and_spelling_follow_the_samples() -> None:
    """The single prompt says what the answerer says, with short forms, without openings and endings."""
    line = "I think chess is dull."
    single, nested = say(SINGLE, line), say(STYLIST, say(ANSWERER, line))
    assert re.search(r"ain't|I'm|don't", single)
    assert "dearie" not in single
    assert "dearie" in nested


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("Whoever bakes for the spring contest shall win it.", "yes"),
        ("I want to open a bakery.", "yes"),
        ("Chess is dull.", "no"),
    ],
)
def test_a_line_is_judged_by_the_words_it_shares_with_a_goal(line: str, verdict: str) -> None:
    """And the judgement says which, or that there are too few."""
    assert say(JUDGE, line).startswith(f"{verdict}: ")


def test_other_prompts_are_not_taken_for_characters() -> None:
    """Without goals or sample lines in the system prompt the model works as ever."""
    reply = say(SystemMessage(NAME), '<instruction>\nSummarize\n</instruction>\n<data from="a">\nX is 3.\n</data>')
    assert "X is 3." in reply
