"""How sure a share is, and the difference of two shares of the same cases."""

import math

_Z = 1.959964
"""95 %, both sides."""


def share_interval(successes: int, cases: int) -> tuple[float, float]:
    """95 % confidence interval of a share (Wilson 1927), which holds for few cases and near 0 and 1, too."""
    share, spread = successes / cases, _Z**2 / cases
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / cases + spread / (4 * cases)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def paired_interval(only_first: int, only_second: int, cases: int) -> tuple[float, float]:
    """95 % confidence interval of second share less first, both of the same cases (Agresti and Min 2005).

    Args:
        only_first: cases in which only the first succeeded.
        only_second: cases in which only the second did.
        cases: all of them.
    """
    first, second, total = only_first + 0.5, only_second + 0.5, cases + 2
    middle = (second - first) / total
    half = _Z * math.sqrt(first + second - (second - first) ** 2 / total) / total
    return max(-1.0, middle - half), min(1.0, middle + half)
