"""Lists and their pages (section 1.2), each of them."""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest

from tests.apps.protocol.conformance.api import V2, Api, action, acts, at, kind_of
from tests.apps.protocol.conformance.entities import Body


class Listed(NamedTuple):
    """A list of the contract."""

    path: str
    plural: str
    made: list[Body]


KINDS = ("topics", "interactions", "tasks", "steps", "actions", "artifacts", "files")


@pytest.fixture(scope="module")
def lists(api: Api) -> dict[str, Listed]:
    """A list of each kind with eleven entities, one more than a page."""
    topic = api.topic()
    path = at(topic)
    task = api.task(api.topic(), [{}] * 12)
    step = api.step(api.task(None, [acts(*[action(text=str(n)) for n in range(11)])]))
    holder = api.task()

    shared = {"topic_id": holder["topic_id"]}
    eleven = range(11)
    return {
        "topics": Listed(f"{V2}/topics", "topics", [api.topic() for _ in eleven]),
        "interactions": Listed(
            f"{path}/interactions",
            "interactions",
            [api.talked(topic, input="hi", create_task=False) for _ in eleven],
        ),
        "tasks": Listed(f"{path}/tasks", "tasks", [api.task(topic, input="x") for _ in eleven]),
        "steps": Listed(f"{at(task)}/steps", "steps", [api.step(task) for _ in eleven]),
        "actions": Listed(f"{at(step)}/actions", "actions", step["actions"]),
        "artifacts": Listed(f"{at(holder)}/artifacts", "artifacts", [api.upload(holder, b"x") for _ in eleven]),
        "files": Listed(f"{at(shared)}/artifacts", "artifacts", [api.upload(shared, b"x") for _ in eleven]),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_pages_are_in_the_order_of_creation(api: Api, lists: dict[str, Listed], kind: str) -> None:
    """Oldest first, full entities, none lost or twice however they are cut."""
    path, plural, made = lists[kind]
    everything = api.all(path, plural)
    ids = [entity[f"{kind_of(entity)}_id"] for entity in everything]
    assert len(ids) == len(set(ids))
    assert [entity for entity in everything if entity in made] == made
    assert [entity["created_at"] for entity in everything] == sorted(entity["created_at"] for entity in everything)
    for size in (1, 3, 10, 11, 100):
        pages = -(-len(ids) // size)
        cut = [e for n in range(1, pages + 1) for e in api.listed(path, plural, current_page=n, page_size=size)]
        assert cut == everything


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_says_where_it_is(api: Api, lists: dict[str, Listed], kind: str) -> None:
    """Ten by default, from the first; one past the end is empty."""
    path, plural, _ = lists[kind]
    body = api.get(path)
    total = body["pagination"]["total_items"]
    pages = -(-total // 10)
    assert body["pagination"] == {"total_items": total, "total_pages": pages, "current_page": 1, "page_size": 10}
    assert len(body[plural]) == 10
    past = api.get(path, current_page=pages + 1)
    assert past[plural] == []
    assert past["pagination"] == {
        "total_items": total,
        "total_pages": pages,
        "current_page": pages + 1,
        "page_size": 10,
    }
    far = api.get(path, current_page=10**9, page_size=100)
    assert far[plural] == []
    assert far["pagination"]["current_page"] == 10**9


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "", "1e3", "true", "null"])
def test_a_bad_page_is_400(api: Api, lists: dict[str, Listed], kind: str, value: str) -> None:
    """For both parameters."""
    for name in ("current_page", "page_size"):
        api.get(lists[kind].path, 400, **{name: value})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [10**6, 2**63, 10**30])
def test_a_huge_page_is_no_error_of_the_server(api: Api, lists: dict[str, Listed], kind: str, value: int) -> None:
    """The size may be capped, to 100 or more, and then the answer says so."""
    path = lists[kind].path
    assert api.http.get(path, params={"current_page": value}).status_code in (200, 400)
    answer = api.http.get(path, params={"page_size": value})
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        used = answer.json()["pagination"]["page_size"]
        assert used == value or 100 <= used < value


def test_empty_lists(api: Api) -> None:
    """No page at all."""
    task, done = api.task(), api.step(api.task())
    topic = at({"topic_id": task["topic_id"]})
    empty = {"total_items": 0, "total_pages": 0, "current_page": 1, "page_size": 10}
    for path, plural in (
        (f"{topic}/interactions", "interactions"),
        (f"{topic}/artifacts", "artifacts"),
        (f"{at(task)}/steps", "steps"),
        (f"{at(task)}/artifacts", "artifacts"),
        (f"{at(api.topic())}/tasks", "tasks"),
        (f"{at(done)}/actions", "actions"),
    ):
        assert api.get(path) == {plural: [], "pagination": empty}


def test_what_is_made_at_once_is_listed_once(api: Api) -> None:
    """Twenty clients make tasks in one topic: no hole, no double, and the order does not change."""
    topic = api.topic()
    with ThreadPoolExecutor(20) as pool:
        made = list(pool.map(lambda n: api.task(topic, input=str(n)), range(60)))
    first = api.all(f"{at(topic)}/tasks", "tasks")
    assert sorted(task["task_id"] for task in first) == sorted(task["task_id"] for task in made)
    assert api.all(f"{at(topic)}/tasks", "tasks") == first
