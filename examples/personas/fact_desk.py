"""A hierarchy in Python, managed by a function: it goes round until the checker has nothing more to say.

repertory agents add examples/personas/fact_desk.py
"""

from collections.abc import Generator
from typing import Any

from repertory.memory.records import Agent, ModelSpec
from repertory.nodes.persona.orchestration import Action, Delegate, Told

ROUNDS = 3
"""The most drafts of one text."""
SATISFIED = "Nothing to mend."


def report(told: Told) -> Generator[Action, Any, str]:
    """Facts, a draft, and another for as long as the checker objects."""
    facts = yield Delegate("reader", told.message)
    if not facts.ok:
        return f"Could not be done: {facts.text}"
    remarks = [*told.feedback]
    text = ""
    for _ in range(ROUNDS):
        draft = yield Delegate("writer", _brief(told.message, facts.text, remarks))
        text = draft.text
        check = yield Delegate("checker", f"Facts:\n{facts.text}\n\nText:\n{text}")
        if not check.ok or SATISFIED in check.text:
            break
        remarks.append(check.text)
    return text


def _brief(task: str, facts: str, remarks: list[str]) -> str:
    return "\n\n".join([task, f"Facts:\n{facts}", *(f"To mend: {remark}" for remark in remarks)])


agent = Agent(
    name="fact_desk",
    role="Fact desk",
    description="Writes short factual texts from files, and checks each statement against them before it answers.",
    orchestration="./fact_desk.py:report",
    delegates=(
        Agent(
            name="reader",
            role="Reader of sources",
            description="Finds files and states what they say.",
            prompt="State the facts that are needed, each with the file that it is from.",
            tools=("list_files", "read_file", "search_files"),
        ),
        Agent(
            name="writer",
            role="Writer",
            description="Writes a short text from facts.",
            prompt="Write the text that is asked for, from the facts and nothing else. Mend what you are told to mend.",
        ),
        Agent(
            name="checker",
            role="Fact checker",
            description="Compares a text with the facts behind it.",
            prompt=f'Name each statement that goes beyond the facts. If there is none, answer "{SATISFIED}"',
            model=ModelSpec(temperature=0),
        ),
    ),
)
