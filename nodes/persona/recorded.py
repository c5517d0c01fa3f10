"""A conversation as a transcript, and a transcript as a conversation."""

from typing import Any

from langgraph.store.base import BaseStore

from repertory.memory.errors import TranscriptError
from repertory.memory.journal import Journal
from repertory.memory.records import Agent, StepResult
from repertory.memory.transcripts.assembly import Assembly, entries
from repertory.memory.transcripts.records import Exchange, Fork, Transcript
from repertory.nodes.persona.exchanges import ConversationState, Said, branch_of, earlier, in_order, latest


async def transcript(state: ConversationState, store: BaseStore, *, at_work: bool) -> Transcript:
    """The conversation of a thread's state, from its journal.

    Args:
        state: of the thread.
        store: has the journal.
        at_work: whether the latest message is being dealt with.
    """
    run_id = state["run_id"]
    journal = Journal(store, run_id)
    origin = await journal.origin()
    said = {**earlier(state), state["key"]: latest(state)} if at_work else in_order(state["exchanges"])
    exchanges = [await _exchange(key, one, run_id, store) for key, one in said.items()]
    return Transcript(
        run_id=run_id,
        agent=Agent.model_validate(origin["agent"]),
        exchanges=tuple(exchanges),
        messages={to: tuple(left) for to, left in (await journal.messages()).items()},
        forked_from=Fork.model_validate(origin["forked_from"]) if origin["forked_from"] else None,
    )


async def _exchange(key: str, said: Said, run_id: str, store: BaseStore) -> Exchange:
    journal = Journal(store, run_id, said.branch)
    turns = Assembly(await journal.turns(), await journal.calls()).frame(key)
    result = (await journal.results()).get(key)
    return Exchange(key=key, message=said.message, turns=turns, result=result[0] if result else None)


async def write(transcript: Transcript, store: BaseStore) -> tuple[ConversationState, str]:
    """Write a transcript into the journal; the state to go on from, and the node after which it stands."""
    if transcript.agent is None or not transcript.exchanges:
        raise TranscriptError(f"the conversation {transcript.run_id!r} has no messages; there is nothing to go on with")
    said: dict[str, Said] = {}
    for exchange in transcript.exchanges:
        branch = branch_of(transcript.run_id, exchange.key, exchange.message, said)
        journal = Journal(store, transcript.run_id, branch)
        await keep_turns(journal, exchange)
        if exchange.result:
            result = exchange.result.model_copy(update={"branch": branch})
            await journal.keep_result(result, exchange.turns, 0.0)
        said[exchange.key] = Said(message=exchange.message, branch=branch)
    last = transcript.exchanges[-1]
    state: Any = {
        "message": last.message,
        "run_id": transcript.run_id,
        "key": last.key,
        "exchanges": said,
        **_ended(last.result, last),
    }
    return state, transcript.agent.name if last.result else "begin"


async def keep_turns(journal: Journal, exchange: Exchange) -> None:
    """Write the turns of an exchange, and the calls that had been begun."""
    for frame, turn in entries(exchange.key, exchange.turns):
        await journal.keep_turns(frame, [turn])
        for call_id, attempt in turn.begun.items():
            await journal.begin_call(frame, call_id, attempt)


def _ended(result: StepResult | None, exchange: Exchange) -> Any:
    if result is None:
        return {"reply": None, "error": None, "turns": []}
    done = result.status == "done"
    return {
        "reply": result.output if done else None,
        "error": result.error,
        "turns": list(exchange.turns),
        "usage": result.usage,
    }
