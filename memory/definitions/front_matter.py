"""The front matter of a Markdown file: fields between two lines of `---`, as people write them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent
from typing import NamedTuple

import yaml

from repertory.memory.definitions.problems import DefinitionError, Problem
from repertory.memory.definitions.yaml_tree import compose_yaml

Value = str | list[str] | dict[str, str]

KEYS = (
    *("name", "role", "description", "prompt", "tools", "model", "tags", "delegates", "orchestration"),
    *("color", "colour", "version", "author", "category", "license", "temperature", "mode", "memory", "priority"),
    *("disallowedTools", "permissionMode", "mcpServers", "hooks", "skills", "maxTurns", "effort", "background"),
)
"""Keys that begin a field even below a description that is no YAML. Any other word with a colon belongs to it."""

_KEY = re.compile(r"^([A-Za-z_][\w-]*)[ \t]*:(?:[ \t]+(.*)|)$")
_BLOCK = re.compile(r"[|>][+-]?\d?")
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


@dataclass(frozen=True)
class FrontMatter:
    """A Markdown file, taken apart."""

    yaml: str
    """The fields, below an empty line, so that lines count as in the file."""
    body: str
    """What follows them, without white space around it."""
    body_line: int
    """The line at which it begins, from 1."""


class Field(NamedTuple):
    """A field, and where it is."""

    value: Value
    line: int


def split(text: str, name: str) -> FrontMatter | None:
    """Take a file apart; None where it does not begin with front matter.

    Line ends may be of any kind, and empty lines may come first.

    Args:
        text: what it says.
        name: how messages call it.

    Raises:
        DefinitionError: the front matter has no end.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), len(lines))
    if first == len(lines) or lines[first].rstrip() != "---":
        return None
    last = next((n for n in range(first + 1, len(lines)) if lines[n].rstrip() in ("---", "...")), None)
    if last is None:
        if not any(line.startswith(("name:", "description:")) for line in lines):  # a line across the page
            return None
        problem = "the front matter that begins here has no end; write `---` below its last field"
        raise DefinitionError([Problem(name, first + 1, "", problem)])
    above = "\n" * (first + 1)
    body = next((n for n in range(last + 1, len(lines)) if lines[n].strip()), last + 1)
    inside = "".join(f"{line}\n" for line in lines[first + 1 : last])  # a text that ends it ends with its line
    return FrontMatter(above + inside, "\n".join(lines[last + 1 :]).strip(), body + 1)


def fields_of(front: FrontMatter, name: str) -> dict[str, Field]:
    """The fields at the top, each as text, a list of texts, or texts by name; what is nested deeper is left out.

    What is no YAML, such as a description with a colon in it, is read line by line: a line that begins with a key and a
    colon begins that field, below a description only if it is one of `KEYS`; any other belongs to the field above it.

    Args:
        front: the file.
        name: how messages call it.
    """
    try:
        root = compose_yaml(front.yaml, name)
    except DefinitionError:
        return dict(_by_line(front.yaml))
    return dict(_of_mapping(root, front.yaml.split("\n"))) if isinstance(root, yaml.MappingNode) else {}


def _of_mapping(root: yaml.MappingNode, lines: list[str]) -> Iterator[tuple[str, Field]]:
    for key, node in root.value:
        if isinstance(key, yaml.ScalarNode):
            value = _value(node)
            if key.value == "description" and isinstance(value, str) and node.style is None:
                value += lines[node.end_mark.line][node.end_mark.column :].rstrip()  # `issues like #7` is no comment
            yield key.value, Field(value, key.start_mark.line + 1)


def _value(node: yaml.Node) -> Value:
    """What was written, whatever YAML takes it for: a name may be 404, and a description `yes`."""
    if isinstance(node, yaml.MappingNode):
        pairs = [(key, value) for key, value in node.value if isinstance(value, yaml.ScalarNode)]
        return {key.value: _text(value) for key, value in pairs if isinstance(key, yaml.ScalarNode)}
    if isinstance(node, yaml.SequenceNode):
        return [_text(item) for item in node.value if isinstance(item, yaml.ScalarNode)]
    return _text(node) if isinstance(node, yaml.ScalarNode) else ""


def _text(node: yaml.ScalarNode) -> str:
    return "" if node.tag == "tag:yaml.org,2002:null" else node.value


def _by_line(text: str) -> Iterator[tuple[str, Field]]:
    found: dict[str, tuple[int, list[str]]] = {}
    lines: list[str] = []
    within = ""
    for number, line in enumerate(text.split("\n"), start=1):
        begun = _KEY.match(line)
        if begun and begun[1] not in found and (within != "description" or begun[1] in KEYS):
            within, lines = begun[1], [begun[2] or ""]
            found[within] = number, lines
        else:
            lines.append(line)
    for key, (number, written) in found.items():
        yield key, Field(_written(written), number)


def _written(lines: list[str]) -> Value:
    """The value of a field that is no YAML, or stands beside one that is none."""
    first, rest = lines[0].strip(), dedent("\n".join(lines[1:])).strip()
    if _BLOCK.fullmatch(first):
        return rest
    if not first and rest.startswith("- "):
        return [_unquoted(line.strip()[2:]) for line in rest.split("\n") if line.strip().startswith("- ")]
    if first.startswith("[") and first.endswith("]"):
        return [_unquoted(item) for item in first[1:-1].split(",")]
    return _unquoted("\n".join(part for part in (first, rest) if part))


def _unquoted(text: str) -> str:
    text = text.strip()
    quote = text[:1]
    if len(text) < 2 or quote not in ("'", '"'):
        return text
    inner = text[1:].removesuffix(quote)  # it may lack: that is why the text is no YAML
    if quote == "'":
        return inner.replace("''", "'")
    return re.sub(r'\\([nt"\\])', lambda found: _ESCAPES[found[1]], inner)
