"""What step agents of the offline model call and answer, with the real tools on real files."""

from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage, SystemMessage

from repertory.memory.plans import Step
from repertory.memory.records import Agent as AgentRecord
from repertory.memory.records import StepResult
from repertory.nodes.persona.speech import SPEECH, delegate_tool
from repertory.nodes.prompts import fill
from repertory.nodes.tools.builtin import builtin_toolbox
from repertory.nodes.tools.toolbox import Toolbox
from tests.nodes.offline.playing import MODEL, Agent

_A_MONTH = (("North", "Tea", 10), ("South", "Tea", 5), ("North", "Juice", 2), ("South", "Juice", 1))
SALES = "date,region,product,units,revenue\n" + "".join(
    f"2026-0{month}-01,{region},{product},{month},{value * month}\n"
    for month in (1, 2, 3)
    for region, product, value in _A_MONTH
)
COSTS = "date,product,amount\n" + "".join(
    f"2026-0{month}-28,{product},{value}\n" for month in (1, 2, 3) for product, value in (("Tea", 20), ("Juice", 9))
)
NOTES = (
    "# Meeting\n\nWe met on Monday. The West sells less because two shops closed. Ana leads the project.\n\n"
    "## Decisions\n\n- We decided to keep the prices.\n\n"
    "## Open questions\n\n- Who pays for the pallets?\n- Is Juice worth it?\n"
)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "sales.csv").write_text(SALES)
    (tmp_path / "costs.csv").write_text(COSTS)
    (tmp_path / "notes.md").write_text(NOTES)
    (tmp_path / "long.md").write_text(
        "# Long\n\n" + "Words fill this line of the text. " * 900 + "The answer is Zanzibar.\n"
    )
    return tmp_path


def tools(workspace: Path, *names: str) -> Toolbox:
    return builtin_toolbox(workspace).only(names)


async def test_it_reads_both_tables_at_once_and_compares_their_figures(workspace: Path) -> None:
    """Independent calls go out in one response; the comparison states the true sums and the difference by group."""
    agent = Agent("Compare sales.csv and costs.csv.", tools(workspace, "read_file"))
    text = await agent.work()
    assert agent.calls == [("read_file", {"path": "sales.csv"}), ("read_file", {"path": "costs.csv"})]
    assert agent.turns == 2
    assert "totals 108" in text  # 6 x (10 + 5 + 2 + 1)
    assert "(87)" in text  # 3 x (20 + 9)
    assert "| Tea | 90 | 60 | 30 |" in text
    assert "| Juice | 18 | 27 | -9 |" in text


async def test_descriptions_of_tables_are_compared_too() -> None:
    """Without rows the comparison rests on the figures of the descriptions."""
    data = {
        "s1": "a.csv: 3 rows, 1 columns. revenue: integer, min 1, max 9, mean 5, median 5, sum 15.",
        "s2": "b.csv: 3 rows, 1 columns. revenue: integer, min 2, max 6, mean 4, median 4, sum 12.",
    }
    text = await Agent("Compare the two (a.csv and b.csv).", Toolbox(), data=data).work()
    assert "The revenue in a.csv totals 15: 3 (25%) more than the revenue in b.csv (12)" in text
    assert "| revenue, mean | 5 | 4 | 1 |" in text


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Which region sold most in sales.csv by revenue?", "**North** has the highest revenue in sales.csv: 72"),
        ("Which product has the lowest revenue in sales.csv?", "**Juice** has the lowest revenue in sales.csv: 18"),
        ("What was the total revenue in sales.csv?", "The total revenue is 108"),
        ("Which month had the highest revenue in sales.csv?", "**2026-03** has the highest revenue in sales.csv: 54"),
        ("Who leads the project in notes.md?", "Ana leads the project. (notes.md)"),
        ("Explain why the West sells less, from notes.md", "because two shops closed"),
        (
            "List the open questions in notes.md",
            "- Who pays for the pallets? (notes.md)\n- Is Juice worth it? (notes.md)",
        ),
        ("Find the decisions in notes.md", "- We decided to keep the prices. (notes.md)"),
    ],
)
async def test_it_answers_from_what_it_read(workspace: Path, question: str, answer: str) -> None:
    """Questions are answered with true figures and with the sentences that hold the answer, and their source."""
    assert answer in await Agent(question, tools(workspace, "read_file")).work()


