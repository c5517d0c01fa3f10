"""`repertory agents search`: who fits, each part of the score, and whether that is enough to be reused."""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence

from repertory.apps.commands.agents.answer import Answer
from repertory.apps.commands.agents.queries import checked, queries_of
from repertory.apps.commands.options import home_of
from repertory.apps.screens.jsonl import JsonLines
from repertory.apps.screens.page import Page, brief
from repertory.apps.status import OK
from repertory.memory.home import open_home
from repertory.memory.records import Agent
from repertory.memory.registry import Found, Registry
from repertory.memory.retrieval.index import Index, QueryForm

_LINE = 78
_LEAST = 10


def search(options: argparse.Namespace) -> int:
    """Answer the query of the options, or, where it is `-`, each line of standard input.

    Raises:
        InputError: a query without words, or one that is no UTF-8.
    """
    query = options.query if options.query == "-" else checked(options.query)
    as_json = options.json or query == "-"
    lines, page = JsonLines(sys.stdout), Page(sys.stdout)

    async def work() -> int:
        async with open_home(home_of(options), environ=os.environ) as home:
            desk = Desk(Registry(home.store, home.index, options.owner), options.k, "role" if options.role else "task")
            async for queries in queries_of(sys.stdin.fileno()) if query == "-" else _only(query):
                for answer in await desk.answers(queries):
                    if as_json:
                        lines.write(answer.model_dump(mode="json"))
                    else:
                        show(answer, page)
        return OK

    return asyncio.run(work())


class Desk:
    """Answers queries, and says on standard error what there is to know about the ranking."""

    def __init__(self, registry: Registry, k: int, form: QueryForm = "task") -> None:
        self._registry = registry
        self._k = k
        self._form: QueryForm = form
        self._told: str | None = None

    async def answers(self, queries: Sequence[str]) -> list[Answer]:
        """An answer to each, in order."""
        found = await self._registry.find_agents(queries, self._k)
        thresholds = await self._registry.thresholds(self._form)
        self._tell(_notice(self._registry.index, found))
        return [Answer.of(query, each, thresholds) for query, each in zip(queries, found, strict=True)]

    def _tell(self, notice: str | None) -> None:
        if notice and notice != self._told:
            print(f"repertory: {notice}", file=sys.stderr)
        self._told = notice


async def _only(query: str) -> AsyncIterator[list[str]]:
    yield [query]


def _notice(index: Index, found: Sequence[Sequence[Found[Agent]]]) -> str | None:
    by_words = any(each.parts.dense is None for group in found for each in group)
    return index.notice or ("ranking by words only" if by_words else None)


def show(answer: Answer, page: Page) -> None:
    """An answer for a person: a line an agent, and the decision."""
    width = max([4, *(len(hit.name) for hit in answer.hits)])
    status = 7 if any(hit.status == "draft" for hit in answer.hits) else 0
    lines = [(f"{'name':{width}}  score  dense  words  track  {'':{status}}", "role")] if answer.hits else []
    for hit in answer.hits:
        dense = "-" if hit.parts.dense is None else f"{hit.parts.dense:.2f}"
        scores = f"{hit.score:5.2f}  {dense:>5}  {hit.parts.words:5.2f}  x{hit.parts.track:4.2f}"
        draft = "draft" if hit.status == "draft" else ""
        lines.append((f"{hit.name:{width}}  {scores}  {draft:{status}}", hit.role))
    for head, role in lines:
        room = _LINE - len(head)  # what the name leaves: other commands take the name, and the role says much the same
        page.line(head + brief(role, room) if room >= _LEAST else head, wrap=False)
    page.line(reason(answer))


def reason(answer: Answer) -> str:
    """Why the best is reused, or an agent is created."""
    if not answer.hits:
        return "create: there is no agent like that"
    best, against = answer.hits[0], f"a threshold of {answer.threshold:.2f}"
    if answer.decision == "create":
        judge = "; a planner with a model would ask it whether one fits" if best.score >= answer.doubtful else ""
        return f"create: the best, {best.name}, scores {best.score:.2f} against {against}{judge}"
    did = f"did {best.track.successes} of {best.track.uses} such steps well" if best.track.uses else "not tried yet"
    draft = "; it is a draft: it is cast only where you are asked" if best.status == "draft" else ""
    return f"reuse: {best.score:.2f} against {against}; {did}{draft}"
