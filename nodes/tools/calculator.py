"""Arithmetic, by simpleeval: no `eval`, nothing but numbers."""

import ast
import math
import statistics
from collections.abc import Callable
from typing import Any, TypedDict

from simpleeval import DEFAULT_OPERATORS, InvalidExpression, SimpleEval  # type: ignore[import-untyped]

from repertory.memory.errors import ToolError

MAX_LENGTH = 1_000
"""Characters of an expression."""

MAX_BITS = 10_000
"""Bits of a whole number, about 3,000 digits."""

Number = int | float


class Calculation(TypedDict):
    """What `calculate` brings back."""

    value: int | float
    text: str


def calculate(expression: str) -> Calculation:
    """Calculate, such as (3 + 4) * sqrt(2) ** 3; also mean, median, min, max, sum, round, log and the like.

    Raises:
        ToolError: it is no arithmetic, or the result is no finite number or too large.
    """
    if len(expression) > MAX_LENGTH:
        raise ToolError(f"the expression has {len(expression)} characters; the most is {MAX_LENGTH}")
    evaluator = SimpleEval(
        operators=_OPERATORS, functions=_FUNCTIONS, names={"pi": math.pi, "e": math.e, "tau": math.tau}
    )
    try:
        _refuse_foreign(expression)
        value = evaluator.eval(expression)
    except (
        InvalidExpression,
        SyntaxError,
        ArithmeticError,
        ValueError,
        TypeError,
        RecursionError,
        MemoryError,
    ) as error:
        raise ToolError(f"{expression!r} cannot be calculated: {error or type(error).__name__}") from error
    if not isinstance(value, Number) or not _is_moderate(value):
        raise ToolError(f"{expression!r} has no finite number of moderate size as its result")
    if isinstance(value, float):
        value = float(f"{value:.15g}")  # 0.1 + 0.2 is 0.3 to whoever asked
        value = int(value) if value.is_integer() and abs(value) < 2**53 else value
    return Calculation(value=value, text=f"{expression.strip()} = {value}")


def _is_moderate(value: Number) -> bool:
    return value.bit_length() <= MAX_BITS if isinstance(value, int) else math.isfinite(value)


def _refuse_foreign(expression: str) -> None:
    """Let numbers pass, and what is done with them. Text is out: formatted or repeated, it can fill the memory."""
    for node in ast.walk(ast.parse(expression.strip(), mode="eval")):
        if isinstance(node, ast.BitXor):
            raise ValueError("a power is written **, not ^")
        is_text = isinstance(node, ast.Constant) and not isinstance(node.value, Number)
        if is_text or not isinstance(node, _NODES):
            raise ValueError(f"{_KIND.get(type(node), type(node).__name__)} has no place in it; it takes numbers only")


def _power(base: Number, exponent: Number) -> Any:
    both = isinstance(base, int) and isinstance(exponent, int)
    if both and abs(base) > 1 and int(base).bit_length() * abs(exponent) > MAX_BITS:
        raise ValueError(f"{base} ** {exponent} is too large")
    return base**exponent


def _round(number: Number, digits: int = 0) -> Number:
    if abs(digits) > 100:
        raise ValueError(f"{digits} digits are too many")
    return round(number, digits)


def _factorial(number: int) -> int:
    if number > 1_000:
        raise ValueError(f"{number}! is too large")
    return math.factorial(number)


def _gathered(function: Callable[[tuple[Number, ...]], Number]) -> Callable[..., Number]:
    """A function of one list as a function of many numbers: there are no lists here."""
    return lambda *numbers: function(numbers)


_ALLOWED = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.USub, ast.UAdd)
_COMPARED = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_OPERATORS = {key: DEFAULT_OPERATORS[key] for key in (*_ALLOWED, *_COMPARED)} | {ast.Pow: _power}
_SYNTAX = (ast.Expression, ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Call, ast.Name, ast.Load, ast.Constant)
_NODES = (*_SYNTAX, *_OPERATORS)
_KIND: dict[type[ast.AST], str] = {
    ast.Constant: "text",
    ast.Tuple: "a list (or a comma within a number)",
    ast.List: "a list",
}
_FROM_MATH = "sqrt exp log log2 log10 sin cos tan asin acos atan atan2 floor ceil hypot degrees radians gcd"
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(math, name) for name in _FROM_MATH.split()},
    "abs": abs,
    "round": _round,
    "int": math.trunc,
    "float": float,
    "min": _gathered(min),
    "max": _gathered(max),
    "sum": _gathered(sum),
    "mean": _gathered(statistics.fmean),
    "median": _gathered(statistics.median),
    "stdev": _gathered(statistics.stdev),
    "factorial": _factorial,
}
