"""What is wrong with a text that is no YAML, in words for who wrote it: PyYAML's own are those of a parser."""

import re
from typing import NamedTuple

import yaml

_FIELD = re.compile(r"^\s*(?:- +)*([^\s:#][^:]*): +(?=\S)")
"""A line with a field and a value."""
_CLOSING = {"sequence": ("[", "]"), "mapping": ("{", "}")}
_BEGINS_IN_QUOTES = "put text that begins with it in quotes"


class _Place(NamedTuple):
    lines: list[str]
    row: int
    """From 0, as the column."""
    column: int

    @property
    def line(self) -> str:
        return self.lines[self.row] if self.row < len(self.lines) else ""

    @property
    def before(self) -> str:
        """What stands before it in its line."""
        return self.line[: self.column]

    def above(self) -> int | None:
        """The last row before it that says something."""
        rows = range(min(self.row, len(self.lines)) - 1, -1, -1)
        return next((n for n in rows if self.lines[n].strip() and not self.lines[n].lstrip().startswith("#")), None)


def syntax_problem(error: yaml.MarkedYAMLError, text: str) -> tuple[int | None, str]:
    """Say what is to be done about a text that is no YAML.

    Args:
        error: of reading it.
        text: what was read.

    Returns:
        The line, from 1, and what is wrong with it, with the remedy.
    """
    mark, opened = error.problem_mark or error.context_mark, error.context_mark or error.problem_mark
    if mark is None or opened is None:
        return None, _other(error)
    if _at_its_beginning(error):
        mark = opened
    at = _Place(text.splitlines(), mark.line, mark.column)
    said = _of_characters(error, at) or _of_blocks(error, at, opened, text) or _of_brackets(error, at, opened)
    return at.row + 1, f"is no YAML: {said or _other(error)}"


def _at_its_beginning(error: yaml.MarkedYAMLError) -> bool:
    """Whether it shows where something began, not where the file ended or went on without it."""
    context, problem = error.context or "", error.problem or ""
    return "could not find expected ':'" in problem or ("quoted scalar" in context and "unexpected" in problem)


def _of_characters(error: yaml.MarkedYAMLError, at: _Place) -> str | None:
    """Characters that mean something in YAML, in a text without quotes or in one."""
    context, problem = error.context or "", error.problem or ""
    character = at.line[at.column : at.column + 1]
    if "cannot start any token" in problem:
        if character == "\t":
            return "a tab stands where a space belongs; indent with spaces, no tabs"
        return f"no value begins with {character!r}; {_BEGINS_IN_QUOTES}"
    if "quoted scalar" in context and "unexpected" in problem:
        return f"the quote opened at line {at.row + 1} is not closed; close it with {character}"
    if "escape" in problem:
        return f"`\\{character}` means nothing between double quotes; write `\\\\`, or put the text in single quotes"
    if "undefined alias" in problem:
        name = re.findall("'(.*)'", problem)[0]
        return f"`*{name}` stands for a value marked `&{name}`, and there is none above; {_BEGINS_IN_QUOTES}"
    if "duplicate anchor" in problem:
        return "one word after `&` marks two values; give each its own"
    for what, sign in (("alias", "*"), ("anchor", "&"), ("tag", "!")):
        if context.endswith(what):
            return f"a value cannot begin with `{sign}` like this; {_BEGINS_IN_QUOTES}"
    if "block scalar" in context:
        return f"a text after `|` or `>` begins on the next line, indented; {_BEGINS_IN_QUOTES}"
    return None


