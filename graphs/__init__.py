"""How it is wired: the compiled graphs."""

from repertory.graphs.persona import build_persona
from repertory.graphs.planner import build_planner

__all__ = ["build_persona", "build_planner"]
