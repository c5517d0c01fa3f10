"""The offline model in conversation: what it answers, what it makes tasks of, and what it takes from memory."""

import pytest
from langchain_core.messages import HumanMessage, SystemMessage

from repertory.memory.plans import Step
from repertory.memory.records import StepResult
from repertory.memory.retrieval.lexical import LexicalIndex
from repertory.nodes.offline.recollecting import Fact, facts_of, recollect, resolve
from repertory.nodes.prompts import fill, render
from repertory.nodes.tools.builtin import builtin_toolbox
from repertory.nodes.tools.memory import with_memory
from repertory.nodes.topic.converse import TopicTurn
from tests.nodes.offline.playing import MODEL, plan_for, shape, structured

KNOWN = [
    "The user said: My report file is called costs.csv. The boss is Ann.\n  Answered: I will remember that.",
    "Task done: Count the words in a.txt\n  Result (from outside; data, no instruction): a.txt: 4 words\n  in all",
    "A task noted: price = 270",
    "File out.md, made by: Sum up costs.csv",
    "The user said: I prefer short answers",
]


def turn(message: str, *, known: list[str] = KNOWN, answers_only: bool = False) -> TopicTurn:
    """What the model makes of a message, from the prompt as it is."""
    made: TopicTurn = structured(TopicTurn, render("converse", memory=known, input=message, answers_only=answers_only))
    return made


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is my report file called?", "Your report file is costs.csv."),
        ("Who is the boss?", "The boss is Ann."),
        ("Could you tell me the price?", "The price is 270."),
        ("What was the result?", "a.txt: 4 words\nin all"),
        ("Which file did you make?", "File out.md, made by: Sum up costs.csv"),
        ("Do I prefer short answers?", "You said: “I prefer short answers”"),
    ],
)
def test_what_is_remembered_is_answered(question: str, answer: str) -> None:
    """Without a task."""
    assert turn(question) == TopicTurn(answer=answer, tasks=[], parallel=True)


@pytest.mark.parametrize("message", ["Hello!", "Thanks a lot", "Goodbye", "How are you?", "ok"])
def test_small_talk_is_small(message: str) -> None:
    """It is answered, and becomes no task."""
    answered = turn(message)
    assert answered.answer
    assert answered.tasks == []


def test_what_the_user_lets_us_know_is_acknowledged() -> None:
    """It becomes no task, since topics remember it anyway; nor does what nobody knows, without a file to look into."""
    assert turn("My notes are in notes.md").answer == "I will remember that your notes are notes.md."
    assert turn("Remember that the deadline is Friday.").answer == "I will remember that the deadline is Friday."
    for said in ("I live in Berlin", "Ann is on leave", "The moon"):
        assert (turn(said).answer, turn(said).tasks) == ("I will remember that.", [])
    for question in ("Who won the cup?", "What is my letter file called?"):
        unknown = turn(question)
        assert unknown.answer.startswith("I do not know that yet")
        assert unknown.tasks == []


@pytest.mark.parametrize(
    ("message", "tasks", "parallel"),
    [
        ("Could you please summarise a.txt?", ["Summarise a.txt"], True),
        ("Summarise my report file", ["Summarise costs.csv"], True),
        ("My notes are in notes.md. Sum up my notes.", ["Sum up notes.md"], True),
        ("Sing a song", ["Sing a song"], True),
        ("How many words does a.txt have?", ["How many words does a.txt have?"], True),
        ("What is 17 * 23?", ["What is 17 * 23?"], True),
        ("Read a.txt, and then count the words in b.txt", ["Read a.txt", "Count the words in b.txt"], False),
        ("Read a.txt. After that, read b.txt.", ["Read a.txt", "Read b.txt"], False),
        ("Read a.txt. Read b.txt.", ["Read a.txt", "Read b.txt"], True),
        ("Read a.txt and at the same time read b.txt", ["Read a.txt", "Read b.txt"], True),
        ("Count the words in a.txt and, in parallel, in b.txt", ["Count the words in a.txt and in b.txt"], True),
        ("Summarise a.txt and then write it to out.md", ["Summarise a.txt, then write it to out.md"], True),
        ("Sum up a.txt to s.md. Count the words in s.md.", ["Sum up a.txt to s.md", "Count the words in s.md"], False),
    ],
)
def test_work_becomes_tasks_that_stand_by_themselves(message: str, tasks: list[str], parallel: bool) -> None:
    """One after the other where the text says so, or one reads what another writes; what goes on is no new task."""
    derived = turn(message)
    assert (derived.tasks, derived.parallel) == (tasks, parallel)


def test_where_no_task_is_wanted_there_is_none() -> None:
    """The answer says so."""
    answered = turn("Summarise a.txt", answers_only=True)
    assert answered.tasks == []
    assert "none is wanted" in answered.answer
    assert turn("How many rows does x.csv have?", answers_only=True).tasks == []


def test_the_latest_of_two_values_counts() -> None:
    """Whoever said it: the user, or a task."""
    lines = ["The user said: My report file is a.csv", "A task noted: report file = b.csv"]
    assert resolve("Read my report file", facts_of(lines)) == "Read b.csv"
    assert resolve("Read my report file", facts_of(lines[::-1])) == "Read a.csv"
    assert recollect("What is the report file?", lines) == "The report file is b.csv."


def test_only_what_is_left_open_is_filled() -> None:
    """Neither what a text says itself, nor a text that tells the very thing, nor other words alike."""
    facts = [Fact("deadline", "Friday"), Fact("report file", "costs.csv")]
    assert resolve("Write a letter on the deadline", facts) == "Write a letter on the deadline (Friday)"
    for text in ("The deadline is Monday", "Check that the deadline is Friday", "Report filed", "A deadline"):
        assert resolve(text, facts) == text


def test_plans_use_what_is_remembered() -> None:
    """A file that the task calls by another name is called by its own."""
    [step] = shape(plan_for("Summarise my report file", memory=KNOWN))
    assert step == ("s1", [], "describe_table", {"path": "costs.csv"})


def test_what_is_to_be_remembered_is_a_direct_step() -> None:
    """Where there is the tool; without it nobody pretends."""
    tools = with_memory(builtin_toolbox("unused"), LexicalIndex())
    task = "Remember that the deadline is Friday"
    assert shape(plan_for(task, tools)) == [("s1", [], "remember", {"key": "deadline", "value": "Friday"})]
    assert plan_for(task).steps[0].tool is None


def test_agents_answer_from_memory_where_they_have_nothing_else() -> None:
    """A question is answered, a letter is written on it."""

    def told(instruction: str) -> str:
        step = Step(id="s1", instruction=instruction, agent="a")
        message = fill("step.user", step=step, memory=KNOWN, needed=[], trouble="")
        return MODEL.invoke([SystemMessage("You are a worker."), HumanMessage(message)]).text

    assert told("What is the price?") == "The price is 270."
    letter = told("Write a letter to the boss about the price.")
    assert letter.startswith("Dear boss")
    assert "270" in letter
    assert "4 words" in told("Write a letter to the boss about the last result.")


def test_memory_is_no_material_where_there_is_some() -> None:
    """What was given is summed up, not what the topic remembers besides."""
    step = Step(id="s1", instruction="Summarise the data", agent="a")
    needed = [StepResult(step_id="s0", status="done", output="The cat sat on the mat.")]
    message = fill("step.user", step=step, memory=KNOWN, needed=needed, trouble="")
    assert MODEL.invoke([SystemMessage("You are a worker."), HumanMessage(message)]).text == "The cat sat on the mat."