def _of_blocks(error: yaml.MarkedYAMLError, at: _Place, opened: yaml.Mark, text: str) -> str | None:
    """Lines, and how they are indented."""
    problem = error.problem or ""
    if "mapping values are not allowed" in problem:
        return _of_colon(at)
    if "could not find expected ':'" in problem:
        return _of_no_field(at)
    if "sequence entries are not allowed" in problem:
        return "a list begins on the line below its field, each value after `- `; or write it as `[a, b]`"
    if "but found another document" in problem:
        return "`---` begins a second document; take it out: a file holds one agent, and those below it"
    if not problem.startswith(("expected <block end>", "expected '<document start>'")):
        return None
    if not at.before.strip():
        if problem.startswith("expected <block end>") and at.column == opened.column:
            return "lines that begin with `- ` and lines such as `name: …` are mixed; indent what belongs below a line"
        here = _spaces(at.column)
        return f"the line is indented by {here}, unlike those above; indent it like the lines that it belongs to"
    if at.before.rstrip().endswith(("'", '"')):
        began = _quote_before(at, text)
        where = "" if began in (None, at.row) else f" opened at line {(began or 0) + 1}"
        return f"text goes on after a quote{where} is closed; put the whole in quotes, of the kind that is not in it"
    if at.before.rstrip().endswith(("}", "]")):
        return f"text goes on after `{at.before.rstrip()[-1]}`; put text that begins with a bracket in quotes"
    return None


def _of_colon(at: _Place) -> str:
    if field := _FIELD.match(at.before + ": "):
        value = at.line[field.end() :].strip()
        name = field[1].strip()
        written = f", as in `{name}: {_quoted(value)}`" if len(value) <= 60 else ""
        return f"there is a second `: ` in the line; put the text in quotes{written}; fields go on lines of their own"
    above = at.above()
    if above is None:
        return _other(None)
    field = _FIELD.match(at.lines[above])
    if field is None:
        return f"line {above + 1} is no field; write `name: …`, with a space after the colon"
    return (
        f"the line is indented deeper than line {above + 1}, which has a value already; begin it under {field[1]!r}, "
        f"by {_spaces(field.start(1))}, or, if it is more of that text, put the whole text in quotes"
    )


def _of_no_field(at: _Place) -> str:
    if together := re.match(r"\s*(?:- +)*(\w+):(?=\S)", at.line):
        return f"there is no space after the colon; write `{together[1]}: …`"
    return (
        "the line is no field such as `name: …`; if it is more of the text above, indent it deeper than the field that "
        "it belongs to"
    )


def _of_brackets(error: yaml.MarkedYAMLError, at: _Place, opened: yaml.Mark) -> str | None:
    problem = error.problem or ""
    found = re.search(r"found '(.)'$", problem)
    if problem.startswith("expected the node content") and found:
        return f"there is no value before `{found[1]}`; write one, and {_BEGINS_IN_QUOTES}"
    if problem == "expected the node content, but found '<stream end>'":
        return "a bracket is not closed before the file ends; close it"
    kind = re.fullmatch(r"while parsing a flow (sequence|mapping)", error.context or "")
    if kind is None:
        return None
    begin, end = _CLOSING[kind[1]]
    beginning = at.lines[opened.line]
    comment = "; what follows ` #` is a comment: put text with # in quotes" if " #" in beginning else ""
    if at.row == opened.line:
        return f"a comma or `{end}` is missing here, after `{begin}`; put text with signs or quotes in quotes{comment}"
    return f"the bracket `{begin}` opened at line {opened.line + 1} is not closed; close it with `{end}`{comment}"


def _quote_before(at: _Place, text: str) -> int | None:
    """The row in which the quoted text begins that ends before a place."""
    began = None
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if (token.start_mark.line, token.start_mark.column) >= (at.row, at.column):
                break
            if isinstance(token, yaml.ScalarToken) and token.style in ("'", '"'):
                began = token.start_mark.line
    except yaml.YAMLError:  # further down, where this is not asked about
        pass
    return began


def _spaces(number: int) -> str:
    return f"{number} space{'' if number == 1 else 's'}"


def _quoted(value: str) -> str:
    """A text as YAML writes it: within single quotes only they are special."""
    plain = "'" in value and '"' not in value and "\\" not in value
    return f'"{value}"' if plain else "'" + value.replace("'", "''") + "'"


def _other(error: yaml.MarkedYAMLError | None) -> str:
    said = f"{error.problem}; " if error and error.problem else ""
    return f"{said}indent each line like those above, and put text with `: ` or ` #` in quotes"
