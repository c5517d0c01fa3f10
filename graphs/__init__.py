"""How it is wired: the compiled graphs, with what is needed to build and run them."""

from repertory.graphs.persona import build_persona
from repertory.graphs.planner import build_planner
from repertory.nodes.context import Context, Limits
from repertory.nodes.deps import Deps
from repertory.nodes.models import configured_models, given_model
from repertory.nodes.policy import Policy, Rule
from repertory.nodes.toolbox import Toolbox
from repertory.nodes.tools import builtin_toolbox

__all__ = [
    "Context",
    "Deps",
    "Limits",
    "Policy",
    "Rule",
    "Toolbox",
    "build_persona",
    "build_planner",
    "builtin_toolbox",
    "configured_models",
    "given_model",
]
