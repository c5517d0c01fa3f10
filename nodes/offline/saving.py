"""Clauses that put something into a file: what is written, and where to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from repertory.nodes.offline.arguments import role_of
from repertory.nodes.offline.drafted import Drafts
from repertory.nodes.offline.entities import find_entities
from repertory.nodes.offline.prosework import kinds_of_items
from repertory.nodes.offline.sections import Tool
from repertory.nodes.offline.verbs import kind_of, noun_kind

_SAVING = re.compile(r"^(save|store|put|export|write|record|append|dump|add|keep)\b\s*", re.I)
_TO = r"(?:in|into|to|as|under|at|inside)\s+(?:(?:a|the)\s+)?(?:new\s+)?(?:file\s+)?(?:called\s+|named\s+)?[\"'`]?"
_SAID = re.compile(
    r"(?:the|this) (?:words?|text|line|phrase|sentence|string|number)\s+(?!(?:of|from|in|that|which|for|on)\b)", re.I
)
"""What announces words that are meant as they stand: `the word hello`."""
_NOT_SAID = re.compile(
    r"^(?:the|an?|all|every|each|any|some|both|my|our|your|its|their|this|that|these|those|it|them|they|everything"
    r"|what|which|who|whose|why|how|when|where|whether|down|out)\b"
    r"|\b(?:it|them|about|of|from|regarding|results?|findings?|outputs?|data|differences?|contents?|information|details"
    r"|poems?|stor(?:y|ies)|jokes?|essays?|articles?|songs?|haikus?|code|scripts?|programs?|texts?|notes?)\b",
    re.I,
)
"""Words that stand for something that is found or made first."""
_VERB_OF = {
    "summarize": "Summarize",
    "compare": "Compare",
    "describe": "Describe",
    "rank": "Rank",
    "analyze": "Analyze",
}


@dataclass(frozen=True)
class Saving:
    """Something to be written to a file."""

    path: str
    instruction: str
    needs: tuple[str, ...] = ()
    """Steps that hold it; empty where it has yet to be made."""
    produce: str = ""
    """The clause that makes it, where no step holds it."""
    content: str | None = None
    """Its words, where the text gives them."""
    append: bool = False

    def arguments(self, tool: Tool, drafts: Drafts, needs: Sequence[str]) -> dict[str, Any]:
        """Arguments of the tool that writes; content from several steps gets a heading each."""
        content = self.content
        if content is None:
            texts = [f"{{{{{need}.text}}}}" for need in needs]
            if len(texts) > 1:
                texts = [f"## {_title(drafts, need)}\n\n{text}" for need, text in zip(needs, texts, strict=True)]
            content = "\n\n".join(texts)
        filled: dict[str, Any] = {}
        for name in tool.required:
            filled[name] = self.path if role_of(name) == "path" else content
        if self.append and "append" in tool.optional:
            filled["append"] = True
        return filled


def saving(text: str, drafts: Drafts) -> Saving | None:
    """Read a clause as a saving one; None where it is not."""
    files = find_entities(text).files
    if not files:
        return None
    path = files[-1]
    target = re.search(rf"^(?P<body>.*?)\s*\b{_TO}{re.escape(path)}[\"'`]?\s*[?.!]*$", text, re.I)
    body = target["body"] if target else ""
    verb = _SAVING.match(text)
    if not target or not (verb or _produces(body, target[0])):
        return None
    instruction = text[:1].upper() + text[1:]
    if not verb:
        return Saving(path, f"Write the result to {path}", produce=body)
    what = _SAVING.sub("", body).strip()
    append = verb[1].lower() in ("append", "add")
    quoted = find_entities(what).quoted
    if quoted and re.fullmatch(r"(?:the (?:text|words?|line) )?[\"'“`‘].*[\"'”`’]", what):
        return Saving(path, instruction, content=quoted[0], append=append)
    needs = drafts.spoken_of(what) or (drafts.last() if not what else [])
    indefinite = re.match(r"(?:a|an|some|one)\b", what, re.I)
    if needs and not indefinite and not find_entities(what).sources:
        return Saving(path, instruction, needs=tuple(needs), append=append)
    if (words := _literal(what)) and verb[1].lower() in ("write", "save", "put", "append", "add", "record"):
        return Saving(path, instruction, content=words, append=append)
    return Saving(path, f"Write the result to {path}", produce=_produce(what), append=append)


def _literal(what: str) -> str:
    """The words that are to be written as they stand; empty where they only say what is to be written."""
    if said := _SAID.match(what):
        return what[said.end() :].strip()
    if find_entities(what).sources or _NOT_SAID.search(what) or noun_kind(what) or kinds_of_items(what):
        return ""
    return what


def _produces(body: str, whole: str) -> bool:
    """Whether a clause such as `Summarize a.md into b.md` makes something that goes to the file named last."""
    kind = kind_of(body)
    if re.search(rf"\b(?:in|at|inside)\s+\S*{re.escape(whole.split()[-1])}$", whole) or not body:
        return False  # `list the risks in a.md` reads the file
    if kind == "compare":
        return len(find_entities(body).sources) > 1
    return kind not in ("read", "fetch", "search", "answer", "other")


def _produce(what: str) -> str:
    """`a summary of a.md` as a clause: `Summarize a.md`."""
    kind = noun_kind(what)
    rest = re.search(r"\bof\s+(.*)", what)
    if kind in _VERB_OF and rest:
        return f"{_VERB_OF[kind]} {rest[1]}"
    return f"Write {what}"


def _title(drafts: Drafts, need: str) -> str:
    sources = drafts.sources_of([need]) if need in drafts else []
    return ", ".join(sources) or (drafts[need].draft.instruction.rstrip(".?") if need in drafts else need)
