"""A page of ten tasks out of 100,000 against one out of 100, on one server."""

import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.load import Cost, Request, send
from benchmarks.serving import Server, served_home
from benchmarks.table import Row
from repertory.apps.protocol.services import tasks, topics
from repertory.memory.home import open_home
from repertory.memory.topics.ledger import TASKS, TOPICS, Ledger
from repertory.memory.topics.records import Task, Topic, now

_SMALL, _LARGE = 100, 100_000
_PAGE = 10
_BATCH = 1000
_ROUNDS, _REQUESTS = 5, 200
_TARGET = 2.0


async def measure(small: int = _SMALL, large: int = _LARGE) -> list[Row]:
    """The first, the middle and the last page of a topic's tasks, and the last one of all tasks on the v1 face."""
    with tempfile.TemporaryDirectory() as folder:
        print(f"  keeping {large:,} tasks …", file=sys.stderr)
        few, many = await fill(Path(folder), [small, large])
        with served_home(Path(folder), "--agent", "scripted") as server:
            rows = []
            for name in ("first", "middle", "last"):
                pages = [_path(topic, count, name) for topic, count in ((few, small), (many, large))]
                rows.append(
                    _row(f"the {name} page of {large:,} tasks against {small:,}", *await _alternate(server, pages))
                )
            alone = f"/ap/v1/agent/tasks?page_size={_PAGE}&current_page={(small + large) // _PAGE}"
            few_v1, many_v1 = await _alternate(server, [_path(few, small, "last"), alone])
            rows.append(_row(f"the last page of all {small + large:,} tasks, v1", few_v1, many_v1))
            return rows


async def fill(home: Path, counts: Sequence[int]) -> list[str]:
    """Keep a topic with so many tasks for each number; their ids."""
    ids = []
    async with open_home(home, environ={"REPERTORY_EMBEDDINGS": "lexical"}) as opened:
        ledger = Ledger(opened.store, told=lambda *_: None)
        for count in counts:
            topic = Topic(topic_id=f"topic-of-{count}", created_at=now(), modified_at=now())
            ids.append(topic.topic_id)
            async with ledger.writing(topic.topic_id, TOPICS) as batch:
                topics.enter(batch, topic)
            for start in range(0, count, _BATCH):
                async with ledger.writing(topic.topic_id, TASKS) as batch:
                    for number in range(start, min(start + _BATCH, count)):
                        tasks.enter(batch, _task(topic.topic_id, number))
    return ids


def _task(topic_id: str, number: int) -> Task:
    at = now()
    text = f"Find out what is to be done about order number {number}."
    return Task(task_id=f"{topic_id}-{number}", topic_id=topic_id, input=text, created_at=at, modified_at=at)


def _path(topic_id: str, count: int, which: str) -> str:
    pages = count // _PAGE
    page = {"first": 1, "middle": pages // 2, "last": pages}[which]
    return f"/ap/v2/topics/{topic_id}/tasks?page_size={_PAGE}&current_page={page}"


async def _alternate(server: Server, paths: Sequence[str]) -> list[Cost]:
    """Each path in turn, over one connection, after a round that does not count; the medians."""
    found: list[list[Cost]] = [[] for _ in paths]
    for n in range(_ROUNDS + 1):
        for path, costs in zip(paths, found, strict=True):
            cost, answers = await send(server, [Request("GET", path)] * _REQUESTS, 1)
            if any(len(answer["tasks"]) != _PAGE for answer in answers):
                raise RuntimeError(f"{path} has not {_PAGE} tasks")
            if n:
                costs.append(cost)
    return [Cost(*(statistics.median(column) for column in zip(*costs, strict=True))) for costs in found]


def _row(name: str, few: Cost, many: Cost) -> Row:
    ratio = max(many.processor / few.processor, few.per_second / many.per_second)
    return Row(f"time or processor time: {name}", ratio, _TARGET, *map(_words, (many, few)))


def _words(cost: Cost) -> str:
    return f"{cost.processor * 1e3:.2f} ms, {cost.per_second:.0f}/s"
