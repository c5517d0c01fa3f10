"""The offline model behind the interface of a real one."""

import pytest
from langchain_core.messages import AIMessageChunk, HumanMessage, SystemMessage
from pydantic import BaseModel

from repertory.memory.records import Agent, StepResult
from repertory.nodes.planner.drafts import AdaptedPlan, Judgement, PlanDraft, PromptDrafts, PromptReview
from repertory.nodes.prompts import render
from tests.nodes.offline.playing import MODEL, structured

PLAN = [
    SystemMessage("<tools>\n- add(a: number, b: number) [read]: Add.\n</tools>"),
    HumanMessage("<task>\nCompare a.md and b.md\n</task>"),
]


def test_the_same_messages_get_the_same_answer() -> None:
    """There is no chance in it."""
    assert MODEL.invoke(PLAN).text == MODEL.invoke(PLAN).text


def test_all_ways_of_structured_output_agree() -> None:
    """A forced function call, `with_structured_output` and `response_format` give the same answer of the schema."""
    forced = MODEL.bind_tools([PlanDraft], tool_choice="any").invoke(PLAN)
    form = {"type": "json_schema", "json_schema": {"name": "PlanDraft", "schema": PlanDraft.model_json_schema()}}
    as_json = MODEL.bind(response_format=form).invoke(PLAN)
    parsed = structured(PlanDraft, PLAN)
    assert PlanDraft.model_validate(forced.tool_calls[0]["args"]) == parsed
    assert PlanDraft.model_validate_json(str(as_json.text)) == parsed


def test_a_schema_of_ones_own_is_filled_so_that_it_fits() -> None:
    """Words go where words are wanted, the rest gets the least that the schema accepts."""

    class Mood(BaseModel):
        mood: str
        score: int
        tags: list[str]

    mood = structured(Mood, [HumanMessage('How is it?\n<data from="x">\nIt is raining today.\n</data>')])
    assert (mood.score, mood.tags) == (0, [])
    assert mood.mood == "It is raining today."


async def test_it_streams_words() -> None:
    """The chunks together are the answer, one word each; the last one carries the usage."""
    question = 'Say it\n<data from="x">\nOne two three four.\n</data>'
    chunks = [chunk async for chunk in MODEL.astream(question)]
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert isinstance(whole, AIMessageChunk)
    assert whole.text == MODEL.invoke(question).text
    assert len([chunk for chunk in chunks if chunk.text]) > 3
    assert whole.usage_metadata == MODEL.invoke(question).usage_metadata


async def test_calls_stream_too() -> None:
    """Tool calls come out of a stream whole."""
    bound = MODEL.bind_tools([PlanDraft], tool_choice="any")
    whole = None
    async for chunk in bound.astream(PLAN):
        whole = chunk if whole is None else whole + chunk
    assert whole.tool_calls[0]["args"] == bound.invoke(PLAN).tool_calls[0]["args"]


def test_usage_grows_with_what_is_said() -> None:
    """Tokens are estimated from the messages, the bound tools and the answer."""
    short, long = MODEL.invoke("Hello"), MODEL.invoke("Hello " * 100)
    assert long.usage_metadata["input_tokens"] > short.usage_metadata["input_tokens"] > 0
    usage = short.usage_metadata
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


AGENTS = [
    Agent(
        name="comparer", role="Comparison analyst", description="compares figures", tools=("read_file", "list_files")
    ),
    Agent(name="adviser", role="Advisor", description="recommends what to do"),
]


def test_every_agent_gets_a_prompt_of_its_own() -> None:
    """Drafts name the role and differ by role."""
    drafts = structured(
        PromptDrafts, render("create_prompts", task="t", agents=AGENTS, steps_of={"comparer": [], "adviser": []})
    )
    prompts = {draft.agent: draft.prompt for draft in drafts.prompts}
    assert prompts.keys() == {"comparer", "adviser"}
    assert prompts["comparer"].startswith("You are a comparison analyst who compares figures.")
    assert prompts["adviser"].startswith("You are an advisor who recommends what to do.")


def test_the_review_mends_what_the_drafts_lack() -> None:
    """It names real weaknesses, and the better prompts have none left."""
    drafts = structured(
        PromptDrafts, render("create_prompts", task="t", agents=AGENTS, steps_of={"comparer": [], "adviser": []})
    )
    prompts = {draft.agent: draft.prompt for draft in drafts.prompts}
    review = structured(PromptReview, render("reflect", agents=AGENTS, drafts=prompts))
    found = {revision.agent: revision for revision in review.revisions}
    assert "read_file" not in prompts["comparer"]
    assert "it does not say what read_file, list_files are for" in found["comparer"].weakness
    assert "Use read_file" in found["comparer"].prompt
    better = prompts | {name: revision.prompt for name, revision in found.items()}
    assert structured(PromptReview, render("reflect", agents=AGENTS, drafts=better)).revisions == []