async def test_a_recommendation_rests_on_figures(workspace: Path) -> None:
    """It names one choice, the figure that speaks for it, and what the notes say of it."""
    instruction = "Recommend which product to drop (sales.csv, costs.csv and notes.md)."
    text = await Agent(instruction, tools(workspace, "read_file")).work()
    assert text.startswith("**Recommendation: drop Juice.**")
    assert "(-9)" in text
    assert "Is Juice worth it? (notes.md)" in text


async def test_a_report_has_no_steps_for_headings() -> None:
    """Findings of earlier steps stand under the file that they are about, or begin with a heading of their own."""
    data = {"s1": "notes.md: Ana leads the project.", "s2": "**Open questions** (1)\n- Is Juice worth it? (notes.md)"}
    text = await Agent("Write a report with both (notes.md).", Toolbox(), data=data).work()
    assert text.startswith(
        "# Report with both (notes.md)\n\n## notes.md\n\nAna leads the project.\n\n**Open questions**"
    )


async def test_files_that_are_not_named_are_found_first(workspace: Path) -> None:
    """Told to look at all notes, it lists the files and then reads the notes, not the tables."""
    agent = Agent("Summarize all notes.", tools(workspace, "list_files", "read_file"))
    text = await agent.work()
    assert agent.calls[0] == ("list_files", {})
    assert [call for call in agent.calls if call[1].get("path") == "notes.md"]
    assert not [call for call in agent.calls if str(call[1].get("path")).endswith(".csv")]
    assert "**notes.md**: " in text


async def test_a_long_file_is_read_on(workspace: Path) -> None:
    """A piece that says where to read on is followed by the next; nothing is read twice."""
    agent = Agent("What is the answer in long.md?", tools(workspace, "read_file"))
    text = await agent.work()
    assert [call[1].get("offset") for call in agent.calls] == [None, 19_000]
    assert "Zanzibar" in text


async def test_a_misspelt_file_is_looked_for(workspace: Path) -> None:
    """A file that is not there: it lists what is, reads the one whose name is nearest, and says what failed."""
    agent = Agent("Describe salse.csv.", tools(workspace, "describe_table", "list_files"))
    text = await agent.work()
    assert [name for name, _ in agent.calls] == ["describe_table", "list_files", "describe_table"]
    assert agent.calls[2][1] == {"path": "sales.csv"}
    assert "12 rows" in text
    assert "there is no 'salse.csv'" in text


async def test_it_writes_the_file_that_it_is_told_to_write(workspace: Path) -> None:
    """The content of the file is its own answer; it writes once and then says so."""
    agent = Agent(
        "List the open questions in notes.md and save them to open.md.", tools(workspace, "read_file", "write_file")
    )
    text = await agent.work()
    assert [name for name, _ in agent.calls] == ["read_file", "write_file"]
    assert "- Who pays for the pallets?" in (workspace / "open.md").read_text()
    assert "Wrote open.md" in text


async def test_a_refused_call_is_not_repeated(workspace: Path) -> None:
    """What was refused is stated plainly, with the reason, and not tried again."""
    agent = Agent("Save 'hello' to a.txt.", tools(workspace, "write_file"))
    text = await agent.work(refuse="write_file")
    assert len(agent.calls) == 1
    assert "write_file" in text
    assert "not allowed: the user said no" in text
    assert not (workspace / "a.txt").exists()


async def test_words_to_its_answer_change_it(workspace: Path) -> None:
    """Shorter is shorter, what is to be mentioned is mentioned, what is to go is gone; nothing is called again."""
    agent = Agent("Summarize notes.md in 3 sentences.", tools(workspace, "read_file"))
    first = await agent.work()
    shorter = await agent.hear("shorter, please")
    assert 0 < len(shorter) < len(first)
    assert "Who pays for the pallets?" in await agent.hear("mention the pallets")
    assert len(agent.calls) == 1
    other = Agent("List the open questions in notes.md.", tools(workspace, "read_file"))
    assert "Juice" in await other.work()
    assert "Juice" not in await other.hear("leave out Juice")


async def test_words_that_the_data_cannot_answer_are_acknowledged(workspace: Path) -> None:
    """It says that the data holds nothing on what was asked, and invents nothing."""
    agent = Agent("Summarize notes.md.", tools(workspace, "read_file"))
    await agent.work()
    assert "On unicorns: the data says nothing more about it." in await agent.hear("mention unicorns")


async def test_it_says_what_it_cannot_do() -> None:
    """Without any material it states so, with what was asked."""
    assert "I cannot do this from facts" in await Agent("Write a poem about the sea.", Toolbox()).work()


@pytest.mark.parametrize(
    "instruction",
    [
        "Write a poem about the sea.",
        "Write a poem about the sea and save it to poem.md.",
        "Book a flight to Paris.",
        "Translate notes.md to French.",
        "Translate notes.md to French and save it to fr.md.",
        "Summarize absent_file.md.",
        "Summarize all pages in absent/*.md.",
        "Frobnicate the quux.",
    ],
)
async def test_a_reply_says_first_that_nothing_was_done(workspace: Path, instruction: str) -> None:
    """An agent that achieved nothing begins with the words by which its step counts as failed, and writes nothing."""
    agent = Agent(instruction, tools(workspace, "list_files", "read_file", "write_file"))
    text = await agent.work()
    assert text.startswith("Could not be done:")
    assert "write_file" not in [name for name, _ in agent.calls]


async def test_a_deed_is_not_done_by_words_about_it() -> None:
    """Material on flights does not book one."""
    text = await Agent("Book the cheapest flight.", Toolbox(), data={"s1": "The cheapest flight costs 80."}).work()
    assert text.startswith("Could not be done:")


async def test_half_a_step_is_done(workspace: Path) -> None:
    """What was done comes first; what is missing stands further down."""
    text = await Agent("Summarize notes.md and absent_file.md.", tools(workspace, "read_file")).work()
    assert not text.startswith("Could not be done:")
    assert "\n\nCould not be done:\n- read_file (absent_file.md) failed" in text


ANSWERS = {
    "call it other.md instead": ("other.md", "Tea leads."),
    "use other.md, not report.md": ("other.md", "Tea leads."),
    "add 'By Ana'": ("report.md", "Tea leads.\nBy Ana"),
    "add a line saying by Ana": ("report.md", "Tea leads.\nby Ana"),
    "fine, go on": ("report.md", "Tea leads."),
    "write 'nothing' there": ("report.md", "nothing"),
}


@pytest.mark.parametrize(("words", "written"), ANSWERS.items(), ids=ANSWERS)
async def test_a_call_answered_in_words_is_made_as_they_ask(
    workspace: Path, words: str, written: tuple[str, str]
) -> None:
    """The same call again, with the name or the content that the person asked for and all else as planned."""
    agent = Agent(
        "Write the comparison to report.md.",
        tools(workspace, "write_file", "read_file", "list_files"),
        data={"s3": "Tea leads."},
        trouble=f"It was not called. The user answered: {words}",
        planned=("write_file", {"path": "report.md", "content": "{{s3.text}}"}),
    )
    text = await agent.work()
    assert agent.calls == [("write_file", {"path": written[0], "content": written[1]})]
    assert text.startswith(f"Wrote {written[0]}")


async def test_shorter_words_are_written_where_a_person_wants_them_shorter(workspace: Path) -> None:
    """`shorter` changes the content and leaves the name."""
    long = "Tea leads by far. Juice lost ground. The West closed two shops. Ana will report."
    agent = Agent(
        "Write the comparison to report.md.",
        tools(workspace, "write_file"),
        data={"s3": long},
        trouble="It was not called. The user answered: make it shorter",
        planned=("write_file", {"path": "report.md", "content": "{{s3.text}}"}),
    )
    await agent.work()
    content = (workspace / "report.md").read_text()
    assert content.startswith("Tea leads by far.")
    assert len(content) < len(long)


