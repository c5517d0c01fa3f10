"""The nodes of the master planner, and what they check, ask models for, and count."""