KNOWN = """- s1: Describe sales_may.csv. [describe_table({'path': 'sales_may.csv'})]
- s2 (needs s1): Compare it with the plan for May. [Comparison analyst: compares]
- s3 (needs s2): Write the comparison to may.md. [write_file({'path': 'may.md', 'content': '{{s2.text}}'})]"""


def test_a_known_plan_is_adapted_where_the_tasks_differ() -> None:
    """Files, months and arguments are exchanged, references and everything else stay."""
    task = "Describe sales_may.csv, compare it with the plan for May, and write the comparison to may.md"
    other = "Describe sales_june.csv, compare it with the plan for June, and write the comparison to june.md"
    adapted = structured(AdaptedPlan, render("adapt", known_task=task, plan=KNOWN, task=other))
    assert [step.instruction for step in adapted.steps] == [
        "Describe sales_june.csv.",
        "Compare it with the plan for June.",
        "Write the comparison to june.md.",
    ]
    assert {a.name: a.value for a in adapted.steps[2].arguments} == {"path": "june.md", "content": "{{s2.text}}"}


def test_a_plan_is_not_adapted_to_another_task() -> None:
    """A task that shares a file with the known one is still another task: no steps, so that it is planned anew."""
    task = "Describe sales_may.csv, compare it with the plan for May, and write the comparison to may.md"
    values = {"known_task": task, "plan": KNOWN, "task": "Describe sales_may.csv"}
    assert structured(AdaptedPlan, render("adapt", **values)).steps == []


SIX = """- s1: What is 6*7? [calculate({'expression': '6*7'})]
- s2 (needs s1): Write it to six.txt. [write_file({'path': 'six.txt', 'content': '{{s1.text}}'})]"""


@pytest.mark.parametrize(
    ("task", "fits"),
    [
        ("What is 6*7?", False),
        ("What is 8*9?", False),
        ("What is 8*9? Write it to nine.txt", True),
        ("What is 6*7? Summarize notes.md", False),
    ],
)
def test_a_plan_that_writes_fits_only_a_task_that_wants_writing(task: str, fits: bool) -> None:
    """Each clause of the known task needs its counterpart in the new one; nothing is written that nobody asked for."""
    known = "What is 6*7? Write it to six.txt"
    assert structured(AdaptedPlan, render("adapt", known_task=known, plan=SIX, task=task)).fits is fits


def test_a_plan_that_writes_besides_its_task_is_not_adapted() -> None:
    """Where words about the plan added the writing, the same question alone does not want it again."""
    values = {"known_task": "What is 6*7?", "plan": SIX, "task": "What is 8*9?"}
    assert structured(AdaptedPlan, render("adapt", **values)).fits is False


def test_the_judge_leans_to_none() -> None:
    """A candidate is chosen where its description covers the step, and none where it does not."""
    from repertory.memory.plans import Step

    step = Step(id="s1", instruction="Compare a and b.", role="Comparison analyst: compares figures of several sources")
    other = Step(id="s2", instruction="Draft a poem.", role="Poet: writes poems")
    doubts = [{"step": step, "candidates": AGENTS}, {"step": other, "candidates": AGENTS}]
    verdicts = structured(Judgement, render("judge", doubts=doubts)).verdicts
    assert [(verdict.step, verdict.agent) for verdict in verdicts] == [("s1", "comparer"), ("s2", None)]


def test_the_report_answers_and_names_what_failed() -> None:
    """A count that was asked for comes first; files written and steps not done are named."""
    results = [
        StepResult(step_id="s1", status="done", output="notes.md: 4 lines, 120 words (80 different)."),
        StepResult(step_id="s2", status="done", output="Wrote report.md: 612 bytes."),
        StepResult(step_id="s3", status="failed", error="there is no 'x.csv' in the workspace"),
    ]
    text = str(MODEL.invoke(render("report", task="How many words are in notes.md?", results=results)).text)
    assert text.startswith("**notes.md has 120 words.**")
    assert "Written: report.md." in text
    assert "s3 (failed): there is no 'x.csv' in the workspace" in text
