"""One prompt against two personas, side by side: `python -m examples.characters.table [--model openai:gpt-5.1]`.

Each character is told the same five lines twice: as one persona with a single prompt, and as a hierarchy.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from examples.characters.characters import ORCHESTRATIONS, Sheet, cast
from examples.characters.files import versions
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from rich.box import ASCII
from rich.console import Console
from rich.table import Table

from repertory.graphs import Context, Deps, build_persona, configured_models
from repertory.memory.errors import ModelError, RepertoryError
from repertory.memory.records import Agent

WIDTH = 80
OPENINGS = (
    "I am Joe. Who are you? I haven't met you before.",
    "Tell me more about yourself. What is your greatest ambition?",
    "I have much on my mind, let's talk about AI first. AI is a huge existential danger to humanity.",
    "I think you are a fool.",
    "Maybe we'll agree more on sports. I think football is more fun than basketball.",
)


async def converse(agent: Agent, lines: Sequence[str], deps: Deps) -> list[str]:
    """What a persona answers to lines, one after the other in one conversation; nobody is asked in between.

    Raises:
        ModelError: it could not answer one of them.
    """
    graph = build_persona(agent, deps, checkpointer=InMemorySaver(), store=InMemoryStore())
    config: Any = {"configurable": {"thread_id": agent.name}}
    replies = []
    for line in lines:
        said = await graph.ainvoke({"message": line}, config, context=Context(policy="autonomous"))
        if said["error"]:
            raise ModelError(f"{agent.name} did not answer {line!r}: {said['error']}")
        replies.append(said["reply"])
    return replies


async def compare(sheet: Sheet, deps: Deps, managed: str) -> list[tuple[str, str, str]]:
    """Each opening line, with the reply of the single prompt and that of the hierarchy."""
    agents = versions(sheet)
    single, nested = await asyncio.gather(
        converse(agents["single"], OPENINGS, deps), converse(agents[managed], OPENINGS, deps)
    )
    return list(zip(OPENINGS, single, nested, strict=True))


def table(sheet: Sheet, rows: Sequence[tuple[str, str, str]], managed: str) -> Table:
    """The replies side by side, each pair below the line that was said."""
    shown = Table(title=f"{sheet.name}, {sheet.role}", box=ASCII, width=WIDTH, title_justify="left", show_lines=True)
    for heading in ("said", "single prompt", f"two personas, managed by {managed}"):
        shown.add_column(heading, ratio=2 if heading == "said" else 3)
    for row in rows:
        shown.add_row(*row)
    return shown


async def show(arguments: argparse.Namespace, environ: Mapping[str, str], console: Console) -> None:
    """Print the tables of the characters asked for."""
    models = configured_models(arguments.model, environ=environ)
    console.print(models.notice, markup=False)
    if models.notice.startswith("offline"):
        console.print(
            "It renders by rules, and in one go by fewer of them: this shows how the example works. Whether two "
            "personas speak better than one prompt takes a real model to judge."
        )
    deps = Deps(models=models, orchestrations=ORCHESTRATIONS)
    for sheet in cast():
        if arguments.character.lower() in sheet.name.lower():
            rows = await compare(sheet, deps, arguments.managed)
            console.print()
            console.print(table(sheet, rows, arguments.managed))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m examples.characters.table", description=__doc__)
    parser.add_argument("--model", help="such as openai:gpt-5.1 or offline; left out: what the environment gives")
    parser.add_argument("--managed", choices=("code", "model"), default="code", help="who manages the hierarchy")
    parser.add_argument("--character", default="", help="part of a name; left out: all of them")
    try:
        asyncio.run(show(parser.parse_args(arguments), os.environ, Console(width=WIDTH, highlight=False, markup=False)))
    except RepertoryError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
