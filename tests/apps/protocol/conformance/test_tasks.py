"""Tasks: what they have, who may change what, and where metadata comes from (sections 3 and 4)."""

from typing import Any

import pytest

from tests.apps.protocol.conformance.api import Api, at
from tests.apps.protocol.conformance.test_topics import ODD

READ_ONLY = (
    "task_id",
    "topic_id",
    "interaction_id",
    "input",
    "additional_input",
    "status",
    "output",
    "artifacts",
    "created_by",
    "metadata_provenance",
)


def test_a_new_task(api: Api) -> None:
    """Every field has its first value."""
    topic = api.topic()
    task = api.task(topic)
    assert task["topic_id"] == topic["topic_id"]
    for name in ("interaction_id", "input", "output", "error"):
        assert task[name] is None
    assert not task["additional_input"]
    assert (task["status"], task["permission_mode"], task["created_by"]) == ("created", "ask", "client")
    assert task["artifacts"] == []
    assert api.read(task) == task
    assert api.all(f"{at(topic)}/tasks", "tasks") == [task]


def test_a_task_comes_back_as_it_was_given(api: Api) -> None:
    """Whatever it holds; unknown fields are ignored."""
    given: dict[str, Any] = {"input": "do\nit", "additional_input": ODD, "permission_mode": "auto"}
    task = api.task(**given, status="completed", task_id="mine", created_by="server", nonsense=1)
    assert {key: task[key] for key in given} == given
    assert (task["status"], task["created_by"]) == ("created", "client")
    assert task["task_id"] != "mine"
    assert api.read(task) == task


@pytest.mark.parametrize("source", ["client", "user", None, "absent"])
def test_supplied_metadata_is_the_suppliers(api: Api, source: str | None) -> None:
    """Scenarios 1 and 3: the keys are kept unchanged and carry the supplier's name; rule (a) and (b)."""
    fields = {} if source == "absent" else {"metadata_source": source}
    given = {"title": "x", "n": {"deep": [1, None]}, "nothing": None, "": 0}
    task = api.task(input="write it", metadata=given, **fields)
    party = "user" if source == "user" else "client"
    assert task["metadata_source"] == party
    assert {key: task["metadata"][key] for key in given} == given
    for key, by in task["metadata_provenance"].items():
        assert by == (party if key in given else "server")


@pytest.mark.parametrize("fields", [{}, {"metadata": None}])
def test_without_metadata_the_server_makes_it(api: Api, fields: dict[str, Any]) -> None:
    """Scenario 2: whatever is there is the server's."""
    task = api.task(input="write a report on the harvest", **fields)
    assert task["metadata_source"] == "server"
    assert set(task["metadata_provenance"].values()) <= {"server"}


@pytest.mark.parametrize("source", ["client", "user"])
def test_empty_metadata_counts_as_supplied(api: Api, source: str) -> None:
    """Rule (f)."""
    task = api.task(metadata={}, metadata_source=source)
    assert task["metadata_source"] == source
    assert set(task["metadata_provenance"].values()) <= {"server"}


@pytest.mark.parametrize(("source", "code"), [("server", 403), ("robot", 400), ("", 400), (1, 400), ({}, 400)])
def test_a_wrong_source_is_refused(api: Api, source: Any, code: int) -> None:
    """Rule (e), on POST and on PATCH; nothing is made or changed."""
    topic = api.topic()
    api.post(f"{at(topic)}/tasks", {"metadata": {"a": 1}, "metadata_source": source}, code)
    assert api.all(f"{at(topic)}/tasks", "tasks") == []
    task = api.task(topic, metadata={"a": 1})
    api.patch(at(task), {"metadata": {"a": 2}, "metadata_source": source}, code)
    assert api.read(task) == task


@pytest.mark.parametrize(
    "body",
    [
        {"input": 1},
        {"additional_input": []},
        {"additional_input": "x"},
        {"metadata": []},
        {"metadata": "x"},
        {"permission_mode": "never"},
        {"permission_mode": 1},
        {"permission_mode": ""},
        [],
        "x",
        1,
    ],
)
def test_a_bad_task_is_400(api: Api, body: Any) -> None:
    """Types and enumerations are held to."""
    topic = api.topic()
    api.post(f"{at(topic)}/tasks", body, 400)
    assert api.all(f"{at(topic)}/tasks", "tasks") == []


def test_metadata_is_merged(api: Api) -> None:
    """Keys given replace, null deletes, others stay; provenance follows."""
    task = api.task(metadata={"a": 1, "b": {"x": 1}, "kept": None})
    after = api.patch(at(task), {"metadata": {"b": {"y": 2}, "c": 3}})
    assert after["metadata"] == {**task["metadata"], "b": {"y": 2}, "c": 3}
    assert after["modified_at"] > task["modified_at"]
    gone = api.patch(at(task), {"metadata": {"a": None, "never there": None}})
    assert gone["metadata"] == {key: value for key, value in after["metadata"].items() if key != "a"}
    assert set(gone["metadata_provenance"]) == set(gone["metadata"])
    assert api.read(task) == gone


