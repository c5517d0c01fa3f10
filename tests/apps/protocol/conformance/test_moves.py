"""Who may make a move (403) and when (409): the tables of sections 4 and 5, and races for one move."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.apps.protocol.conformance.api import Api, action, acts, at
from tests.apps.protocol.conformance.entities import TERMINAL, Body

RACERS = 20
EXECUTORS = ("server", "client", "user")


def opened(api: Api, *actions: Body) -> list[Body]:
    """The actions that a step proposes."""
    return list(api.step(api.task(None, [acts(*actions), {}]))["actions"])


def raced(calls: list[Callable[[], int]]) -> list[int]:
    """Make all calls at once; their status codes, sorted."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(each.result() for each in [pool.submit(call) for call in calls])


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("actor", ["client", "server", "robot", ""])
def test_only_the_user_decides(api: Api, executor: str, actor: str) -> None:
    """Any other actor is 403, whoever would perform it."""
    [act] = opened(api, action("x", executor))
    for decision in ({"decision": "approve"}, {"decision": "reject"}, {"decision": "feedback", "feedback": "f"}):
        api.post(f"{at(act)}/decision", {**decision, "actor": actor}, 403)
    assert api.read(act) == act


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("actor", [*EXECUTORS, "robot"])
def test_only_the_executor_reports(api: Api, executor: str, actor: str) -> None:
    """Any other is 403, and so is everybody where the server performs."""
    [act] = opened(api, action("x", executor))
    if executor == "client":
        act = api.decide(act, "approve")
    code = 200 if actor == executor != "server" else 403
    api.report(act, code=code, actor=actor)
    if code == 403:
        assert api.read(act) == act


def test_an_approval_is_no_answer_of_the_user(api: Api) -> None:
    """409 for `approve` on what the user performs; reject and feedback are fine."""
    first, second = opened(api, action("x", "user"), action("y", "user"))
    api.decide(first, "approve", 409)
    assert api.read(first) == first
    api.decide(first, "reject")
    api.decide(second, "feedback", feedback="f")


def test_a_client_waits_for_permission(api: Api) -> None:
    """A result on what is only proposed, or rejected or replaced, is 409."""
    first, second, third = opened(api, *(action(name, "client") for name in "abc"))
    api.report(first, code=409)
    assert api.read(first) == first
    api.decide(first, "reject")
    api.report(first, code=409)
    api.decide(second, "feedback", feedback="f")
    api.report(second, code=409)
    api.decide(third, "approve")
    api.decide(third, "approve", 409)
    api.decide(third, "reject", 409)
    api.report(third)
    api.report(third, code=409)


@pytest.mark.parametrize("end", ["completed", "failed", "rejected", "superseded", "cancelled"])
@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_settled_action_never_changes(api: Api, end: str, executor: str) -> None:
    """Whatever is said about it is 409, and it stays as it is to the letter."""
    act = ended(api, end, executor)
    assert act["status"] == end
    api.decide(act, "approve", 409)
    api.decide(act, "reject", 409, feedback="x")
    api.decide(act, "feedback", 409, feedback="x")
    for status in ("completed", "failed"):
        api.report(act, status, 403 if executor == "server" else 409, output="x", actor=executor)
    assert api.read(act) == act


def ended(api: Api, end: str, executor: str) -> Body:
    """An action that came to that end; another of its step stays open."""
    name = "fail" if end == "failed" else "echo"
    act, _ = opened(api, {"name": name, "args": {"text": "x", "message": "x"}, "executor": executor}, action())
    if end == "cancelled":
        api.cancel({key: act[key] for key in ("topic_id", "task_id")})
    elif end == "rejected":
        api.decide(act, "reject")
    elif end == "superseded":
        api.decide(act, "feedback", feedback="again")
    else:
        if executor != "user":
            api.decide(act, "approve")
        if executor != "server":
            api.report(act, end, output="x", actor=executor)
    api.step_of(act)
    return api.read(act)


def test_cancel_closes_what_is_open(api: Api) -> None:
    """The task, its step and its open actions; what had ended before stays as it was."""
    task = api.task(None, [{"output": "first"}, acts(action(), action("x", "client"), action("y", "user"), action())])
    first = api.step(task)
    step = api.step(task)
    api.decide(step["actions"][0], "approve")
    api.decide(step["actions"][1], "approve")
    api.step_of(step["actions"][0])
    done = api.cancel(task)
    assert (done["status"], done["output"]) == ("cancelled", None)
    step = api.read(step)
    assert (step["status"], step["is_last"]) == ("cancelled", False)
    assert [act["status"] for act in step["actions"]] == ["completed", "cancelled", "cancelled", "cancelled"]
    assert [act["decision"] for act in step["actions"]] == ["approve", "approve", None, None]
    assert api.read(first) == first
    for act in step["actions"][1:]:
        api.decide(act, "reject", 409)
        api.report(act, code=403 if act["executor"] == "server" else 409, actor=act["executor"])


