"""Arithmetic: right, and bounded."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repertory.memory.errors import ToolError
from repertory.nodes.tools.calculator import MAX_BITS, calculate


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(3 + 4) ** 2 / 7", 7),
        ("0.1 + 0.2", 0.3),
        ("-7 // 2 + 7 % 3", -3),
        ("sqrt(2) ** 2", 2),
        ("mean(1, 2, 6) + median(1, 5, 9) + sum(1, 2) + min(4, 2) - max(1, 3)", 10),
        ("round(2.567, 2)", 2.57),
        ("1.05 ** 30 * 1000", 4321.94237515067),
        ("2 ** 64", 2**64),
        ("1 ** 99999999", 1),
        ("factorial(20)", math.factorial(20)),
        ("10 if 3 > 2 else 20", 10),
        ("cos(pi)", -1),
        (" 4 ", 4),
    ],
)
def test_values(expression: str, value: float) -> None:
    """Results are those of mathematics, without the dust of binary fractions, and whole where they are whole."""
    result = calculate(expression)
    assert result["value"] == value
    assert type(result["value"]) is type(value)
    assert result["text"] == f"{expression.strip()} = {value}"


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "1 +",
        "1 / 0",
        "2 ^ 3",
        "1,000 * 2",
        "unknown + 1",
        "unknown(1)",
        "(-1) ** 0.5",
        "1e308 * 10",
        "sqrt(-1)",
        "9 ** 9 ** 9",
        "10.0 ** 400",
        "7 ** 100000",
        "factorial(100000)",
        "*".join(["9**3000"] * 5),
        "round(5, -1000000000)",
        "'a' * 9999999999",
        "'%9999999999d' % 1",
        "f'{1:>9999999999}'",
        "[0] * 9999999999",
        "[x for x in (1, 2)]",
        "(1).__class__",
        "__import__('os').system('true')",
        "(lambda: 1)()",
        "x := 3",
        "1 << 99999999",
        "(" * 300 + ")" * 300,
        "-" * 900 + "1",
        "1" * 5000,
    ],
)
def test_what_is_no_moderate_arithmetic_is_refused(expression: str) -> None:
    """Code, text, lists and results without measure are refused at once, naming the expression or its size."""
    with pytest.raises(ToolError) as caught:
        calculate(expression)
    assert repr(expression) in str(caught.value) or str(len(expression)) in str(caught.value)


@pytest.mark.filterwarnings("ignore::SyntaxWarning")  # Python's own remarks on odd expressions
@given(st.text(alphabet="0123456789.+-*/%() ,<>=eabsqrtminfc'[]{}:", max_size=40))
def test_any_text_gives_a_number_or_a_tool_error(expression: str) -> None:
    """Nothing but ToolError comes out, and no result is infinite or beyond the bound."""
    try:
        value = calculate(expression)["value"]
    except ToolError:
        return
    assert math.isfinite(value) if isinstance(value, float) else value.bit_length() <= MAX_BITS
