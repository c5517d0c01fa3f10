"""Code-managed: a Python function chooses what a persona does next. See `orchestration` for how one is written.

Nothing of a function outlives a step: it is run again from its beginning, and given the recorded answers, whenever it
is to choose. So it goes on after a restart, in another process and in a replay, like any persona.
"""

import copy
import json
import traceback
from collections.abc import Callable, Generator, Sequence
from typing import Any

from repertory.memory.errors import FunctionError, InputError, RepertoryError
from repertory.memory.proposals import CallResult, Turn, decided_text
from repertory.memory.records import Agent, JsonObject
from repertory.nodes.deps import Deps
from repertory.nodes.models.responses import ToolLike
from repertory.nodes.persona.choice import Choice, Chooser, Situation
from repertory.nodes.persona.orchestration import (
    Act,
    Action,
    Answer,
    Delegate,
    Earlier,
    Orchestration,
    Reply,
    Told,
    UseTool,
)
from repertory.nodes.persona.past import EarlierFrame
from repertory.nodes.persona.speech import DELEGATE

Named = tuple[str, JsonObject]
"""The name of a tool or delegate, with checked arguments."""
STATE = "state"
"""Where a reply's proposal keeps the function's own state."""


def by_function(agent: Agent, tools: Sequence[ToolLike], deps: Deps) -> Chooser:
    """Make the choice of an agent that a Python function manages.

    Args:
        agent: who chooses; its orchestration names the function.
        tools: what it may call; a delegate is called through one of them.
        deps: the functions.

    Raises:
        InputError: there is no function of that name.
    """
    try:
        function = deps.orchestrations[agent.orchestration]
    except KeyError:
        raise InputError(
            f"agent {agent.name!r} is managed by the function {agent.orchestration!r}, which is not known; there is "
            f"{sorted(deps.orchestrations) or 'none'}: add it to `Deps.orchestrations`"
        ) from None
    known, delegates = {tool.name: tool for tool in tools}, frozenset(delegate.name for delegate in agent.delegates)

    def call(act: Act) -> Named:
        """What an act calls, checked."""
        if isinstance(act, Delegate) and delegates:
            known[DELEGATE].check({"to": act.to, "message": act.message})
            return act.to, {"message": act.message}
        if isinstance(act, UseTool) and act.name in known and act.name != DELEGATE:
            return act.name, as_json(known[act.name].check(act.arguments), f"the arguments of {act.name!r}")
        there = sorted({*known, *delegates} - {DELEGATE})
        raise InputError(f"agent {agent.name!r} cannot do {act!r}; it has the tools and delegates {there}")

    async def choose(at: Situation) -> Choice:
        earlier = tuple(Earlier(frame.message, _replied(frame)) for frame in at.earlier)
        told = Told(message=at.message, earlier=earlier, state=_left(at.earlier))
        try:
            action = _Drive(agent, function, told, call).next_action(at)
            if isinstance(action, Reply):
                state = as_json(told.state, "the state")
                return Choice(text=action.text, content={STATE: state} if state else {})
            calls = tuple(call(act) for act in acts_of(action))
            if not calls:
                raise InputError(f"agent {agent.name!r} yielded no action; yield a delegation, a tool call or a reply")
        except Exception as error:
            raise _blamed(error, agent, at.frame.key) from error
        return Choice(calls=calls, delegates=delegates)

    return choose


def _blamed(error: Exception, agent: Agent, frame: str) -> RepertoryError:
    """What a function did wrong, with its name and, where it raised, the line."""
    who = f"the function {agent.orchestration!r} of agent {agent.name!r}, at {frame!r}"
    if isinstance(error, RepertoryError):
        return type(error)(f"{error} (in {who})")
    raised = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{raised.filename}:{raised.lineno}"
    return FunctionError(f"{who}, raised {type(error).__name__}: {error} ({where}); mend it, and go on with the run")


