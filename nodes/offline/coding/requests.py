"""Which changes of code a text asks for. What is not understood is left out: nothing is guessed."""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

KNOWN = (
    "rename a function, class or constant; give a parameter a default; make a function raise an error, or return a "
    "value, under a condition; change a constant; round the result of a function"
)
"""What can be asked for, to be said where nothing was understood."""


@dataclass(frozen=True)
class Rename:
    """A function, class or constant gets another name, wherever it is used."""

    old: str
    new: str


@dataclass(frozen=True)
class Default:
    """A parameter gets a default."""

    function: str
    parameter: str
    value: str
    """Python."""


@dataclass(frozen=True)
class Guard:
    """Under a condition, a function raises or returns before it does anything else."""

    function: str
    condition: str
    """Python, over the parameters."""
    does: Literal["raise", "return"]
    what: str
    """The error's name, or the value to return, in Python."""
    message: str = ""
    """Of the error, without the value."""
    subject: str = ""
    """The parameter that the message is about."""
    free: bool = False
    """The request named no error: the tests may want another one."""
    renew: bool = False
    """What the guard does now is to be replaced. Only a repair asks for that: else it is somebody's decision."""


@dataclass(frozen=True)
class Constant:
    """A constant of a module gets another value."""

    name: str
    value: str


@dataclass(frozen=True)
class Rounded:
    """What a function returns is rounded."""

    function: str
    digits: int


Change = Rename | Default | Guard | Constant | Rounded


def read_changes(text: str) -> list[Change]:
    """The changes that a text asks for, in its order."""
    found: dict[int, Change] = {}
    for pattern, make in _PATTERNS:
        for match in pattern.finditer(text):
            change = make(match)
            if change is not None:
                found.setdefault(match.start(), change)
    return [found[at] for at in sorted(found)]


def target_of(change: Change) -> str:
    """The name of what is changed."""
    if isinstance(change, Rename):
        return change.old
    return change.name if isinstance(change, Constant) else change.function


def tell(change: Change) -> str:
    """The change in words."""
    match change:
        case Rename(old, new):
            return f"rename {old} to {new}, where it is defined and where it is used"
        case Default(function, parameter, value):
            return f"give the parameter {parameter} of {function} the default {value}"
        case Guard(function, condition, does, what):
            return f"make {function} {does} {what} when `{condition}`"
        case Constant(name, value):
            return f"set the constant {name} to {value}"
        case Rounded(function, digits):
            return f"round what {function} returns to {digits} digits"


_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_MESSAGES = {
    "negative": ("{p} < 0", "{p} must not be negative"),
    "zero": ("{p} == 0", "{p} must not be zero"),
    "empty": ("not {p}", "{p} must not be empty"),
    "none": ("{p} is None", "{p} must be given"),
    "not positive": ("{p} <= 0", "{p} must be positive"),
}
_COMPARED = {
    "less than": ("<", "at least"), "below": ("<", "at least"), "smaller than": ("<", "at least"),
    "under": ("<", "at least"), "at most": ("<=", "more than"), "greater than": (">", "at most"),
    "more than": (">", "at most"), "above": (">", "at most"), "over": (">", "at most"),
    "larger than": (">", "at most"), "at least": (">=", "less than"),
}  # fmt: skip


def _name(group: str) -> str:
    return rf"[`'\"]?(?P<{group}>[A-Za-z_]\w*)(?:\(\))?[`'\"]?"


_VALUE = (
    r"(?P<value>`[^`\n]+`|\"[^\"\n]*\"|'[^'\n]*'|-?\d[\d_]*(?:\.\d+)?|\[[^\]\n]*\]|\{[^}\n]*\}|\([^)\n]*\)"
    r"|[A-Za-z_][\w.]*\w|\w)"
)
_WHEN = (
    r"(?:when|if|for|where)\s+(?:`(?P<expression>[^`\n]+)`|(?:the\s+|an?\s+)?(?:"
    rf"(?P<adjective>negative|zero|empty)\s+{_name('behind')}"
    rf"|{_name('subject')}\s+(?:is|are|equals)\s+(?:(?P<compared>{'|'.join(_COMPARED)})\s+(?P<bound>-?[\w.]*\w)"
    r"|(?P<state>negative|zero|empty|none|not positive|0)\b)))"
)
_MESSAGE = r"(?:\s+with\s+(?:the\s+)?message\s+[\"'`](?P<{}>[^\"'`\n]+)[\"'`])?"


def _rename(match: re.Match[str]) -> Change | None:
    old, new = match["old"], match["new"]
    return Rename(old, new) if old != new and not new.startswith("__") else None


def _rename_too(match: re.Match[str]) -> Change | None:
    """`and the constant A to B`, where the sentence began with a renaming."""
    sentence = re.split(r"[.;]\s|\n", match.string[: match.start()])[-1]
    return _rename(match) if re.search(r"\brename\b", sentence, re.I) else None


def _default(match: re.Match[str]) -> Change | None:
    value = _python(match["value"])
    return Default(match["function"], match["parameter"], value) if value else None


