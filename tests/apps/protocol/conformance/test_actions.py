"""Actions: proposed, decided, performed, replaced (sections 3, 5 and 8)."""

from typing import Any

import pytest

from tests.apps.protocol.conformance.api import Api, action, acts, at
from tests.apps.protocol.conformance.entities import Body

Fields = dict[str, Any]


def opened(api: Api, *actions: Body, **fields: Any) -> list[Body]:
    """The actions that a step proposes."""
    return list(api.step(api.task(None, [acts(*actions), {}], **fields))["actions"])


def test_a_proposed_action(api: Api) -> None:
    """It is what the script says, and nobody has decided it."""
    [act] = opened(api, {"name": "echo", "args": {"text": "x", "more": [1, None]}})
    assert (act["name"], act["args"]) == ("echo", {"text": "x", "more": [1, None]})
    assert (act["executor"], act["status"]) == ("server", "proposed")
    for name in ("decision", "feedback", "decided_by", "output", "additional_output", "error", "supersedes"):
        assert act[name] is None
    assert api.read(act) == act


def test_actions_are_listed_in_the_order_proposed(api: Api) -> None:
    """In the step and in the list; there is no POST on it."""
    proposed = opened(api, *(action(text=str(n)) for n in range(12)))
    assert [act["args"]["text"] for act in proposed] == [str(n) for n in range(12)]
    path = f"{at({**proposed[0], 'action_id': None})}/actions"
    assert api.all(path, "actions") == proposed
    assert api.listed(path, "actions", current_page=2, page_size=5) == proposed[5:10]
    assert api.http.post(path, json={}).status_code == 405


def test_an_approved_action_is_performed(api: Api) -> None:
    """At once; the decision and who made it stay readable."""
    [act] = opened(api, action(text="x"))
    answered = api.decide(act, "approve")
    assert answered["status"] in ("approved", "running", "completed")
    [done] = api.step_of(act)["actions"]
    assert (done["status"], done["output"], done["error"]) == ("completed", "x", None)
    assert (done["decision"], done["decided_by"], done["feedback"]) == ("approve", "user", None)
    assert {**done, "args": 0, "name": 0} == {**api.read(act), "args": 0, "name": 0}
    assert (done["args"], done["name"], done["created_at"]) == (act["args"], act["name"], act["created_at"])


@pytest.mark.parametrize("fields", [{}, {"feedback": None}, {"feedback": "because"}, {"feedback": ""}])
@pytest.mark.parametrize("executor", ["server", "client", "user"])
def test_a_rejected_action_is_never_performed(api: Api, fields: Fields, executor: str) -> None:
    """The words may say why; the step goes on to its end."""
    [act] = opened(api, action("remember", executor, key="rejected", value="x"))
    rejected = api.decide(act, "reject", **fields)
    assert (rejected["status"], rejected["decision"], rejected["decided_by"]) == ("rejected", "reject", "user")
    assert (rejected["feedback"] or None) == (fields.get("feedback") or None)
    step = api.step_of(act)
    assert step["status"] == "completed"
    assert step["actions"] == [api.read(act)]
    assert {**step["actions"][0], "modified_at": 0} == {**rejected, "modified_at": 0}
    topic = {"topic_id": act["topic_id"]}
    assert api.step(api.task(topic, [acts(action("recall", key="rejected"))], permission_mode="auto"))["output"] is None


@pytest.mark.parametrize("executor", ["server", "client", "user"])
def test_feedback_brings_the_action_again(api: Api, executor: str) -> None:
    """In the same step, with the words in its arguments; a chain of them, each naming the one before."""
    [act] = opened(api, action("remember", executor, key="k", value="x"))
    chain = [act]
    for words in ("louder", "much\nlouder ✓"):
        before = api.decide(chain[-1], "feedback", feedback=words)
        assert (before["status"], before["decision"], before["feedback"]) == ("superseded", "feedback", words)
        step = api.step_of(act)
        assert step["status"] == "awaiting_input"
        assert [each["action_id"] for each in step["actions"][:-1]] == [each["action_id"] for each in chain]
        after = step["actions"][-1]
        assert after["supersedes"] == before["action_id"]
        assert (after["status"], after["executor"], after["name"]) == ("proposed", executor, "remember")
        assert after["args"] == {**act["args"], "feedback": words}
        chain.append(after)
    topic = {"topic_id": act["topic_id"]}
    recall = api.step(api.task(topic, [acts(action("recall", key="k"))], permission_mode="auto"))
    assert recall["output"] is None  # what was replaced is not performed
    if executor == "server":
        api.decide(chain[-1], "approve")
    else:
        if executor == "client":
            api.decide(chain[-1], "approve")
        api.report(chain[-1], output="done", actor=executor)
    step = api.step_of(act)
    assert (step["status"], step["output"]) == ("completed", "x" if executor == "server" else "done")
    assert [each["status"] for each in step["actions"]] == ["superseded", "superseded", "completed"]
    api.decide(chain[0], "approve", 409)


def test_feedback_for_one_leaves_the_others(api: Api) -> None:
    """The new action comes last, the others keep their place and state."""
    first, second, third = opened(api, action(text="1"), action(text="2"), action(text="3"))
    api.decide(second, "feedback", feedback="x")
    step = api.step_of(second)
    assert [each["status"] for each in step["actions"]] == ["proposed", "superseded", "proposed", "proposed"]
    assert [each["action_id"] for each in step["actions"][:3]] == [each["action_id"] for each in (first, second, third)]
    assert step["actions"][3]["supersedes"] == second["action_id"]
    for act in (step["actions"][3], third, first):
        api.decide(act, "approve")
    step = api.step_of(first)
    assert [each["output"] for each in step["actions"]] == ["1", None, "3", "2"]
    assert step["output"] == "2"  # of the action proposed last


