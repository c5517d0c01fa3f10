"""The conversation with a persona: at a terminal with a key for everything, or line by line for programs."""
