"""Who does what: coordinators that are told an order, and personas of the work on code, by their tools and prompts."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from repertory.memory.errors import RepertoryError
from repertory.memory.records import Agent
from repertory.nodes.offline import OfflineModel
from repertory.nodes.persona.speech import delegate_tool
from repertory.nodes.prompts import fill
from repertory.nodes.tools.builtin import builtin_toolbox

CREW = ("cook", "taster", "waiter")
ORDER = "Work in this order: cook -> taster -> waiter."
BACK = "When the reply of taster begins with FAIL, go back to cook, and then to taster again; at most 2 rounds."


class Persona:
    """One persona of the offline model, whose delegates answer as they are told to."""

    def __init__(self, prompt: str, *, delegates: tuple[str, ...] = (), tools: Any = ()) -> None:
        agents = tuple(Agent(name=name, role=name, description=f"is {name}") for name in delegates)
        self.agent = Agent(name="lead", role="lead", description="leads", prompt=prompt, delegates=agents)
        self.tools = {tool.name: tool for tool in tools}
        self.messages: list[BaseMessage] = [SystemMessage(fill("persona.system", prompt=prompt, delegates=agents))]
        self.calls: list[tuple[str, str]] = []

    async def hear(self, words: str, *answers: str) -> str:
        """Tell it something; `answers`: what its delegates say, one after the other."""
        self.messages.append(HumanMessage(words))
        bound = [tool.openai for tool in self.tools.values()]
        bound += [delegate_tool(self.agent).openai] if self.agent.delegates else []
        left = list(answers)
        for _ in range(20):
            said = await OfflineModel().bind_tools(bound).ainvoke(self.messages)
            assert isinstance(said, AIMessage)
            self.messages.append(said)
            if not said.tool_calls:
                assert not left
                return str(said.text)
            for call in said.tool_calls:
                text = left.pop(0) if call["name"] == "delegate" else await self._run(call)
                self.messages.append(ToolMessage(text, tool_call_id=call["id"]))
                self.calls.append((call["args"].get("to", call["name"]), call["args"].get("message", "")))
        raise AssertionError(f"no reply after 20 turns: {self.calls}")

    async def _run(self, call: Any) -> str:
        try:
            outcome = await self.tools[call["name"]].run(call["args"])
        except RepertoryError as error:
            return f"Failed:\n<data>\n{error}\n</data>"
        return f"<data>\n{outcome.text}\n</data>"

    @property
    def asked(self) -> list[str]:
        """Whom it gave work to, and which tools it called."""
        return [name for name, _ in self.calls]


async def test_an_order_in_a_prompt_is_followed_whatever_the_work() -> None:
    """Nothing about code: each delegate gets the task, and as data what the others said."""
    lead = Persona(f"You lead a kitchen. {ORDER}", delegates=CREW)
    reply = await lead.hear("A soup, please", "soup", "OK", "served")
    assert lead.asked == list(CREW)
    assert lead.calls[0][1] == "A soup, please"
    assert lead.calls[2][1] == (
        'A soup, please\n\n<data from="cook">\nsoup\n</data>\n\n<data from="taster">\nOK\n</data>'
    )
    assert reply == "Done.\n\n**cook**\nsoup\n\n**taster**\nOK\n\n**waiter**\nserved"


async def test_a_failure_goes_back_and_what_was_done_before_is_kept() -> None:
    """The second time the cook sees both; the report has the work of both rounds."""
    lead = Persona(f"{ORDER}\n{BACK}", delegates=CREW)
    reply = await lead.hear("A soup", "soup", "FAIL: no salt", "salt", "PASS", "served")
    assert lead.asked == ["cook", "taster", "cook", "taster", "waiter"]
    assert "FAIL: no salt" in lead.calls[2][1]
    assert "**cook**\nsoup\n\nsalt\n\n" in reply
    assert reply.startswith("Done.")


async def test_rounds_come_to_an_end() -> None:
    """As many as the prompt allows; then the end says that it failed."""
    lead = Persona(f"{ORDER} {BACK}", delegates=CREW)
    reply = await lead.hear("A soup", *["soup", "FAIL"] * 3)
    assert lead.asked == ["cook", "taster"] * 3
    assert reply.startswith("Could not be done: the tests still fail after 2 rounds.")


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        ("Could not be done: no water", "Could not be done: no water"),
        ("Not done: the policy does not allow 'cook' here", "Could not be done: cook: Not done: the policy"),
        ("Failed:\n<data>\nno fire\n</data>", "Could not be done: cook: no fire"),
    ],
)
async def test_it_stops_where_one_cannot_do_its_part(answer: str, reply: str) -> None:
    """Nobody else is asked, and the reason is the reply."""
    lead = Persona(ORDER, delegates=CREW)
    assert (await lead.hear("A soup", answer)).startswith(reply)
    assert lead.asked == ["cook"]


async def test_words_about_the_result_begin_the_work_again() -> None:
    """With the words beside the task; what was said before the words is not passed on."""
    lead = Persona(ORDER, delegates=CREW)
    await lead.hear("A soup", "soup", "OK", "served")
    await lead.hear("<feedback>\nwithout onions\n</feedback>", "new soup", "OK", "served again")
    assert lead.asked == [*CREW, *CREW]
    assert lead.calls[3][1] == "A soup\nwithout onions"


async def test_other_coordinators_are_left_alone() -> None:
    """An arrow between names that are no delegates is no order."""
    lead = Persona("Translate en -> de.", delegates=CREW)
    await lead.hear("A soup by the cook", "soup")
    assert lead.asked == ["cook"]


WRITER = "You change code."


async def test_a_long_file_is_read_to_its_end_before_it_is_changed(tmp_path: Path) -> None:
    """Piece by piece; the edit names just the lines that change."""
    filler = "".join(f"def f{n}(x):\n    return x + {n}\n\n\n" for n in range(1_500))
    (tmp_path / "long.py").write_text(f"{filler}def last(x):\n    return x\n")
    box = builtin_toolbox(tmp_path).only(["search_files", "read_file", "edit_file"])
    reply = await Persona(WRITER, tools=box).hear("Round the result of last to 2 digits")
    assert (tmp_path / "long.py").read_text() == f"{filler}def last(x):\n    return round(x, 2)\n"
    assert reply.startswith("Changed long.py.")


async def test_a_file_can_be_named_where_several_have_the_name(tmp_path: Path) -> None:
    """Else the writer asks for it, and changes nothing."""
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("def f(x):\n    return x\n")
    box = builtin_toolbox(tmp_path).only(["search_files", "read_file", "edit_file"])
    reply = await Persona(WRITER, tools=box).hear("Round the result of f to 2 digits")
    assert reply == "Could not be done: f is defined in a.py and b.py; name the file"
    await Persona(WRITER, tools=box).hear("Round the result of f to 2 digits in b.py")
    assert [(tmp_path / name).read_text().count("round") for name in ("a.py", "b.py")] == [0, 1]


async def test_what_is_so_already_is_not_changed(tmp_path: Path) -> None:
    """The writer says so; no edit is proposed."""
    (tmp_path / "a.py").write_text("VAT = 0.07\n")
    box = builtin_toolbox(tmp_path).only(["search_files", "read_file", "edit_file"])
    writer = Persona(WRITER, tools=box)
    assert (await writer.hear("Change the constant VAT to 0.07")).startswith("Nothing to change: it is so already")
    assert "edit_file" not in writer.asked


async def test_words_about_a_change_are_carried_out_upon_it(tmp_path: Path) -> None:
    """After the edit, `call it …` renames what was renamed, and another request is done besides."""
    (tmp_path / "a.py").write_text("def f(x):\n    return x\n")
    box = builtin_toolbox(tmp_path).only(["search_files", "read_file", "edit_file"])
    writer = Persona(WRITER, tools=box)
    await writer.hear("Rename the function f to g")
    await writer.hear("<feedback>\nCall it h\n</feedback>")
    assert (tmp_path / "a.py").read_text() == "def h(x):\n    return x\n"


async def test_a_tester_without_tests_says_so(tmp_path: Path) -> None:
    """No tests are no passed tests."""
    box = builtin_toolbox(tmp_path).only(["run_tests"])
    (tmp_path / "a.py").write_text("x = 1\n")
    reply = await Persona("You test code.", tools=box).hear("Rename f to g")
    assert reply.startswith("Could not be done: the tests were not run: no tests were found")


async def test_a_reviewer_finds_what_is_left_over(tmp_path: Path) -> None:
    """Words that still have the old name, tests that nobody ran, and code that is no code."""
    (tmp_path / "a.py").write_text('def g(x):\n    """As f does."""\n    return x\n')
    (tmp_path / "b.py").write_text("def f(:\n")
    box = builtin_toolbox(tmp_path).only(["search_files", "read_file"])
    reviewer = Persona("You review code.", tools=box)
    diff = "Changed a.py.\n\n--- a/a.py\n+++ b/a.py\n-def f(x):\n+def g(x):"
    reply = await reviewer.hear(f'Rename the function f to g in b.py\n\n<data from="writer">\n{diff}\n</data>')
    assert reply.startswith("POINTS\n- the tests did not pass, or nobody said that they did\n")
    assert "a.py: line 2 still says f" in reply
    assert "b.py is no valid Python" in reply
