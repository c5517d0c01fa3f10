"""Benchmarks: what the planner costs beside the bare model calls, and what hierarchies save."""
