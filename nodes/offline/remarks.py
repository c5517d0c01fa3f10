"""Changing an answer as someone asks in words: shorter, longer, as a list, with this, without that."""

import re
from collections.abc import Sequence

from repertory.nodes.offline.entities import find_entities
from repertory.nodes.offline.prosework import bullets, relevant, salient
from repertory.nodes.offline.sources import Source

_SHORTER = re.compile(
    r"\b(?:shorter|shorten|brief(?:er)?|concise|too long|condense|one sentence|in short|less text)\b", re.I
)
_LONGER = re.compile(r"\b(?:longer|more details?|more detailed|elaborate|expand|too short|go deeper)\b", re.I)
_LIST = re.compile(r"\b(?:bullets?|bullet points?|as a list|list form)\b", re.I)
_WITHOUT = re.compile(
    r"\b(?:without|remove|leave out|drop|omit|do not mention|don't mention)\s+(?:the |any |all )?(?P<what>[^.;]+)", re.I
)
_WITH = re.compile(
    r"\b(?:mention|include|add|name|cover|say something about|what about|consider|and)\s+"
    r"(?:also |the |that )*(?P<what>[^.;?]+)",
    re.I,
)


def changes_form(remark: str) -> bool:
    """Whether a remark asks for less, for more, for a list, or for something to go."""
    return any(pattern.search(remark) for pattern in (_SHORTER, _LONGER, _LIST, _WITHOUT))


def heed(remark: str, answer: str, sources: Sequence[Source]) -> str:
    """The answer, changed as a remark asks; what cannot be changed by rule is answered below it."""
    if _SHORTER.search(remark):
        return _shorter(answer)
    if _LONGER.search(remark):
        more = [
            line for source in sources if not source.rows for line in salient(source.prose, 8) if line not in answer
        ]
        return (
            f"{answer}\n\nIn more detail:\n{bullets(more)}"
            if more
            else f"{answer}\n\nThe data holds no more than this."
        )
    if _LIST.search(remark):
        lines = [line.strip() for line in re.split(r"\n+|(?<=[.!?])\s+", answer) if line.strip() and "|" not in line]
        return bullets([re.sub(r"^[-*]\s+", "", line) for line in lines])
    if without := _WITHOUT.search(remark):
        return _without(answer, without["what"])
    added = _WITH.search(remark)
    return _with(answer, added["what"].strip() if added else remark, sources, said=bool(added))


def _shorter(answer: str) -> str:
    """The first block with its first sentences; a table or list loses its lower half."""
    blocks = answer.split("\n\n")
    first = blocks[0]
    lines = first.splitlines()
    if len(blocks) == 1 and len(lines) > 2:
        return "\n".join(lines[: max(1, (len(lines) + 1) // 2)])
    sentences = re.split(r"(?<=[.!?])\s+", first)
    return " ".join(sentences[: max(1, (len(sentences) + 1) // 2)]) if len(blocks) == 1 else first


def _without(answer: str, what: str) -> str:
    pattern = re.compile(rf"\b{re.escape(what.strip().rstrip('s'))}", re.I)
    kept = []
    for line in answer.splitlines():
        if line.startswith(("|", "-", "*", "#")) or not line.strip():
            kept += [] if pattern.search(line) else [line]
        else:
            kept.append(" ".join(part for part in re.split(r"(?<=[.!?])\s+", line) if not pattern.search(part)))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip() or answer


def _with(answer: str, what: str, sources: Sequence[Source], *, said: bool) -> str:
    quoted = find_entities(what).quoted
    what = quoted[0] if quoted else what
    lines = [
        line for source in sources if not source.rows for line in relevant(what, source.prose, 2) if line not in answer
    ]
    if lines:
        return f"{answer}\n\nOn {what}:\n{bullets(lines[:4])}"
    if said:
        return f"{answer}\n\nOn {what}: the data says nothing more about it."
    return f"{answer}\n\nYou said: “{what}”. The data holds nothing further on that."
