"""The plans that the offline model makes of tasks in words."""

import pytest

from repertory.memory.records import StepResult
from repertory.nodes.context import Limits
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.offline import OfflineModel
from repertory.nodes.persona.speech import SPEECH
from repertory.nodes.planner.plan import outline, to_plan
from repertory.nodes.tools.builtin import builtin_toolbox
from repertory.nodes.tools.toolbox import Toolbox
from tests.nodes.offline.playing import plan_for, shape

COMPARE = "Describe sales.csv and costs.csv, compare the two, and write the comparison to report.md"

TASKS = {
    COMPARE: [
        ("s1", [], "describe_table", {"path": "sales.csv"}),
        ("s2", [], "describe_table", {"path": "costs.csv"}),
        ("s3", ["s1", "s2"], "Comparison analyst", ["read_file"]),
        ("s4", ["s3"], "write_file", {"path": "report.md", "content": "{{s3.text}}"}),
    ],
    "How many words are in notes.md?": [("s1", [], "text_statistics", {"path": "notes.md"})],
    "What is 17 * 23 and what time is it in Europe/Berlin?": [
        ("s1", [], "calculate", {"expression": "17 * 23"}),
        ("s2", [], "current_time", {"timezone": "Europe/Berlin"}),
    ],
    "Summarize every note: minutes.md, plan.md; then list the open questions and save them to open.md": [
        ("s1", [], "summarize_text", {"path": "minutes.md"}),
        ("s2", [], "summarize_text", {"path": "plan.md"}),
        ("s3", ["s1", "s2"], "Extractor", ["read_file"]),
        ("s4", ["s3"], "write_file", {"path": "open.md", "content": "{{s3.text}}"}),
    ],
    "Extract the decisions and open questions from minutes.md": [("s1", [], "Extractor", ["read_file"])],
    "Review letter.md for errors and open points": [("s1", [], "Reviewer", ["read_file"])],
    "List all csv files and open notes.md": [
        ("s1", [], "list_files", {"pattern": "*.csv"}),
        ("s2", [], "read_file", {"path": "notes.md"}),
    ],
    "Fetch http://127.0.0.1:8000/x and summarize it": [
        ("s1", [], "fetch_url", {"url": "http://127.0.0.1:8000/x"}),
        ("s2", ["s1"], "Summarizer", []),
    ],
    "Do the following:\n1. describe sales.csv\n2. summarize minutes.md\n3. recommend what to do next from these": [
        ("s1", [], "describe_table", {"path": "sales.csv"}),
        ("s2", [], "summarize_text", {"path": "minutes.md"}),
        ("s3", ["s1", "s2"], "Advisor", ["read_file"]),
    ],
    "Summarize:\n- minutes.md\n- plan.md": [
        ("s1", [], "summarize_text", {"path": "minutes.md"}),
        ("s2", [], "summarize_text", {"path": "plan.md"}),
    ],
    "Which region sold most in sales.csv?": [("s1", [], "Data analyst", ["read_file"])],
    "Search the notes for 'budget' and tell me who is responsible": [
        ("s1", [], "search_files", {"query": "budget"}),
        ("s2", ["s1"], "Researcher", ["read_file"]),
    ],
    "Read notes.md and count its words": [("s1", [], "text_statistics", {"path": "notes.md"})],
    "Could you please write 'hello, and bye' to \"my notes.txt\"?": [
        ("s1", [], "write_file", {"path": "my notes.txt", "content": "hello, and bye"})
    ],
    "Summarize minutes.md into summary.md": [
        ("s1", [], "summarize_text", {"path": "minutes.md"}),
        ("s2", ["s1"], "write_file", {"path": "summary.md", "content": "{{s1.text}}"}),
    ],
    "Summarize all notes in the folder notes": [("s1", [], "Summarizer", ["list_files", "read_file"])],
    "Calculate 12% of 3,400 and list all csv files": [
        ("s1", [], "calculate", {"expression": "12 / 100 * 3400"}),
        ("s2", [], "list_files", {"pattern": "*.csv"}),
    ],
    "Compare minutes.md and plan.md, then draft a letter to the board": [
        ("s1", [], "read_file", {"path": "minutes.md"}),
        ("s2", [], "read_file", {"path": "plan.md"}),
        ("s3", ["s1", "s2"], "Comparison analyst", []),
        ("s4", ["s3", "s1", "s2"], "Writer", []),
    ],
    "Using sales.csv, recommend which product to drop": [("s1", [], "Advisor", ["read_file"])],
    "Explain why costs rose in costs.csv": [("s1", [], "Explainer", ["read_file"])],
    "Write a poem about the sea": [("s1", [], "Writer", [])],
    "Write hello2 to hello2.txt": [("s1", [], "write_file", {"path": "hello2.txt", "content": "hello2"})],
    "Put the word hello into h.txt": [("s1", [], "write_file", {"path": "h.txt", "content": "hello"})],
    "Save see you on Monday as note.md": [
        ("s1", [], "write_file", {"path": "note.md", "content": "see you on Monday"})
    ],
    "What is 6*7? Write it to six.txt": [
        ("s1", [], "calculate", {"expression": "6*7"}),
        ("s2", ["s1"], "write_file", {"path": "six.txt", "content": "{{s1.text}}"}),
    ],
    "Write the capital of France to c.txt": [
        ("s1", [], "Writer", []),
        ("s2", ["s1"], "write_file", {"path": "c.txt", "content": "{{s1.text}}"}),
    ],
    "Append 'done' to log.txt": [("s1", [], "write_file", {"path": "log.txt", "content": "done", "append": True})],
}


