"""HTML as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repertory.nodes.tools.html import read_html


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<ul><li>one<li>two</ul>", "- one\n- two"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n\nc"),
        ("x<b>y</b> <i>z</i>&nbsp;&lt;&#228;", "xy z <ä"),
        ("a<script>if (a < b) {'</p>'}</script>b<style>p {}</style>c", "abc"),
        ("a<svg><svg></svg><text>no</text></svg>b", "ab"),
        ("a<svg/>b", "ab"),
        ("<p>never closed <b>bold", "never closed bold"),
        ("a<!-- no -->b<!DOCTYPE html>", "ab"),
        ("no tags\nat all", "no tags at all"),
        ("", ""),
    ],
)
def test_text(page: str, text: str) -> None:
    """Blocks make lines, inline tags nothing, scripts and drawings are left out, broken pages are read all the same."""
    assert read_html(page) == ("", text)


def test_title() -> None:
    """The title is apart from the text."""
    assert read_html("<title> A\n B </title><p>c") == ("A B", "c")


@given(st.text(alphabet="<>/!-&;abpli\"'= \n", max_size=60))
def test_any_text_is_read(page: str) -> None:
    """Nothing makes the reader fail."""
    assert all(isinstance(part, str) for part in read_html(page))
