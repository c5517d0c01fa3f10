"""References are filled by code: whole values keep their type, and what is filled in is never read again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repertory.memory.errors import ToolArgumentsError
from repertory.memory.references import Reference, find_references, resolve

RESULTS: dict[str, dict[str, Any]] = {
    "s1": {"text": "hello", "n": 6, "rows": [{"city": "Oslo"}, {"city": "Rome"}], "flag": True, "none": None},
    "s-2": {"text": "{{s1.text}} {{ghost.x}}"},
}


@pytest.mark.parametrize(
    ("value", "filled"),
    [
        ("{{s1.n}}", 6),
        (" {{ s1.n }} ", 6),
        ("{{s1.rows}}", RESULTS["s1"]["rows"]),
        ("{{s1.rows.1.city}}", "Rome"),
        ("{{s1.none}}", None),
        ("n is {{s1.n}}, {{s1.text}}", "n is 6, hello"),
        ("{{s1.n}}{{s1.n}}", "66"),
        ({"a": ["{{s1.n}}", 1, None], "b": {"c": "{{s1.flag}}"}}, {"a": [6, 1, None], "b": {"c": True}}),
        ("rows: {{s1.rows}}", 'rows: [{"city": "Oslo"}, {"city": "Rome"}]'),
        ("it is {{s1.flag}} and {{s1.none}}", "it is true and null"),
        ("{{s-2.text}}", "{{s1.text}} {{ghost.x}}"),
        ("so: {{s-2.text}}", "so: {{s1.text}} {{ghost.x}}"),
        ("{{s1}} {s1.n} {{ s1 .n }}", "{{s1}} {s1.n} {{ s1 .n }}"),
        (7, 7),
    ],
)
def test_references_are_filled(value: Any, filled: Any) -> None:
    """Whole ones by value, embedded ones as text (JSON where they are no text), and only once."""
    assert resolve(value, RESULTS) == filled


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("{{s9.text}}", ["{{s9.text}}", "'s9'", "s1"]),
        ("{{s1.nope}}", ["'nope'", "text"]),
        ("{{s1.rows.2}}", ["'2'", "list"]),
        ("{{s1.rows.city}}", ["'city'", "list"]),
        ("{{s1.text.0}}", ["'0'", "str"]),
        ("{{s1.rows.-1}}", ["'-1'"]),
    ],
)
def test_a_reference_to_nothing_is_named(value: str, names: list[str]) -> None:
    """With what there is instead."""
    with pytest.raises(ToolArgumentsError) as caught:
        resolve({"deep": [value]}, RESULTS)
    for name in names:
        assert name in str(caught.value)


def test_references_are_found_anywhere_in_order() -> None:
    """In nested values, and several in one string."""
    value = {"a": "{{x.text}} and {{y.rows.0}}", "b": [{"c": "{{z.n}}"}], "d": 4}
    assert find_references(value) == [Reference("x", ("text",)), Reference("y", ("rows", "0")), Reference("z", ("n",))]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(JSON, JSON)
def test_any_result_comes_through_unchanged(value: Any, other: Any) -> None:
    """Whatever a tool returned, a whole reference passes it on as it is; what has no reference stays."""
    assert resolve(["{{s.v}}"], {"s": {"v": value}}) == [value]
    if not find_references(other):
        assert resolve(other, {}) == other