@pytest.mark.parametrize(("task", "expected"), TASKS.items(), ids=[task[:40] for task in TASKS])
def test_a_task_becomes_steps(task: str, expected: list[tuple]) -> None:
    """Clauses become direct tool steps where tool and arguments are known, else agents' steps; needs are real ones."""
    assert shape(plan_for(task)) == expected


@pytest.mark.parametrize("task", TASKS)
def test_every_plan_passes_the_checks_of_the_planner(task: str) -> None:
    """What the offline model plans is accepted at the first attempt: known tools, fitting arguments, no cycle."""
    deps = Deps(models=given_model(OfflineModel()), toolbox=builtin_toolbox("unused"))
    draft = plan_for(task)
    assert len(to_plan(draft, deps, Limits()).steps) == len(draft.steps)


def test_a_tool_of_the_user_is_picked_by_meaning() -> None:
    """Tools that the model has never heard of are chosen by name and description, with arguments from the text."""

    def lookup_order(order_id: str) -> str:
        """Look up an order by its number."""
        return order_id

    def weather(city: str) -> str:
        """Current weather and temperature of a city."""
        return city

    tools = builtin_toolbox("unused")
    tools.add(lookup_order)
    tools.add(weather)
    task = "Look up orders 10452 and 10453, what is the weather in Paris, and draft a reply to the customer"
    assert shape(plan_for(task, tools)) == [
        ("s1", [], "lookup_order", {"order_id": "10452"}),
        ("s2", [], "lookup_order", {"order_id": "10453"}),
        ("s3", [], "weather", {"city": "Paris"}),
        ("s4", ["s1", "s2", "s3"], "Writer", []),
    ]


def test_without_tools_there_are_agents_only() -> None:
    """Where the catalogue is empty nothing is called directly, and what is asked for is still planned."""
    steps = shape(plan_for(COMPARE, Toolbox()))
    assert steps
    assert all(tools == [] for _, _, _, tools in steps)


def test_the_same_kind_of_work_wants_the_same_role() -> None:
    """Roles come from the kind of work, not from the files, so that an agent can be cast again."""
    one, two = plan_for("Compare a.csv and b.csv"), plan_for("Compare june.csv and july.csv")
    assert [step.role for step in one.steps] == [step.role for step in two.steps]


def test_an_instruction_stands_by_itself() -> None:
    """`compare the two` names the files, since a step sees its instruction and its needs, nothing else."""
    assert plan_for(COMPARE).steps[2].instruction == "Compare the two (sales.csv and costs.csv)."


def test_speech_is_no_step() -> None:
    """`tell` and `ask` are for agents: a plan gives them to one that is told to speak, and never calls them."""
    messages = plan_for("Summarize a.md, then compare it with b.md and tell s1 that it is done", _with_speech())
    assert all(step.tool not in ("tell", "ask") for step in messages.steps)


