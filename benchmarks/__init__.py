"""Benchmarks: what the planner costs beside the bare model calls. `python -m benchmarks` prints the table."""
