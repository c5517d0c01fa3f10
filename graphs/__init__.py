"""How it is wired: the compiled graphs."""
