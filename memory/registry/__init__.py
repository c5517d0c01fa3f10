"""The company's memory: agents and cohorts, kept in a store, which is the truth, and found through an index."""

from repertory.memory.registry.kept import Found
from repertory.memory.registry.learning import Lesson
from repertory.memory.registry.mounted import Candidate, Mounted, Query
from repertory.memory.registry.registry import Registry

__all__ = ["Candidate", "Found", "Lesson", "Mounted", "Query", "Registry"]