def test_the_user_outranks_the_client(api: Api) -> None:
    """Rule (c): the user takes a client's key, the client can neither replace nor delete a user's."""
    task = api.task(metadata={"a": 1, "b": 1}, metadata_source="client")
    taken = api.patch(at(task), {"metadata": {"a": 2}, "metadata_source": "user"})
    assert taken["metadata_provenance"]["a"] == "user"
    assert taken["metadata_provenance"]["b"] == "client"
    for change in ({"a": 3}, {"a": None}, {"a": 2}, {"b": 5, "a": 3}, {"new": 1, "b": None, "a": None}):
        for source in ({}, {"metadata_source": "client"}, {"metadata_source": None}):
            api.patch(at(task), {"metadata": change, **source}, 403)
            assert api.read(task) == taken  # nothing at all has changed
    api.patch(at(task), {"metadata": {"a": 3}, "permission_mode": "auto"}, 403)
    assert api.read(task) == taken
    gone = api.patch(at(task), {"metadata": {"a": None}, "metadata_source": "user"})
    assert "a" not in gone["metadata_provenance"]
    again = api.patch(at(task), {"metadata": {"a": "free"}})
    assert again["metadata_provenance"]["a"] == "client"


def test_anybody_takes_a_key_of_the_server(api: Api) -> None:
    """Rule (c): the server's rank is the lowest."""
    task = api.task(input="count the sheep in the field")
    for key in list(task["metadata"]):
        assert api.patch(at(task), {"metadata": {key: "mine"}})["metadata_provenance"][key] == "client"
    given = api.patch(at(task), {"metadata": {"own": 1}, "metadata_source": "user"})
    assert given["metadata_provenance"]["own"] == "user"


def test_the_server_leaves_keys_of_others_alone(api: Api) -> None:
    """Rule (d): after the work is done, what was supplied is as it was."""
    given = {"title": None, "status": "x", "summary": 1, "name": [], "description": {}}
    task = api.task(None, [{}], input="do it", metadata=given, metadata_source="user")
    api.step(task)
    done = api.read(task)
    assert done["status"] == "completed"
    assert {key: done["metadata"][key] for key in given} == given
    assert {done["metadata_provenance"][key] for key in given} == {"user"}


@pytest.mark.parametrize("name", READ_ONLY)
def test_read_only_fields_are_422(api: Api, name: str) -> None:
    """Even with the value they have, or null; nothing else of the request is done."""
    task = api.task(metadata={"a": 1})
    for value in (task[name], None, "x"):
        api.patch(at(task), {name: value, "metadata": {"a": 2}, "permission_mode": "auto"}, 422)
        assert api.read(task) == task


def test_an_empty_patch_changes_nothing(api: Api) -> None:
    """`{}`, unknown fields and nulls are 200."""
    task = api.task(metadata={"a": 1})
    for body in ({}, {"nonsense": 1}, {"metadata": {}}, {"metadata_source": "user"}):
        changed = api.patch(at(task), body)
        assert {**changed, "modified_at": None} == {**task, "modified_at": None}
    assert api.patch(at(task), {}) == api.read(task)


def test_the_permission_mode_can_be_changed(api: Api) -> None:
    """And bad values are 400."""
    task = api.task()
    assert api.patch(at(task), {"permission_mode": "auto"})["permission_mode"] == "auto"
    assert api.patch(at(task), {"permission_mode": "ask"})["permission_mode"] == "ask"
    for body in ({"permission_mode": "maybe"}, {"permission_mode": 1}, {"metadata": []}, {"metadata": "x"}, [], "x"):
        api.patch(at(task), body, 400)


def test_a_task_lives_in_its_topic(api: Api) -> None:
    """Under another topic every call on it is 404."""
    topic, other = api.topic(), api.topic()
    task = api.task(topic, [{}])
    step = api.step(task)
    elsewhere = {**task, "topic_id": other["topic_id"]}
    for path in (at(elsewhere), f"{at(topic)}/tasks/nowhere"):
        api.get(path, 404)
        api.patch(path, {}, 404)
        api.post(f"{path}/cancel", None, 404)
        api.post(f"{path}/steps", None, 404)
        for below in ("steps", "artifacts", f"steps/{step['step_id']}", f"steps/{step['step_id']}/actions"):
            api.get(f"{path}/{below}", 404)
        api.call("POST", f"{path}/artifacts", 404, files={"file": ("a", b"a")})
    assert api.all(f"{at(other)}/tasks", "tasks") == []
