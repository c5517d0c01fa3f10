"""Definitions: hierarchies of agents in files, YAML or Python, read into records."""