async def test_a_call_that_a_person_does_not_want_is_not_made(workspace: Path) -> None:
    """`no` is taken as no, and a refusal of the changed call too; the step says that nothing was done."""
    for words, refuse, calls in (("no, leave it", None, 0), ("call it b.md", "write_file", 1)):
        agent = Agent(
            "Write 'hello' to a.md.",
            tools(workspace, "write_file"),
            trouble=f"It was not called. The user answered: {words}",
            planned=("write_file", {"path": "a.md", "content": "hello"}),
        )
        text = await agent.work(refuse=refuse)
        assert text.startswith("Could not be done:")
        assert len(agent.calls) == calls
        assert not (workspace / "a.md").exists()


async def test_a_step_taken_over_names_the_trouble(workspace: Path) -> None:
    """The error of the direct call is no material: it is worked round where the tools allow it."""
    agent = Agent(
        "Describe salse.csv.", tools(workspace, "describe_table", "list_files"), trouble="there is no 'salse.csv'"
    )
    assert "12 rows" in await agent.work()


async def test_it_speaks_to_other_agents_only_when_told_to() -> None:
    """`ask` comes before the answer, `tell` after it; without a word about them neither is called."""
    bound = MODEL.bind_tools([tool.openai for tool in SPEECH.values()])

    async def calls(instruction: str) -> list[tuple[str, dict]]:
        message = fill("step.user", step=Step(id="s1", instruction=instruction), needed=[], trouble=None)
        answer = await bound.ainvoke([SystemMessage("You are an agent."), HumanMessage(message)])
        return [(call["name"], call["args"]) for call in answer.tool_calls]

    assert await calls("Tell s2 that the price is 12.") == [("tell", {"to": "s2", "message": "the price is 12"})]
    assert await calls("Ask s3 which price holds.") == [("ask", {"to": "s3", "question": "which price holds"})]
    assert await calls("Compare the prices.") == []


async def test_asked_it_answers_from_its_result() -> None:
    """An `ask` of another agent is answered from the instruction and the result that it is shown."""
    step = Step(id="s1", instruction="Find the prices.")
    result = StepResult(
        step_id="s1", status="done", output="Tea costs 12 a bag. Juice costs 3 a bottle. Both sell well."
    )
    message = fill("ask.user", sender="s2", step=step, result=result, question="What does a bottle of juice cost?")
    answer = await MODEL.ainvoke([SystemMessage("You are an agent."), HumanMessage(message)])
    assert answer.text.startswith("Juice costs 3 a bottle.")


async def test_a_coordinator_gives_each_delegate_its_part() -> None:
    """Each clause goes to the delegate whose description has most in common with it, all in one response."""
    delegates = (
        AgentRecord(name="counter", role="Counter", description="counts words and lines of texts"),
        AgentRecord(name="critic", role="Critic", description="reviews drafts for errors"),
    )
    boss = AgentRecord(name="boss", role="Boss", description="coordinates", delegates=delegates)
    system = fill("persona.system", prompt="You coordinate.", delegates=delegates)
    bound = MODEL.bind_tools([delegate_tool(boss).openai])
    answer = await bound.ainvoke(
        [SystemMessage(system), HumanMessage("Count the words of a.md and review the draft b.md")]
    )
    assert [call["args"]["to"] for call in answer.tool_calls] == ["counter", "critic"]
    assert answer.tool_calls[1]["args"]["message"] == "review the draft b.md"


async def test_a_prompt_that_it_does_not_know_is_answered_from_what_it_says() -> None:
    """In a persona of one's own it picks the sentences that have most in common with what was said last."""
    text = 'When does the shop open?\n<data from="leaflet">\nThe shop opens at nine. Parking is free.\n</data>'
    assert (await MODEL.ainvoke(text)).text == "The shop opens at nine. (leaflet)"
