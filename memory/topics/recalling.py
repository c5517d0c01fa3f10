"""Which notes of a topic are recalled: by meaning, recency and importance.

After Park et al. 2023, "Generative Agents: Interactive Simulacra of Human Behavior", section 4.1:

    score = relevance + 0.5 x recency + 0.25 x importance

- relevance: (cosine + 0.3 x coverage) / 1.3, as agents are found (`retrieval.ranking`), where query and note have
  vectors of the same embedder; else coverage alone, the share of the query's words that the note holds, by inverse
  document frequency among the topic's notes.
- recency: 0.95 ** (notes that came since). Theirs decays by the hour; a topic may rest for weeks and go on where it
  stood, so here it decays by what happened.
- importance: theirs is a model's opinion of each memory, here it is the note's kind, which costs nothing. A fact was
  noted on purpose; a file's note only says that it is there.
"""

import base64
import time
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from repertory.memory.records import JsonObject
from repertory.memory.retrieval.ranking import USUAL, coverage, fit
from repertory.memory.retrieval.words import words
from repertory.memory.topics.notes import Kind, Note, tokens

RECENCY = 0.5
DECAY = 0.95
IMPORTANCE = 0.25
_OF_KIND: Mapping[Kind, float] = MappingProxyType({"fact": 1.0, "interaction": 0.5, "result": 0.5, "artifact": 0.0})
_WORDS = 200
"""Distinct words of a note that are looked at, the first."""


class Trace(NamedTuple):
    """What is looked at of a note to see whether it is recalled: small, whatever the note's size."""

    key: str
    kind: Kind
    at: int
    words: str
    """Its distinct words, as `words` gives them, separated by spaces."""
    embedder: str = ""
    """Whose vector it is; empty where there is none."""
    vector: str = ""
    """Eight bits a dimension, scaled to the largest, in base64: the cosine loses less than 0.01 by it."""

    @classmethod
    def of(cls, note: Note, embedder: str = "", vector: Sequence[float] | None = None) -> "Trace":
        """The trace of a note."""
        said = " ".join(list(dict.fromkeys(words(note.text)))[:_WORDS])
        packed = "" if vector is None else _packed(vector)
        return cls(note.key, note.kind, note.at, said, embedder if packed else "", packed)

    def dump(self) -> JsonObject:
        """As a store keeps it."""
        return self._asdict()


def ranked(
    traces: Sequence[Trace], query: str, embedder: str = "", vector: Sequence[float] | None = None
) -> list[Trace]:
    """The traces, those that score best first.

    Args:
        traces: of all notes that are looked at, in any order.
        query: what is asked for.
        embedder: whose vector the query's is.
        vector: of the query; None: by words only.
    """
    wanted = frozenset(words(query))
    covered = coverage(query, [wanted.intersection(trace.words.split()) for trace in traces])
    near = _cosines(traces, embedder, vector) if vector is not None else {}
    order = {trace.key: n for n, trace in enumerate(sorted(traces, key=lambda trace: (trace.at, trace.key)))}

    def score(n: int) -> float:
        trace = traces[n]
        relevance = fit(near[n], covered[n], USUAL) if n in near else covered[n]
        recency = DECAY ** (len(traces) - 1 - order[trace.key])
        return relevance + RECENCY * recency + IMPORTANCE * _OF_KIND[trace.kind]

    best = sorted(range(len(traces)), key=lambda n: (-score(n), -order[traces[n].key]))
    return [traces[n] for n in best]


def fitting(notes: Iterable[Note], query: str, budget_tokens: int) -> list[Note]:
    """As many of the notes as a budget has room for, the oldest first.

    What says nothing new is left out: the words of the query itself, and the same text a second time.

    Args:
        notes: the best first.
        query: what is asked for.
        budget_tokens: of all lines together, as `tokens` counts them.
    """
    left, seen, chosen = budget_tokens, {_plain(query), ""}, list[Note]()
    for note in notes:
        new = _plain(note.text if note.kind in ("fact", "artifact") else note.content or note.subject)
        cost = tokens(f"- {note.line()}\n")
        if new in seen or cost > left:
            continue
        seen.add(new)
        left -= cost
        chosen.append(note)
    return sorted(chosen, key=lambda note: (note.at, note.key))


def moment() -> int:
    """Now, in nanoseconds since 1970."""
    return time.time_ns()


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".!?")


def _packed(vector: Sequence[float]) -> str:
    import numpy as np  # nobody should wait for it at import

    values = np.asarray(vector, dtype=np.float32)
    largest = float(np.max(np.abs(values), initial=0.0))
    return base64.b64encode(np.round(values / largest * 127).astype(np.int8).tobytes()).decode() if largest else ""


def _cosines(traces: Sequence[Trace], embedder: str, vector: Sequence[float]) -> dict[int, float]:
    """Cosines, 0 where below, by place of the traces that have a vector of that embedder."""
    import numpy as np

    places = [n for n, trace in enumerate(traces) if trace.vector and trace.embedder == embedder]
    raw = [base64.b64decode(traces[n].vector) for n in places]
    places = [n for n, each in zip(places, raw, strict=True) if len(each) == len(vector)]
    if not places:
        return {}
    joined = b"".join(each for each in raw if len(each) == len(vector))
    matrix = np.frombuffer(joined, dtype=np.int8).reshape(len(places), len(vector)).astype(np.float32)
    own = np.asarray(vector, dtype=np.float32)
    lengths = np.linalg.norm(matrix, axis=1) * float(np.linalg.norm(own))
    near = np.clip(matrix @ own / np.where(lengths > 0, lengths, 1.0), 0.0, 1.0)
    return dict(zip(places, near.tolist(), strict=True))
