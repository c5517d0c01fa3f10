"""Tasks: what is the same in two of them, and whether one plan could do both."""
