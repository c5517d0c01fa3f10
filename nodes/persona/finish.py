"""How a persona ends: with its report, which holds its reply and its whole transcript."""

from langgraph.types import Overwrite

from repertory.memory.proposals import CallResult, Turn, merge_turns
from repertory.memory.records import Artifact, Usage
from repertory.nodes.live import LiveRun
from repertory.nodes.persona.state import PersonaState, PersonaUpdate


async def finish(
    state: PersonaState, run: LiveRun, *, reply: str | None = None, error: str | None = None, last: Turn | None = None
) -> PersonaUpdate:
    """Keep how a persona ends, either with a reply or with an error, and make the update that ends it.

    Args:
        state: the persona's state.
        run: the run, whose journal keeps it. What a root leaves, the step's result keeps, too.
        reply: what it answers.
        error: why it cannot.
        last: its last turn, where the state does not hold it yet.
    """
    frame = state["frame"]
    turns = tuple(merge_turns(state.get("turns"), [last] if last else []))
    report = CallResult(
        call_id=state.get("call_id", ""),
        status="failed" if error else "done",
        text=error or reply or "",
        data={} if error else {"text": reply},
        trusted=all(result.trusted for turn in turns for result in turn.results),
        artifacts=tuple(_artifacts(turns)),
        turns=turns,
        usage=total_usage(turns),
    )
    if not frame.is_root:
        await run.keep_report(frame.key, turns[-2:], report)  # the one before may have been kept undecided
    elif frame.step_id is None:
        await run.keep(frame.key, turns[-2:])
    # what delegates reported stays inside: the coordinator gets this report and nothing else
    return {"reported": Overwrite({frame.key: report}), "reply": reply}  # type: ignore[typeddict-item]


def total_usage(turns: tuple[Turn, ...]) -> Usage:
    """What turns cost, calls and delegates included."""
    return sum(
        (turn.usage + sum((result.usage for result in turn.results), Usage()) for turn in turns),
        Usage(),
    )


def _artifacts(turns: tuple[Turn, ...]) -> list[Artifact]:
    """The files left behind; of several versions of a file, the last."""
    found = {file.path: file for turn in turns for result in turn.results for file in result.artifacts}
    return list(found.values())
