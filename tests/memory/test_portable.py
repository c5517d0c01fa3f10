"""What can be kept: everything that comes out is taken by JSON, by msgpack and by UTF-8, and is otherwise the same."""

import json
from typing import Any

import orjson
import ormsgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repertory.memory.portable import portable

ANY_TEXT = st.text(st.characters(exclude_categories=()))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_what_comes_out_can_be_kept(value: Any) -> None:
    """And once more it is the same."""
    kept = portable(value)
    orjson.dumps(kept)
    ormsgpack.packb(kept)
    json.dumps(kept, ensure_ascii=False).encode()
    assert portable(kept) == kept


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_what_can_be_kept_stays_as_it_is(value: Any) -> None:
    """Emoji, controls and all."""
    assert portable(value) == value


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("a\ud83c\udfadb", "a🎭b"),
        ("half \ud83c", "half �"),
        ("\udfad\ud83c", "��"),
        ({"\ud83c": ("x", 2**70)}, {"�": ["x", str(2**70)]}),
        (True, True),
    ],
)
def test_what_cannot_becomes_what_is_nearest(value: Any, kept: Any) -> None:
    """Pairs that were cut in two are joined."""
    assert portable(value) == kept
