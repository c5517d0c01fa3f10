"""Libraries: the agents and cohorts of an owner as a folder of readable files, and public collections of agents."""
