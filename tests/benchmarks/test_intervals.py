"""Confidence intervals, against published values and what must hold of any."""

import pytest

from benchmarks.intervals import paired_interval, share_interval

PUBLISHED = {
    (81, 263): (0.2553, 0.3662),
    (15, 148): (0.0624, 0.1605),
    (0, 20): (0.0, 0.1611),
    (1, 29): (0.0061, 0.1718),
}


@pytest.mark.parametrize("counts", PUBLISHED)
def test_shares_as_published(counts: tuple[int, int]) -> None:
    """Wilson's intervals in table I of Newcombe (1998), to their four digits."""
    assert share_interval(*counts) == pytest.approx(PUBLISHED[counts], abs=6e-5)


def test_the_difference_of_many_pairs() -> None:
    """With many pairs it is the difference, give or take 1.96 standard errors; swapping the sides turns it around."""
    low, high = paired_interval(10_000, 12_000, 100_000)
    error = (0.22 - 0.02**2) ** 0.5 / 100_000**0.5
    assert (low, high) == pytest.approx((0.02 - 1.96 * error, 0.02 + 1.96 * error), abs=1e-5)
    assert paired_interval(12_000, 10_000, 100_000) == pytest.approx((-high, -low))


def test_pairs_that_agree_leave_doubt() -> None:
    """No discordant pair among few is no proof of equality, and the bounds stay within what shares can differ."""
    low, high = paired_interval(0, 0, 5)
    assert -1 <= low < 0 < high <= 1