def _raise(match: re.Match[str]) -> Change | None:
    condition = _condition(match)
    if condition is None:
        return None
    code, message, subject = condition
    error = match["error"] or ""
    given = match["message"] or match["later"]
    return Guard(
        match["function"], code, "raise", error or "ValueError", given or message, "" if given else subject, not error
    )


def _reject(match: re.Match[str]) -> Change | None:
    code, message = (text.format(p=match["parameter"]) for text in _MESSAGES[match["adjective"].lower()])
    return Guard(match["function"], code, "raise", "ValueError", message, match["parameter"], free=True)


def _return(match: re.Match[str]) -> Change | None:
    condition, value = _condition(match), _python(match["value"])
    return Guard(match["function"], condition[0], "return", value) if condition and value else None


def _constant(match: re.Match[str]) -> Change | None:
    value = _python(match["value"])
    return Constant(match["name"], value) if value else None


def _rounded(match: re.Match[str]) -> Change | None:
    digits = match["digits"].lower()
    return Rounded(match["function"], _WORDS[digits] if digits in _WORDS else int(digits))


def _condition(match: re.Match[str]) -> tuple[str, str, str] | None:
    """The condition in Python, what an error says about it, and the parameter that it is about."""
    if match["expression"]:
        code = _python(f"`{match['expression']}`")
        return (code, f"`{code}` must not be", "") if code else None
    subject = match["subject"] or match["behind"]
    if match["compared"]:
        sign, must = _COMPARED[" ".join(match["compared"].lower().split())]
        bound = _python(match["bound"])
        return (f"{subject} {sign} {bound}", f"{subject} must be {must} {bound}", subject) if bound else None
    state = (match["adjective"] or match["state"]).lower()
    code, message = (text.format(p=subject) for text in _MESSAGES["zero" if state == "0" else state])
    return code, message, subject


def _python(text: str) -> str | None:
    """A value as Python writes it; None where it is none."""
    text = text.strip("`").strip()
    text = {"true": "True", "false": "False", "none": "None", "nothing": "None"}.get(text, text)
    try:
        ast.parse(text, mode="eval")
    except (SyntaxError, ValueError):
        return None
    return text


def _compiled(*patterns: tuple[str, Callable[[re.Match[str]], Change | None]]) -> list[
    tuple[re.Pattern[str], Callable[[re.Match[str]], Change | None]]
]:  # fmt: skip
    return [(re.compile(pattern, re.I), make) for pattern, make in patterns]


_FUNCTION = rf"(?:the\s+)?(?:function\s+|method\s+)?{_name('function')}"
_PLACE = r"(?:\s+(?:in|of|from)\s+[`'\"]?[\w./-]+\.py[`'\"]?)?"
_PARAMETER = rf"(?:the\s+)?(?:parameter\s+|argument\s+)?{_name('parameter')}"
_PATTERNS = _compiled(
    (rf"\brename\s+(?:the\s+)?(?:(?:function|class|constant|method)\s+)?{_name('old')}{_PLACE}\s+(?:to|into|as)\s+{_name('new')}",
     _rename),
    (rf"\band\s+(?:the\s+)?(?:function|class|constant|method)\s+{_name('old')}{_PLACE}\s+(?:to|into|as)\s+{_name('new')}",
     _rename_too),
    (rf"\bgive\s+{_PARAMETER}\s+of\s+{_FUNCTION}\s+(?:a|the)\s+default(?:\s+value)?\s+(?:of\s+)?{_VALUE}", _default),
    (rf"\bmake\s+{_PARAMETER}\s+of\s+{_FUNCTION}\s+default\s+to\s+{_VALUE}", _default),
    (rf"\bset\s+the\s+default\s+(?:value\s+)?of\s+{_PARAMETER}\s+(?:of|in)\s+{_FUNCTION}\s+to\s+{_VALUE}", _default),
    (rf"\b(?:make|let)\s+{_FUNCTION}\s+raise\s+(?:an?\s+)?(?:error|exception|{_name('error')})"
     rf"{_MESSAGE.format('message')}\s+{_WHEN}{_MESSAGE.format('later')}", _raise),
    (rf"\b(?:make|let)\s+{_FUNCTION}\s+(?:reject|refuse)\s+(?:an?\s+)?(?P<adjective>negative|zero|empty)\s+"
     rf"{_name('parameter')}", _reject),
    (rf"\b(?:make|let)\s+{_FUNCTION}\s+return\s+{_VALUE}\s+{_WHEN}", _return),
    (rf"\b(?:change|set)\s+(?:the\s+)?(?:constant|value\s+of(?:\s+the\s+constant)?)\s+{_name('name')}{_PLACE}\s+"
     rf"(?:from\s+\S+\s+)?to\s+{_VALUE}", _constant),
    (rf"\bround\s+(?:the\s+)?(?:results?|return\s+values?|values?)\s+of\s+{_FUNCTION}\s+to\s+"
     rf"(?P<digits>\d|{'|'.join(_WORDS)})\s+(?:digits?|decimals?|decimal\s+places|places)", _rounded),
)  # fmt: skip
