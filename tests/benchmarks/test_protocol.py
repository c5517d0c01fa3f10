"""The measures of the protocol: requests are really answered, tasks really done, and a wrong answer is seen."""

import sys
from pathlib import Path

import pytest

from benchmarks.handlers import Side, measure_side
from benchmarks.in_flight import fly, measure, model
from benchmarks.load import Request, send
from benchmarks.long_lists import fill
from benchmarks.numbered import is_right, respond, task_of
from benchmarks.server import KEY, MODEL
from benchmarks.serving import free_port, served_home, started
from repertory.apps.client import Client


def test_an_answer_is_right_only_if_it_is_that_tasks_and_whole() -> None:
    """Another number, one more number, or a step that is missing is seen."""
    whole = (
        "Done: Look up the price of order number 17. Done: Look up the stock for order number 17. "
        "Done: Advise on order number 17."
    )
    assert is_right(17, whole)
    assert not is_right(1, whole)
    assert not is_right(17, whole.replace("17", "18"))
    assert not is_right(17, whole + " Done: Advise on order number 18.")
    assert not is_right(17, whole.replace("stock", "price"))
    assert not is_right(17, None)


def test_the_model_answers_from_what_it_is_shown_and_from_nothing_else() -> None:
    """The plan is of the task's number, whatever numbers the prompt has besides."""
    user = f'<task>\n{task_of(3)}\n</task>\n<data from="memory">\norder number 9\n</data>'
    request = {
        "messages": [{"role": "system", "content": "number 8"}, {"role": "user", "content": user}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "PlanDraft", "schema": {}}},
    }
    plan = respond(request)
    assert isinstance(plan, dict)
    assert all("number 3." in step["instruction"] for step in plan["steps"])
    with pytest.raises(AssertionError, match="nobody plays"):
        respond({**request, "messages": [{"role": "system", "content": ""}, {"role": "user", "content": "hello"}]})


async def test_requests_are_all_sent_and_a_refusal_is_no_measure(tmp_path: Path) -> None:
    """Over several connections, with the answers in the order of the requests."""
    with served_home(tmp_path, "--agent", "scripted") as server:
        _, topics = await send(server, [Request("POST", "/ap/v2/topics", {"name": str(n)}) for n in range(20)], 4)
        assert [topic["name"] for topic in topics] == [str(n) for n in range(20)]
        for path in (f"/ap/v2/topics/{topics[0]['topic_id']}/tasks", "/ap/v1/agent/tasks"):
            found = await measure_side(Side(server, path), 4, 60)
            assert found.create.processor > 0
            assert found.get.per_second > 0
        with pytest.raises(RuntimeError, match="404"):
            await send(server, [Request("GET", "/ap/v2/topics/nowhere")], 1)


def test_a_server_that_does_not_start_is_told() -> None:
    """At once, and not as one that is slow."""
    with pytest.raises(RuntimeError, match="did not start"), started([sys.executable, "-c", ""], free_port()):
        pass


async def test_lists_are_filled_as_the_server_would(tmp_path: Path) -> None:
    """What is kept in process is served: every task, in order, on both faces."""
    first, second = await fill(tmp_path, [5, 25])
    with served_home(tmp_path, "--agent", "scripted") as server, Client(server.url) as client:
        assert [task.task_id for task in client.list_tasks(first)] == [f"{first}-{n}" for n in range(5)]
        assert [task.task_id for task in client.list_tasks(second)] == [f"{second}-{n}" for n in range(25)]
        _, [page] = await send(server, [Request("GET", "/ap/v1/agent/tasks?page_size=10&current_page=3")], 1)
        assert [task["task_id"] for task in page["tasks"]] == [f"{second}-{n}" for n in range(15, 25)]


async def test_tasks_in_flight_are_all_done_by_the_planner(tmp_path: Path) -> None:
    """Each through plan, steps and report, and each right."""
    with model() as url:
        environ = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": KEY, "REPERTORY_MODEL": f"openai:{MODEL}"}
        with served_home(tmp_path, environ={**environ, "REPERTORY_EMBEDDINGS": "lexical"}) as server:
            flight = await fly(server, 6, 2)
            assert flight.right == 6
            assert flight.peak >= flight.idle > 0
            assert flight.processor > 0


async def test_the_row_of_tasks_in_flight() -> None:
    """The number that is right is measured against all of them."""
    rows = {row.measure: row for row in await measure(3, 1)}
    assert rows["3 tasks at once: right"].verdict == "ok"
    assert rows["3 tasks at once: completed a second"].value > 0
