"""Vectors: an agent's, which is what it says of itself drawn towards what it did well; and how near two are."""

from collections.abc import Sequence

import numpy as np


def blended(own: Sequence[float], deeds: Sequence[Sequence[float]], share: float) -> list[float]:
    """The mean of a vector and the centroid of others, each taken by its direction alone.

    Args:
        own: a vector.
        deeds: others; without any, `own` is all there is.
        share: the centroid's share, in [0, 1].

    Returns:
        A vector of length 1.
    """
    vector = _unit(np.asarray(own, dtype=np.float64))
    if deeds and share:
        centroid = _unit(np.mean([_unit(np.asarray(deed, dtype=np.float64)) for deed in deeds], axis=0))
        vector = _unit((1 - share) * vector + share * centroid)
    return [float(value) for value in vector]


def cosines(ones: Sequence[Sequence[float]], others: Sequence[Sequence[float]]) -> list[list[float]]:
    """The cosine of each of the one with each of the others; 0 where it is below."""
    left, right = (np.stack([_unit(np.asarray(each, dtype=np.float64)) for each in side]) for side in (ones, others))
    near: list[list[float]] = np.clip(left @ right.T, 0.0, 1.0).tolist()
    return near


def _unit(vector: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector
