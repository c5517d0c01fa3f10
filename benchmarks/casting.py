"""Casting on a library of public agents: who is found, and who is reused; each part of the formula left out in turn."""

import random
from collections.abc import Sequence
from statistics import mean
from typing import NamedTuple

from benchmarks.experience import dealt, drawn, halved, taught
from benchmarks.libraries import Remembering, read_agents, read_strange, registry_of
from benchmarks.quality import ask, decide, recall_at, reciprocal_rank, separation
from benchmarks.queries import Query, read_queries
from benchmarks.skills import DATA
from benchmarks.table import Row
from repertory.memory.records import Agent
from repertory.memory.retrieval.embeddings import Embedder, MiniLMEmbedder
from repertory.memory.retrieval.minilm import find_weights
from repertory.memory.retrieval.ranking import USUAL, Ranking

_SPLITS, _PARTS = 5, 10
"""Random splits of the tasks, and random parts of the library; with fixed seeds."""
_SIZES = (30, 100, 200)
_LEAST = {"minilm": 0.88, "words": 0.72}
"""Targets of R@1."""


async def measure() -> list[Row]:
    """Quality with MiniLM and by words alone; no rows of what is not there."""
    if not (DATA / "agent_library.json").exists():
        return []
    embedders: dict[str, Embedder | None] = {"words": None}
    if (weights := find_weights()) is not None:
        embedders = {"minilm": Remembering(MiniLMEmbedder(weights)), "words": None}
    rows: list[Row] = []
    for name, embedder in embedders.items():
        rows += await _whole(name, embedder)
        rows += await _without_parts(name, embedder)
        rows += await _experienced(name, embedder)
        rows += await _smaller(name, embedder)
    return rows


async def _whole(name: str, embedder: Embedder | None) -> list[Row]:
    agents, known, strange = read_agents(), read_queries(), _strange()
    async with registry_of(agents, embedder) as registry:
        fine, odd = await ask(registry, known), await ask(registry, strange)
        thresholds = await registry.thresholds()
    decided = decide(fine, odd, thresholds.fits)
    size = f"{name}, {len(agents)} agents"
    firsts = [sum(each.place is not None and each.place <= k for each in fine) for k in (1, 5)]
    least5 = 0.97 if embedder is not None else None
    at = f"threshold {thresholds.fits:.2f}"
    return [
        _least(f"R@1: {size}", recall_at(1, fine), _LEAST[name], f"{firsts[0]} of {len(fine)}"),
        _least(f"R@5: {size}", recall_at(5, fine), least5, f"{firsts[1]} of {len(fine)}"),
        _least(f"MRR: {size}", reciprocal_rank(fine), None),
        _least(f"AUC, known against strange tasks: {size}", separation(fine, odd), None),
        Row(f"false reuse: {size}", decided.false_reuse, 0.05, f"of {len(odd)} strange, {at}", ""),
        _least(f"reuse recall, the right agent: {size}", decided.recall, 0.6, f"of {len(fine)} known"),
        _least(f"precision of reuse: {size}", decided.precision, None),
    ]


async def _without_parts(name: str, embedder: Embedder | None) -> list[Row]:
    """The formula without what needs no experience."""
    agents = read_agents()
    bare = [agent.model_copy(update={"prompt": ""}) for agent in agents]
    variants: list[tuple[str, Sequence[Agent], Ranking]] = [("prompts as words", bare, USUAL)]
    if embedder is not None:
        variants.append(("words", agents, USUAL._replace(words=0.0)))
    rows = []
    for part, library, ranking in variants:
        async with registry_of(library, embedder, ranking) as registry:
            fine, odd = await ask(registry, read_queries()), await ask(registry, _strange())
        more = f"R@5 {recall_at(5, fine):.2f}, MRR {reciprocal_rank(fine):.2f}, AUC {separation(fine, odd):.2f}"
        rows.append(_least(f"R@1 without {part}: {name}", recall_at(1, fine), None, more))
    return rows


async def _experienced(name: str, embedder: Embedder | None) -> list[Row]:
    """With deeds and track records, for tasks unlike, like, and of the same kind as those that were done."""
    variants = {"all parts": USUAL, "no track": USUAL._replace(track=0.0)}
    if embedder is not None:
        variants["no deeds"] = USUAL._replace(deeds=0.0)
    rows = []
    for kind, split in (("other tasks", halved), ("like tasks", drawn), ("tasks in other words", dealt)):
        found: dict[str, list[float]] = {variant: [] for variant in ("novices", *variants)}
        for seed in range(_SPLITS):
            done, asked = split(read_queries(), random.Random(seed))
            async with registry_of(read_agents(), embedder) as registry:
                first = await ask(registry, done)
                found["novices"].append(recall_at(1, await ask(registry, asked)))
            for variant, ranking in variants.items():
                async with registry_of(taught(read_agents(), done, first), embedder, ranking) as registry:
                    found[variant].append(recall_at(1, await ask(registry, asked)))
        rows += [
            _least(f"R@1 of {kind}, {len(done)} deeds, {variant}: {name}", mean(values), None)
            for variant, values in found.items()
        ]
    return rows


async def _smaller(name: str, embedder: Embedder | None) -> list[Row]:
    """Thresholds in random parts of the library; tasks of agents that are left out are strange there."""
    rows = []
    for size in _SIZES:
        parts = [await _part(size, seed, embedder) for seed in range(_PARTS)]
        rows += [
            Row(f"{kind}: {name}, {size} of the agents", mean(getattr(part, field) for part in parts), target, text, "")
            for kind, field, target, text in (
                ("false reuse", "strange", 0.05, "of strange tasks"),
                ("false reuse", "left_out", None, "of tasks of those left out"),
            )
        ]
        rows += [
            _least(f"{kind}: {name}, {size} of the agents", mean(getattr(part, field) for part in parts), target)
            for kind, field, target in (("reuse recall", "recall", 0.6), ("precision", "precision", None))
        ]
    return rows


class _Part(NamedTuple):
    strange: float
    """False reuse for the tasks that no agent of the whole library can do."""
    left_out: float
    """The same for tasks whose agents are left out; some are like enough to those that are not."""
    recall: float
    precision: float
    """Of all that is reused; what is reused for a task of an agent that is left out counts as wrong."""


async def _part(size: int, seed: int, embedder: Embedder | None) -> _Part:
    agents = random.Random(seed).sample(read_agents(), size)
    ids = {agent.imported_as for agent in agents}
    async with registry_of(agents, embedder) as registry:
        asked, strange = await ask(registry, read_queries()), await ask(registry, _strange())
        threshold = (await registry.thresholds()).fits
    known = [each for each in asked if each.right & ids]
    left_out = [each for each in asked if not each.right & ids]
    whole = decide(known, [*left_out, *strange], threshold)
    return _Part(
        strange=decide(known, strange, threshold).false_reuse,
        left_out=decide(known, left_out, threshold).false_reuse,
        recall=whole.recall,
        precision=whole.precision,
    )


def _strange() -> list[Query]:
    return [Query(text, frozenset()) for text in read_strange()]


def _least(measure: str, value: float, target: float | None, ours: str = "") -> Row:
    return Row(measure, value, target, ours, "", at_least=True)
