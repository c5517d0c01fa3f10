"""The Agent Protocol: what requests cost, long lists, and many tasks at once. `python -m benchmarks protocol`."""

from benchmarks import handlers, in_flight, long_lists
from benchmarks.table import Row


async def measure() -> list[Row]:
    """All of it."""
    return [*await handlers.measure(), *await long_lists.measure(), *await in_flight.measure()]