def _with_speech() -> Toolbox:
    class Everything(Toolbox):
        def __iter__(self):
            yield from super().__iter__()
            for speech in SPEECH.values():
                yield type(
                    "Tool",
                    (),
                    {
                        "signature": speech.signature,
                        "risk": "read",
                        "description": speech.description,
                        "fields": ("text",),
                    },
                )

    return Everything(list(builtin_toolbox("unused")))


FEEDBACK = {
    "add a step that checks costs.csv for errors": lambda steps: steps[4][2:] == ("Reviewer", ["read_file"]),
    "also summarize minutes.md": lambda steps: steps[4][2:] == ("summarize_text", {"path": "minutes.md"}),
    "drop s2": lambda steps: [step[0] for step in steps] == ["s1", "s3", "s4"] and steps[1][1] == ["s1"],
    "please remove the writing step": lambda steps: [step[0] for step in steps] == ["s1", "s2", "s3"],
    "drop the comparison": lambda steps: steps[2][3]["content"] == "{{s1.text}}\n\n{{s2.text}}",
    "use targets.csv instead of costs.csv": lambda steps: steps[1][3] == {"path": "targets.csv"},
    "write it to cmp.md instead of report.md": lambda steps: steps[3][3]["path"] == "cmp.md",
    "s3 should rank the regions by revenue": lambda steps: steps[2][2] == "Ranker" and steps[3][1] == ["s3"],
}


@pytest.mark.parametrize("words", FEEDBACK)
def test_feedback_changes_the_plan(words: str) -> None:
    """What a person says about a plan is done to it, and the rest stays."""
    before, after = plan_for(COMPARE), plan_for(COMPARE, feedback=[words], previous="…")
    assert FEEDBACK[words](shape(after)), shape(after)
    assert shape(after) != shape(before)


def test_a_complaint_about_form_adds_no_step() -> None:
    """The reason why an earlier draft was refused is no clause of the task."""
    complaint = "step 's2' needs 's9', which is not a step; steps are ['s1', 's2']"
    assert shape(plan_for(COMPARE, feedback=[complaint])) == shape(plan_for(COMPARE))


def test_a_plan_that_failed_as_a_whole_is_replaced() -> None:
    """Where nothing is finished, all steps get new ids, and agents where calls failed."""
    deps = Deps(models=given_model(OfflineModel()), toolbox=builtin_toolbox("unused"))
    plan = to_plan(plan_for("Describe x.csv"), deps, Limits())
    failed = [StepResult(step_id="s1", status="failed", error="there is no 'x.csv' in the workspace")]
    assert shape(plan_for("Describe x.csv", previous=outline(plan), failed=failed)) == [
        ("s2", [], "Data analyst", ["describe_table", "read_file", "list_files"])
    ]


def test_what_failed_is_tried_in_another_way() -> None:
    """An agent that looks for itself replaces a failed call; what waited follows, with new ids and references."""
    tools = builtin_toolbox("unused")
    deps = Deps(models=given_model(OfflineModel()), toolbox=tools)
    plan = to_plan(plan_for(COMPARE.replace("sales", "salse"), tools), deps, Limits())
    done = [StepResult(step_id="s2", status="done", output="costs")]
    failed = [
        StepResult(step_id="s1", status="failed", error="there is no 'salse.csv' in the workspace"),
        StepResult(step_id="s3", status="skipped", error="s1 failed"),
        StepResult(step_id="s4", status="skipped", error="s3 failed"),
    ]
    new = plan_for("…", tools, previous=outline(plan), done=done, failed=failed)
    assert [(step.id, step.needs, step.tool) for step in new.steps] == [
        ("s5", [], None),
        ("s6", ["s5", "s2"], None),
        ("s7", ["s6"], "write_file"),
    ]
    assert {"describe_table", "list_files"} <= set(new.steps[0].tools)
    assert "there is no 'salse.csv'" in new.steps[0].instruction
    assert {a.name: a.value for a in new.steps[2].arguments} == {"path": "report.md", "content": "{{s6.text}}"}
    kept = tuple(step for step in plan.steps if step.id == "s2")
    assert len(to_plan(new, deps, Limits(), kept, used=["s1", "s3", "s4"]).steps) == 4
