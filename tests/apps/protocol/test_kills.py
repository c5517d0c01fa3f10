"""The server is killed under load, again and again, and nothing that it acknowledged is lost."""

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.apps.protocol.conformance.api import V2, Api
from tests.apps.protocol.conformance.server import Server, until
from tests.apps.protocol.working import Told, Worker, check, check_lists

KILLS = 30
WORKERS = 4
CHECKED = 12  # entities of a kind and client that are looked at after each kill, the latest; at the end, all


@pytest.mark.timeout(1200)
def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    """Each kill comes while clients make, decide and upload; afterwards all is there, at rest, and can be gone on with.

    At the end every task is brought to its end, and every derived one has reported back once.
    """
    chance = random.Random(5)
    workers = [Worker(seed) for seed in range(WORKERS)]
    for _ in range(KILLS):
        with Server(tmp_path) as server, ThreadPoolExecutor(WORKERS) as pool:
            api = Api(server.url)
            for worker in workers:
                check(api, latest(worker.told))
            goal = sum(worker.moves for worker in workers) + chance.randrange(4, 40)
            working = [pool.submit(worker.work, server.url) for worker in workers]
            until(lambda goal=goal: sum(worker.moves for worker in workers) >= goal)
            server.kill()  # whatever they are at just then
            for each in working:
                each.result()
    assert all(worker.broken == KILLS for worker in workers)
    with Server(tmp_path) as server:
        api = Api(server.url)
        for worker in workers:
            check(api, worker.told)
            for task in worker.told.tasks.values():
                while worker.go_on(api, task):
                    pass
            check(api, worker.told)
            check_lists(api, worker.told)
        topics = [topic["topic_id"] for topic in api.all(f"{V2}/topics", "topics")]
        assert len(topics) == len(set(topics))
        assert {key for worker in workers for key in worker.told.topics} <= set(topics)


def latest(told: Told) -> Told:
    """The part that was told last, and all there is about it."""
    part = Told(titles=told.titles, cancelled=told.cancelled)
    for name in ("topics", "interactions", "tasks", "steps", "decisions", "results", "uploads"):
        setattr(part, name, dict(list(getattr(told, name).items())[-CHECKED:]))
    return part
