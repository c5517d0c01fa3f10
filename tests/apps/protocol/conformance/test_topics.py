"""Topics (contract sections 2 and 3)."""

from typing import Any

import pytest

from tests.apps.protocol.conformance.api import V2, Api, at

ODD: dict[str, Any] = {
    "text": "häß \U0001f600 \u2028 <&> \"'",
    "numbers": [0, -1, 1.5, 1e300, 2**53 + 1, 2**63 - 1, -(2**63)],
    "nothing": None,
    "nested": {"": [[], {}, [None, True, False]], "a.b": {"$ref": "#/x"}},
    "topic_id": "mine",
}


def test_an_empty_topic_is_valid(api: Api) -> None:
    """`{}` makes a topic; what was not given is null or empty."""
    topic = api.topic()
    assert topic["name"] is None
    assert topic["input"] is None
    assert not topic["additional_input"]
    assert not topic["metadata"]
    assert topic["artifacts"] == []
    assert topic["implicit"] is False
    assert api.read(topic) == topic


def test_a_topic_comes_back_as_it_was_given(api: Api) -> None:
    """Every field, unchanged, on POST, on GET and in the list."""
    given = {"name": "Städte ✓", "input": "hello", "additional_input": ODD, "metadata": {"k": ODD}}
    topic = api.topic(**given)
    assert {key: topic[key] for key in given} == given
    assert api.read(topic) == topic
    assert topic in api.all(f"{V2}/topics", "topics")


def test_nulls_are_as_good_as_absent(api: Api) -> None:
    """Optional fields may be null."""
    api.topic(name=None, input=None, additional_input=None, metadata=None)


def test_unknown_fields_are_ignored(api: Api) -> None:
    """Also those that the server makes itself."""
    topic = api.topic(topic_id="mine", implicit=True, created_at="x", artifacts=[1], nonsense={"a": 1})
    assert topic["topic_id"] != "mine"
    assert topic["implicit"] is False
    assert "nonsense" not in topic


@pytest.mark.parametrize(
    "body",
    [
        {"name": 1},
        {"name": ["x"]},
        {"input": {}},
        {"input": True},
        {"additional_input": "x"},
        {"additional_input": []},
        {"metadata": 1},
        {"metadata": [{}]},
        [],
        [{}],
        "x",
        1,
        True,
    ],
)
def test_a_wrong_type_is_400(api: Api, body: Any) -> None:
    """Also for the body itself, and nothing is made."""
    before = api.get(f"{V2}/topics")["pagination"]["total_items"]
    api.post(f"{V2}/topics", body, 400)
    assert api.get(f"{V2}/topics")["pagination"]["total_items"] == before


def test_an_unknown_topic_is_404(api: Api) -> None:
    """Whatever is asked of it."""
    path = f"{V2}/topics/nowhere"
    api.get(path, 404)
    for below in ("interactions", "tasks", "artifacts"):
        api.get(f"{path}/{below}", 404)
    api.post(f"{path}/interactions", {"input": "x"}, 404)
    api.post(f"{path}/tasks", {}, 404)
    api.call("POST", f"{path}/artifacts", 404, files={"file": ("a", b"a")})


def test_ids_differ(api: Api) -> None:
    """Two equal topics are two."""
    assert api.topic(name="x")["topic_id"] != api.topic(name="x")["topic_id"]


def test_nobody_changes_a_topic(api: Api) -> None:
    """There is no verb for it."""
    topic = api.topic(name="x")
    for method in ("PATCH", "PUT", "DELETE", "POST"):
        assert api.http.request(method, at(topic), json={"name": "y"}).status_code == 405
    assert api.read(topic) == topic
