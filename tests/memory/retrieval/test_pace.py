"""How much is written at a time."""

from repertory.memory.retrieval.pace import Pace


def test_writes_become_as_large_as_time_allows():
    """More rows where they are fast, fewer where they are slow, within bounds, and little changes at once."""
    pace = Pace()
    first = pace.rows
    for _ in range(20):
        pace.took(0.0)
    largest = pace.rows
    assert largest > first
    pace.took(10.0)
    assert largest > pace.rows >= largest // 2
    for _ in range(20):
        pace.took(10.0)
    assert 1 <= pace.rows < first


def test_it_settles_where_a_write_takes_its_time():
    """With rows of 1.5 ms each, writes come to 15 ms."""
    pace = Pace()
    for _ in range(30):
        pace.took(pace.rows * 0.0015)
    assert 0.012 <= pace.rows * 0.0015 <= 0.016
