"""How it is wired: the compiled graphs, with what is needed to build and run them."""

from repertory.graphs.persona import build_persona
from repertory.graphs.planner import build_planner
from repertory.graphs.transcripts import restore, transcript_of
from repertory.memory.proposals import Decision
from repertory.memory.transcripts.cutting import cut
from repertory.memory.transcripts.records import PersonaTweak, Transcript, Tweak
from repertory.nodes.context import Context, Limits
from repertory.nodes.decisions.policy import Policy, Rule
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import configured_models, given_model
from repertory.nodes.persona.orchestration import Answer, Delegate, Reply, Told, UseTool
from repertory.nodes.tools.builtin import builtin_toolbox
from repertory.nodes.tools.toolbox import Toolbox

__all__ = [
    "Answer",
    "Context",
    "Decision",
    "Delegate",
    "Deps",
    "Limits",
    "PersonaTweak",
    "Policy",
    "Reply",
    "Rule",
    "Told",
    "Toolbox",
    "Transcript",
    "Tweak",
    "UseTool",
    "build_persona",
    "build_planner",
    "builtin_toolbox",
    "configured_models",
    "cut",
    "given_model",
    "restore",
    "transcript_of",
]