class _Drive:
    """One run of a function, up to its next action."""

    def __init__(self, agent: Agent, function: Orchestration, told: Told, call: Callable[[Act], Named]) -> None:
        self._agent, self._function, self._told, self._call = agent, function, told, call
        self._state = copy.deepcopy(told.state)
        self._running: Generator[Action, Any, str | None] | None = None

    def next_action(self, at: Situation) -> Action:
        """What comes after all turns so far; `Told.feedback` grows as it did then."""
        each = (*(turn.heard for turn in at.turns), at.heard)
        heard = [[message.text for message in messages] for messages in each]
        self._told.feedback += heard[0]
        action = self._begin()
        for turn, words in zip(at.turns, heard[1:], strict=True):
            self._check(action, turn)
            if turn.decision and turn.decision.verdict == "respond":
                self._told.feedback.append(turn.decision.text)
            self._told.feedback += words
            action = self._go_on(action, turn)
        return action

    def _begin(self) -> Action:
        begun = self._function(self._told)
        if isinstance(begun, str):
            return self._said(begun)
        if not isinstance(begun, Generator):
            raise InputError(f"{self._name} returned {begun!r}; return the reply, or yield actions")
        self._running = begun
        return self._advance(None)

    def _go_on(self, action: Action, turn: Turn) -> Action:
        if self._running is None:  # it had returned its reply, and a person wants another
            self._told.state = copy.deepcopy(self._state)
            return self._begin()
        answers = _answers(turn)
        several = isinstance(action, Sequence)
        return self._advance(answers if several else answers[0])

    def _advance(self, answer: Any) -> Action:
        assert self._running is not None  # noqa: S101 - only asked for while it runs
        try:
            action: Action = self._running.send(answer)
        except StopIteration as end:
            self._running = None
            return self._said(end.value)
        return self._said(action.text) if isinstance(action, Reply) else action

    def _said(self, words: Any) -> Reply:
        if not isinstance(words, str) or not words.strip():
            raise InputError(f"{self._name} replied {words!r}; give the reply in words")
        return Reply(words)

    def _check(self, action: Action, turn: Turn) -> None:
        """What it does now must be what it did then: else its answers would go to other actions."""
        recorded: Any = tuple((call.name, call.arguments) for call in turn.proposal.calls) or turn.proposal.text
        now: Any = action.text if isinstance(action, Reply) else tuple(self._call(act) for act in acts_of(action))
        if now != recorded:
            raise InputError(
                f"{self._name} did {now!r} where it had done {recorded!r} (proposal {turn.proposal.id!r}): it has "
                "changed, or depends on more than it is told; replay from an earlier proposal, or begin anew"
            )

    @property
    def _name(self) -> str:
        return f"the function {self._agent.orchestration!r} of agent {self._agent.name!r}"


def _answers(turn: Turn) -> list[Answer]:
    """What came of each act of a turn, in their order; a reply that is answered is one act."""
    words = turn.decision.text if turn.decision else ""
    if not turn.proposal.calls:
        return [Answer("refused", words)]
    results = {result.call_id: result for result in turn.results}
    return [_answer(results.get(call.id), words) for call in turn.proposal.calls]


def _answer(result: CallResult | None, words: str) -> Answer:
    if result is None:
        return Answer("refused", words or "the user rejected it")
    return Answer(result.status, result.text, result.data)


def as_json(value: Any, what: str) -> Any:
    """A value as it comes back from where it is kept, so that a restart changes nothing.

    Raises:
        InputError: it has no form in JSON.
    """
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError) as error:
        raise InputError(f"{what} must be JSON-like, and is {value!r}: {error}") from error


def acts_of(action: Act | Sequence[Act]) -> tuple[Act, ...]:
    """The acts of an action that is no reply."""
    if isinstance(action, str):
        raise InputError(
            f"it yielded the text {action!r}; yield Delegate(…), UseTool(…) or Reply(…), or return the text"
        )
    return tuple(action) if isinstance(action, Sequence) else (action,)


def _reply(frame: EarlierFrame) -> Turn | None:
    """The turn with the reply to an earlier message; None where none was accepted."""
    last = frame.turns[-1]
    accepted = last.decision is not None and last.decision.verdict in ("approve", "edit")
    return last if accepted and not last.proposal.calls else None


def _replied(frame: EarlierFrame) -> str:
    """The reply to an earlier message; empty where it got none."""
    reply = _reply(frame)
    return decided_text(reply) if reply else ""


def _left(earlier: Sequence[EarlierFrame]) -> JsonObject:
    """The function's own state as its last reply left it."""
    replies = [reply for frame in earlier if (reply := _reply(frame))]
    return copy.deepcopy(replies[-1].proposal.content.get(STATE, {})) if replies else {}
