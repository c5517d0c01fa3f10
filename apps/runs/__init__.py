"""Runs of a home: their settings, what performs them, and what happens in them."""
