"""Agents without end, and an embedder that costs nothing: what is left is what storing, indexing and searching take.

Everything follows from numbers: the same on every machine. Texts are of the size of public agents' (a description of 25
words, a prompt of some 300 distinct ones), their words as unequally frequent as words are. Vectors lie in clusters, as
those of texts on one topic do: a topic's centre, a branch of it, and noise that is the text's own.
"""

import hashlib
import random
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, product

import numpy as np
from numpy.typing import NDArray

from repertory.memory.records import Agent
from repertory.memory.retrieval.index import ByForm, Thresholds

DIMENSION = 384
_TOPICS, _BRANCHES = 300, 10
_BRANCH, _OWN = 0.7, 0.5
"""Lengths beside the centre's 1."""
_PROMPT = 340

Floats = NDArray[np.float32]


def agent(number: int) -> Agent:
    """One of them, each another."""
    chance = random.Random(number)
    topic, branch = chance.randrange(_TOPICS), chance.randrange(_BRANCHES)
    return Agent(
        name=f"agent_{number}",
        role=f"{_topic(topic)} {_topic(topic, branch)} expert",
        description=_prose(chance, 20, topic),
        prompt=_prose(chance, _PROMPT, topic),
    )


def query(number: int) -> str:
    """Who is wanted, as casting asks for it; on a topic that some of the agents have."""
    chance = random.Random(f"query {number}")
    topic, branch = chance.randrange(_TOPICS), chance.randrange(_BRANCHES)
    return f"{_topic(topic)} {_topic(topic, branch)} expert: {_prose(chance, 12, topic)}"


class SyntheticEmbedder:
    """Takes a text's topic and branch from its first two words, and the rest from its hash."""

    name = "synthetic"
    dimension = DIMENSION
    thresholds = ByForm(*2 * [Thresholds(fits=0.4, doubtful=0.3)])

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text."""
        vectors: list[list[float]] = vectors_of(texts).tolist()
        return vectors


def vectors_of(texts: Sequence[str]) -> Floats:
    """The vectors, of length 1, a row for each text."""
    vectors = np.empty((len(texts), DIMENSION), np.float32)
    for row, text in enumerate(texts):
        topic, branch, *_ = text.split(maxsplit=2)
        vectors[row] = _direction(topic) + _BRANCH * _direction(topic, branch) + _OWN * _normal(text)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@cache
def _direction(*words: str) -> Floats:
    return _normal(" ".join(("direction", *words)))


def _normal(text: str) -> Floats:
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return np.random.default_rng(seed).standard_normal(DIMENSION, np.float32)


def _topic(*numbers: int) -> str:
    """A word that stands for a topic or a branch."""
    return _vocabulary()[1000 + sum(number * (1 if n == 0 else 337) for n, number in enumerate(numbers))]


def _prose(chance: random.Random, count: int, topic: int) -> str:
    """Words, every tenth from those of the topic."""
    own = _vocabulary()[5000 + 40 * topic : 5040 + 40 * topic]
    frequent = chance.choices(_vocabulary(), cum_weights=_weights(), k=count)
    return " ".join(chance.choice(own) if n % 10 == 0 else word for n, word in enumerate(frequent))


@cache
def _vocabulary() -> tuple[str, ...]:
    """20,000 words."""
    syllables = [consonant + vowel for consonant, vowel in product("bdfgklmnprstvz", "aeiou")]
    words = ["".join(parts) + "n" for parts in product(syllables, repeat=3)]
    random.Random(0).shuffle(words)
    return tuple(words[:20_000])


@cache
def _weights() -> tuple[float, ...]:
    """As frequent as their ranks say (Zipf), the most frequent, which are stop words, left out."""
    return tuple(accumulate(1 / (rank + 30) for rank in range(20_000)))