def test_the_client_performs_what_is_its_own(api: Api) -> None:
    """After the user's approval; what it reports is kept as it is."""
    for status in ("completed", "failed"):
        [act] = opened(api, action("open_door", "client", door=1))
        approved = api.decide(act, "approve")
        assert (approved["status"], approved["decided_by"]) == ("approved", "user")
        step = api.read({key: act[key] for key in ("topic_id", "task_id", "step_id")})
        assert step["status"] == "awaiting_input"
        said = {"output": "é", "additional_output": {"a": [1, None]}, "error": "e" if status == "failed" else None}
        done = api.report(act, status, actor="client", **said)
        assert {key: done[key] for key in said} == said
        assert (done["status"], done["decision"], done["decided_by"]) == (status, "approve", "user")
        step = api.step_of(act)
        assert (step["status"], step["output"]) == ("completed", "é")
        assert {**step["actions"][0], "modified_at": 0} == {**done, "modified_at": 0}


def test_the_client_is_the_default_actor_of_a_result(api: Api) -> None:
    """Absent and null."""
    for fields in ({}, {"actor": None}):
        [act] = opened(api, action("x", "client"))
        api.decide(act, "approve", **fields)
        assert api.report(act, **fields)["status"] == "completed"


def test_the_answer_of_the_user_is_the_permission(api: Api) -> None:
    """A result of the user needs no approval before."""
    [act] = opened(api, action("ask", "user", question="Which?"))
    done = api.report(act, actor="user", output="this")
    assert (done["status"], done["output"]) == ("completed", "this")
    assert (done["decision"], done["decided_by"]) in (("approve", "user"), (None, None))
    assert api.step_of(act)["output"] == "this"


def test_auto_permits_only_what_the_server_performs(api: Api) -> None:
    """The client's and the user's actions wait, whatever the mode."""
    proposed = opened(api, action(text="x"), action("a", "client"), action("b", "user"), permission_mode="auto")
    assert [(act["status"], act["decided_by"]) for act in proposed] == [
        ("completed", "server"),
        ("proposed", None),
        ("proposed", None),
    ]
    assert proposed[0]["decision"] == "approve"
    api.decide(proposed[1], "feedback", feedback="again")
    step = api.step_of(proposed[1])
    assert step["status"] == "awaiting_input"
    assert step["actions"][3]["status"] == "proposed"
    api.decide(step["actions"][3], "approve")
    api.report(proposed[1], code=409)
    api.report(step["actions"][3], output="c")
    api.report(proposed[2], actor="user", output="u")
    assert api.step_of(proposed[1])["status"] == "completed"


def test_the_mode_counts_when_the_step_begins(api: Api) -> None:
    """A task that is set to `auto` between two steps is no longer asked."""
    task = api.task(None, [acts(action()), acts(action()), acts(action())])
    step = api.step(task)
    api.decide(step["actions"][0], "approve")
    api.step_of(step["actions"][0])
    api.patch(at(task), {"permission_mode": "auto"})
    step = api.step(task)
    assert (step["status"], step["actions"][0]["decided_by"]) == ("completed", "server")
    api.patch(at(task), {"permission_mode": "ask"})
    assert api.step(task)["status"] == "awaiting_input"


@pytest.mark.parametrize("name", ["", "do it", "äöü", "9lives", "x" * 200, "a/b", "日本"])
def test_an_action_that_there_is_not_fails(api: Api, name: str) -> None:
    """Whatever it is called, it is shown as it is called."""
    [act] = opened(api, {"name": name})
    assert (act["name"], act["args"]) == (name, {})
    api.decide(act, "approve")
    step = api.step_of(act)
    assert (step["status"], step["actions"][0]["status"]) == ("completed", "failed")
    assert step["actions"][0]["error"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 400),
        (None, 400),
        ({"decision": None}, 400),
        ({"decision": "maybe"}, 400),
        ({"decision": "APPROVE"}, 400),
        ({"decision": 1}, 400),
        ({"decision": ["approve"]}, 400),
        ({"decision": "approve", "feedback": 1}, 400),
        ({"decision": "approve", "actor": 1}, 400),
        ({"decision": "feedback"}, 422),
        ({"decision": "feedback", "feedback": None}, 422),
        ({"decision": "feedback", "feedback": ""}, 422),
        ([], 400),
        ("approve", 400),
    ],
)
def test_a_bad_decision_is_refused(api: Api, body: Any, code: int) -> None:
    """And the action is as it was."""
    [act] = opened(api, action())
    api.post(f"{at(act)}/decision", body, code)
    assert api.read(act) == act


@pytest.mark.parametrize(
    "body",
    [
        {},
        None,
        {"status": "done"},
        {"status": "rejected"},
        {"status": None},
        {"status": 1},
        {"status": "completed", "output": 1},
        {"status": "completed", "output": {}},
        {"status": "completed", "additional_output": "x"},
        {"status": "completed", "error": 1},
        {"status": "completed", "actor": {}},
        [],
        "completed",
    ],
)
def test_a_bad_result_is_400(api: Api, body: Any) -> None:
    """And the action is as it was."""
    [act] = opened(api, action("x", "client"))
    act = api.decide(act, "approve")
    api.post(f"{at(act)}/result", body, 400)
    assert api.read(act) == act


def test_unknown_fields_of_decisions_and_results_are_ignored(api: Api) -> None:
    """As everywhere."""
    [act] = opened(api, action("x", "client"))
    api.decide(act, "approve", nonsense=1, status="completed")
    done = api.report(act, output="o", nonsense=[], decision="reject")
    assert (done["status"], done["output"], done["decision"]) == ("completed", "o", "approve")