@pytest.mark.parametrize("end", ["completed", "failed", "cancelled"])
def test_an_ended_task_never_changes(api: Api, end: str) -> None:
    """No step and no cancelling any more; its state and output stay, and metadata cannot touch them."""
    task = api.task(None, "no script" if end == "failed" else [{"output": "x"}])
    if end == "cancelled":
        api.cancel(task)
    else:
        api.step(task)
    before = api.read(task)
    assert before["status"] == end
    api.step(task, 409)
    api.cancel(task, 409)
    answer = api.http.patch(at(task), json={"metadata": {"late": 1}})
    assert answer.status_code in (200, 409)
    now = api.read(task)
    for name in ("status", "output", "error", "input", "additional_input", "artifacts"):
        assert now[name] == before[name]
    assert len(api.all(f"{at(task)}/steps", "steps")) == (0 if end == "cancelled" else 1)


def test_a_new_task_can_be_cancelled(api: Api) -> None:
    """And leaves no step."""
    task = api.task(None, [{}])
    assert api.cancel(task)["status"] == "cancelled"
    assert api.all(f"{at(task)}/steps", "steps") == []


def posting(api: Api, path: str, body: Any = None) -> Callable[[], int]:
    """A call; it gives its status code."""
    return lambda: api.http.post(path, json=body).status_code


def test_of_racing_decisions_one_wins(api: Api) -> None:
    """All others are 409, whatever they say, and the action is what the winner said."""
    words = [{"decision": "approve"}, {"decision": "reject"}, {"decision": "feedback", "feedback": "f"}]
    for executor in ("server", "client"):
        [act] = opened(api, action("echo", executor, text="x"))
        calls = [posting(api, f"{at(act)}/decision", words[n % 3]) for n in range(RACERS)]
        assert raced(calls) == [200] + [409] * (RACERS - 1)
        now = api.step_of(act)["actions"]
        assert now[0]["decision"] in ("approve", "reject", "feedback")
        assert len(now) == (2 if now[0]["decision"] == "feedback" else 1)


def test_of_racing_steps_one_is_executed(api: Api) -> None:
    """All others are 409, and there is one step."""
    task = api.task(None, [acts(action()), {}])
    assert raced([posting(api, f"{at(task)}/steps", {})] * RACERS) == [201] + [409] * (RACERS - 1)
    [step] = api.all(f"{at(task)}/steps", "steps")
    assert len(step["actions"]) == 1


def test_of_racing_results_one_counts(api: Api) -> None:
    """All others are 409."""
    [act] = opened(api, action("x", "client"))
    api.decide(act, "approve")
    results = [{"status": "completed", "output": str(n)} for n in range(RACERS)]
    calls = [posting(api, f"{at(act)}/result", result) for result in results]
    assert raced(calls) == [200] + [409] * (RACERS - 1)
    step = api.step_of(act)
    assert step["output"] == step["actions"][0]["output"]
    assert step["output"] in {result["output"] for result in results}


def test_cancelling_races_with_deciding(api: Api) -> None:
    """Whoever comes first, the task is cancelled once, and nothing is left open."""
    for _ in range(3):
        proposed = opened(api, *(action(text=str(n)) for n in range(6)))
        task = {key: proposed[0][key] for key in ("topic_id", "task_id")}
        decisions = [posting(api, f"{at(act)}/decision", {"decision": "approve"}) for act in proposed]
        cancels = [posting(api, f"{at(task)}/cancel")] * 4
        codes = raced([*decisions[:3], *cancels, *decisions[3:]])
        assert set(codes) <= {200, 409}
        assert codes.count(409) >= 3  # of the cancels
        assert api.read(task)["status"] == "cancelled"
        [step] = api.all(f"{at(task)}/steps", "steps")
        assert step["status"] in TERMINAL
        assert [act["decision"] for act in step["actions"]].count("approve") == codes.count(200) - 1


def test_cancelling_races_with_steps(api: Api) -> None:
    """No step is open afterwards."""
    for _ in range(3):
        task = api.task(None, [acts(action())] * 3)
        steps = [posting(api, f"{at(task)}/steps", {})] * 6
        codes = raced([*steps, *[posting(api, f"{at(task)}/cancel")] * 2])
        assert set(codes) <= {200, 201, 409}
        assert codes.count(200) == 1
        assert codes.count(201) <= 1
        assert api.read(task)["status"] == "cancelled"
        for step in api.all(f"{at(task)}/steps", "steps"):
            assert api.rested(step)["status"] in TERMINAL
