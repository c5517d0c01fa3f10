"""Which cohort is recalled for a task: equal, similar or none, on labelled pairs and on real tasks."""

import csv
import json
import os
import re
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from langgraph.store.memory import InMemoryStore

from benchmarks.cases import PLANS
from benchmarks.table import Row
from repertory.memory.plans import Cohort, Company
from repertory.memory.registry import Registry
from repertory.memory.retrieval.chroma import ChromaIndex
from repertory.memory.retrieval.documents import task_key
from repertory.memory.retrieval.embeddings import choose_embedder
from repertory.memory.retrieval.index import Index
from repertory.memory.retrieval.lexical import LexicalIndex
from repertory.nodes.planner.known import candidates

PAIRS = Path(__file__).with_name("cohort_pairs.tsv")
"""Pairs of tasks with what one is to the other. Those of the split `made` were at hand when the rules were made; those
of `held` were written before, and looked at only after."""
REAL = 400
"""Real tasks that are looked up."""
TAKEN = 0.05
"""The most tasks that may be given the cohort of another kind of task."""
MISSED = 0.2
"""The most tasks for which the cohort of the same kind of task may not be found: they are planned anew."""
Label = Literal["equal", "similar", "different"]
_MENU = re.compile(
    r"\s*(?:the action list you can take|the api list you can use|api_list:|the database tables and corresponding"
    r"|the tools? you can use|there're some choices).*",
    re.I | re.S,
)  # of actions or tools, which the tasks of WorfBench bring along
_DETAIL = re.compile(r"\d+|(?<=[\"“])[^\"“”\n]+(?=[\"”])|(?<= ')[^'\n]+(?=')")


class Pair(NamedTuple):
    """A task that was done, another one, and whether a cohort for the one is for the other, too."""

    split: str
    label: Label
    known: str
    task: str


def read_pairs(path: Path = PAIRS) -> list[Pair]:
    """The labelled pairs."""
    with path.open(encoding="utf-8", newline="") as file:
        return [Pair(**row) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


async def measure() -> list[Row]:
    """For each index: labelled pairs, real tasks, and real tasks with other details."""
    rows = []
    for name in ("words", "MiniLM"):
        async with _opened(name) as index:
            rows += await _on_pairs(name, index) if index else []
        async with _opened(name) as index:
            rows += await _on_real(name, index) if index and PLANS.exists() else []
    return rows


async def _on_pairs(name: str, index: Index) -> list[Row]:
    """Every pair is decided among the known tasks of all pairs."""
    pairs = read_pairs()
    registry = await library(index, [pair.known for pair in pairs])
    decided = [(pair, await decide(pair, registry), await decide_by_score(pair, registry)) for pair in pairs]
    rows = []
    for split in ("made", "held"):
        some = [each for each in decided if each[0].split == split]
        apart = [each for each in some if each[0].label == "different"]
        alike = [each for each in some if each[0].label != "different"]
        taken, by_score = (sum(each[n] != "different" for each in apart) for n in (1, 2))
        missed, missed_by_score = (sum(each[n] != each[0].label for each in alike) for n in (1, 2))
        what = f"cohorts, {name}, {split} pairs"
        of = f"of {len(apart)}"
        rows.append(
            Row(f"{what}: different, recalled", taken / len(apart), TAKEN, f"{taken} {of}", f"by score {by_score} {of}")
        )
        of = f"of {len(alike)}"
        rows.append(
            Row(
                f"{what}: alike, missed",
                missed / len(alike),
                MISSED,
                f"{missed} {of}",
                f"by score {missed_by_score} {of}",
            )
        )
    return rows


async def _on_real(name: str, index: Index) -> list[Row]:
    """No real task is recalled for another, and each is for itself with other numbers and quotations."""
    tasks = real_tasks()[:REAL]
    registry = await library(index, tasks)
    taken = 0
    for task in tasks:
        others = [cohort.task async for _, cohort in candidates(task, registry)]
        taken += any(task_key(other) != task_key(task) for other in others)
    varied = [(task, other) for task in tasks if (other := with_other_details(task)) != task]
    missed = 0
    for task, other in varied:
        missed += task not in [cohort.task async for _, cohort in candidates(other, registry)]
    return [
        Row(
            f"cohorts, {name}, real tasks: another recalled", taken / len(tasks), TAKEN, f"{taken} of {len(tasks)}", ""
        ),
        Row(
            f"cohorts, {name}, real tasks, other details: missed",
            missed / len(varied),
            MISSED,
            f"{missed} of {len(varied)}",
            "",
        ),
    ]


async def decide(pair: Pair, registry: Registry) -> Label:
    """What recall takes the known task for."""
    async for source, cohort in candidates(pair.task, registry):
        if task_key(cohort.task) == task_key(pair.known):
            return "equal" if source == "equal" else "similar"
    return "different"


async def decide_by_score(pair: Pair, registry: Registry) -> Label:
    """What the index alone says: similar from the threshold on from which an agent is reused."""
    if task_key(pair.task) == task_key(pair.known):
        return "equal"
    [found] = await registry.find_cohorts([pair.task])
    usual = await registry.index.usual()
    near = [match.record.task for match in found if match.score >= usual.fits]
    return "similar" if pair.known in near else "different"


async def library(index: Index, tasks: Sequence[str]) -> Registry:
    """A registry with a cohort for each different task."""
    registry = Registry(InMemoryStore(), index)
    company = Company.parse({"plan": {"steps": [{"id": "s1", "instruction": "do it", "tool": "look"}]}})
    for number, task in enumerate(tasks):
        await registry.save_cohort(Cohort(id=f"c{number}", task=task, company=company))
    return registry


def real_tasks() -> list[str]:
    """The tasks of WorfBench, each once, without the menus of actions that some bring along."""
    plans = json.loads(PLANS.read_text(encoding="utf-8"))
    whole = (_MENU.sub("", plan["task"]).strip() for plan in plans if len(_MENU.sub("", plan["task"])) < 290)
    return list({task_key(task): task for task in whole if task and "You are in the middle" not in task}.values())


def with_other_details(task: str) -> str:
    """The task with other numbers, and other words between quotation marks."""

    def other(match: re.Match[str]) -> str:
        if match[0].isdigit():
            return "".join(str((int(digit) + 3) % 9 + 1) for digit in match[0])
        return f"other {match[0][::-1]}"

    return _DETAIL.sub(other, task)


@asynccontextmanager
async def _opened(name: str) -> AsyncIterator[Index | None]:
    """An empty index of that kind; None where its embedder is not there."""
    if name == "words":
        yield LexicalIndex()
        return
    choice = await choose_embedder({**os.environ, "REPERTORY_EMBEDDINGS": "minilm"})
    with tempfile.TemporaryDirectory() as folder:
        index = ChromaIndex(Path(folder), choice.embedder) if choice.embedder else None
        yield index
        if index:
            await index.close()
