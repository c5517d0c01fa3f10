"""Topics and what is in them: the entities of the Agent Protocol, how they change, and what a topic remembers."""
