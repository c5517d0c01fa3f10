"""How it is wired: the compiled graphs, with what is needed to build and run them."""

from repertory.graphs.messages import leave_message
from repertory.graphs.persona import build_persona
from repertory.graphs.planner import build_planner
from repertory.graphs.topic import build_topic
from repertory.graphs.transcripts import restore, transcript_of
from repertory.memory.definitions.load import load_agent
from repertory.memory.proposals import Decision
from repertory.memory.records import Agent, ModelSpec
from repertory.memory.topics.memory import TopicMemory
from repertory.memory.transcripts.cutting import cut, proposal_ids
from repertory.memory.transcripts.difference import compare
from repertory.memory.transcripts.files import read_transcript, write_transcript
from repertory.memory.transcripts.records import PersonaTweak, Transcript, Tweak
from repertory.nodes.context import Context, Limits
from repertory.nodes.decisions.policy import Policy, Rule
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import configured_models, given_model
from repertory.nodes.persona.functions import Functions
from repertory.nodes.persona.orchestration import Answer, Delegate, Reply, Told, UseTool
from repertory.nodes.tools.builtin import builtin_toolbox
from repertory.nodes.tools.memory import for_topics
from repertory.nodes.tools.toolbox import Toolbox
from repertory.nodes.topic.report import feedback

__all__ = [
    "Agent",
    "Answer",
    "Context",
    "Decision",
    "Delegate",
    "Deps",
    "Functions",
    "Limits",
    "ModelSpec",
    "PersonaTweak",
    "Policy",
    "Reply",
    "Rule",
    "Told",
    "Toolbox",
    "TopicMemory",
    "Transcript",
    "Tweak",
    "UseTool",
    "build_persona",
    "build_planner",
    "build_topic",
    "builtin_toolbox",
    "compare",
    "configured_models",
    "cut",
    "feedback",
    "for_topics",
    "given_model",
    "leave_message",
    "load_agent",
    "proposal_ids",
    "read_transcript",
    "restore",
    "transcript_of",
    "write_transcript",
]
