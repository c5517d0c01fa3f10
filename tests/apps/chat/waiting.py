"""Events of a conversation that waits for a decision, and of one that was spoken."""

from repertory.apps.runs.events import Asked, Event
from repertory.memory.proposals import CallResult, Decision, Turn
from repertory.memory.transcripts.records import Exchange, Transcript
from tests.apps.chat.told import ANSWER, MAIN, delegates, outcome, pending, says, streamed

HELLO = says(MAIN, "Good day.")
ASKS = pending(HELLO)
ID = ASKS.id
WAITS: list[Event] = [*streamed(MAIN, "Good day."), Asked(pending=ASKS), outcome(asked=[ASKS], status="needs_decision")]
ENDS: list[Event] = [outcome("Good day.")]
LEAVE = ">"
ANSWERED = says(ANSWER, "I am Sara.", "m0/0.0")
ASKED = delegates(MAIN, ("answerer", "Who are you?"))
TURNS = (
    Turn(
        n=0,
        proposal=ASKED.proposal,
        decision=Decision(verdict="approve"),
        results=(
            CallResult(
                call_id="0.0",
                status="done",
                text="I am Sara.",
                turns=(Turn(n=0, proposal=ANSWERED.proposal, decision=Decision(verdict="edit", edit={"text": "I."})),),
            ),
        ),
    ),
    Turn(n=1, proposal=says(MAIN, "Good day.", turn=1).proposal),
)
SPOKEN = Transcript(run_id="run", exchanges=(Exchange(key="m0", message="hello", turns=TURNS),))
