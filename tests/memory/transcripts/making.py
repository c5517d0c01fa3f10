"""Random transcripts that hold together, for hypothesis: nested, under way or ended, of conversations and plans."""

from dataclasses import dataclass

from hypothesis import strategies as st

from repertory.memory.plans import Casting, Company, Plan, Step
from repertory.memory.proposals import Call, CallResult, Decision, Kind, Message, Proposal, Turn, decided_calls
from repertory.memory.records import Agent, ModelSpec, StepResult, Usage
from repertory.memory.transcripts.records import Exchange, Transcript

TOOLS = ("read_file", "write_file")
WORDS = st.text(alphabet="ab é漢\n\"'\\\x1b\u202e{}", max_size=12)
SAID = st.sampled_from(["yes", "no", "thou", "again"])
RUNS = st.sampled_from(["r1", "run-2", "a/b"])


def agents(depth: int = 3, name: str = "root") -> st.SearchStrategy[Agent]:
    """Hierarchies of up to so many layers below the root."""

    @st.composite
    def made(draw: st.DrawFn, depth: int, name: str) -> Agent:
        names = draw(
            st.lists(st.sampled_from(["ann", "bob"]), unique=True, min_size=depth > 1, max_size=2 if depth else 0)
        )
        return Agent(
            name=name,
            role="Somebody",
            description="Does something.",
            prompt=draw(WORDS),
            tools=tuple(draw(st.lists(st.sampled_from(TOOLS), unique=True))),
            model=ModelSpec(
                name=draw(st.sampled_from([None, "openai:x"])), temperature=draw(st.sampled_from([None, 0.5]))
            ),
            memory=draw(st.sampled_from(["none", "thread"])),
            delegates=tuple(draw(made(depth - 1, below)) for below in names),
            orchestration=draw(st.sampled_from(["model", "lines"])),
        )

    return made(depth, name)


@st.composite
def conversations(draw: st.DrawFn, depth: int = 3) -> Transcript:
    """A conversation of up to three messages; the last may be under way."""
    agent, run_id = draw(agents(depth)), draw(RUNS)
    count = draw(st.integers(0, 3))
    exchanges = []
    for n in range(count):
        ended = n + 1 < count or draw(st.booleans())
        turns = _Frame(run_id, f"m{n}", ("root",), agent).turns(draw, ended=ended)
        result = StepResult(step_id=f"m{n}", status="done", output=draw(WORDS)) if ended else None
        exchanges.append(Exchange(key=f"m{n}", message=draw(WORDS), turns=turns, result=result))
    paths = ["/".join(path) for path in agent.paths()]
    messages = draw(st.dictionaries(st.sampled_from(paths), st.tuples(message_records("left")), max_size=1))
    return Transcript(run_id=run_id, agent=agent, exchanges=tuple(exchanges), messages=messages)


@st.composite
def plans(draw: st.DrawFn) -> Transcript:
    """A planner's run: its own proposals, and up to three steps, by agents or by direct calls."""
    run_id, count = draw(RUNS), draw(st.integers(1, 3))
    steps, cast, exchanges = [], [], [_planner(draw, run_id)]
    for n in range(count):
        key, ended = f"s{n}", draw(st.booleans())
        direct = draw(st.booleans())
        agent = draw(agents(1, f"agent{n}"))
        fields = {"tool": "read_file"} if direct else {"agent": agent.name}
        steps.append(Step(id=key, instruction=draw(SAID), **fields))
        if not direct:
            cast.append(Casting(agent=agent))
        result = (
            StepResult(step_id=key, status="done", output=draw(WORDS), seconds=draw(st.floats(0, 9))) if ended else None
        )
        turns = () if direct else _Frame(run_id, key, ("perform", agent.name), agent, key).turns(draw, ended=ended)
        call = _direct(draw, run_id, key) if direct else None
        exchanges.append(Exchange(key=key, call=call, turns=turns, result=result))
    company = Company(plan=Plan(steps=tuple(steps)), cast=tuple(cast))
    state = {"answer": draw(WORDS), "usage": {"plan": {"model_calls": draw(st.integers(0, 9))}}}
    return Transcript(run_id=run_id, task=draw(SAID), company=company, state=state, exchanges=tuple(exchanges))


def transcripts() -> st.SearchStrategy[Transcript]:
    """Either."""
    return st.one_of(conversations(), plans())


def message_records(id_: str) -> st.SearchStrategy[Message]:
    """A message with this id."""
    return st.builds(Message, sender=SAID, text=WORDS, id=st.just(id_), by=st.sampled_from(["agent", "user"]))


def usages() -> st.SearchStrategy[Usage]:
    """What model calls cost."""
    return st.builds(Usage, model_calls=st.integers(0, 3), input_tokens=st.integers(0, 99))


@dataclass(frozen=True)
class _Frame:
    """One persona at work."""

    run_id: str
    key: str
    path: tuple[str, ...]
    agent: Agent
    step_id: str | None = None

    def turns(self, draw: st.DrawFn, *, ended: bool) -> tuple[Turn, ...]:
        """Some turns with calls, or replies that were sent back; then a reply, or a turn that is under way."""
        turns: list[Turn] = []
        for n in range(draw(st.integers(0, 2))):
            before = turns[-1] if turns else None
            turns.append(self._settled(draw, n, before))
        last = len(turns)
        return (*turns, self._reply(draw, last) if ended else self._under_way(draw, last))

    def _settled(self, draw: st.DrawFn, n: int, before: Turn | None) -> Turn:
        calls = self._calls(draw, n)
        superseded = before is not None and before.decision is not None and before.decision.verdict == "respond"
        supersedes = before.proposal.id if before and superseded else None
        turn = self._turn(draw, n, calls, supersedes=supersedes)
        if not calls or draw(st.booleans()):
            return turn.model_copy(update={"decision": Decision(verdict="respond", text=draw(SAID))})
        decided = turn.model_copy(update={"decision": self._decision(draw, calls)})
        results = tuple(self._result(draw, decided, call) for call in decided_calls(decided))
        return decided.model_copy(update={"results": results})

    def _under_way(self, draw: st.DrawFn, n: int) -> Turn:
        calls = self._calls(draw, n)
        turn = self._turn(draw, n, calls)
        if not calls or draw(st.booleans()):
            return turn
        turn = turn.model_copy(update={"decision": self._decision(draw, calls)})
        results, at_work, begun = [], {}, {}
        for call in decided_calls(turn):
            state = draw(st.sampled_from(["done", "going", "to do"]))
            refused = turn.decision is not None and call.id in turn.decision.refused
            if state == "done" or refused:
                results.append(self._result(draw, turn, call))
            elif state == "going" and call.name in self._delegates:
                at_work[call.id] = self._below(call).turns(draw, ended=False)
            elif state == "going":
                begun[call.id] = draw(st.integers(1, 3))
        return turn.model_copy(update={"results": tuple(results), "at_work": at_work, "begun": begun})

    def _reply(self, draw: st.DrawFn, n: int) -> Turn:
        edit = draw(st.sampled_from([None, {"text": "edited"}]))
        decision = Decision(
            verdict="edit" if edit else "approve", edit=edit, by=draw(st.sampled_from(["user", "policy"]))
        )
        return self._turn(draw, n, ()).model_copy(update={"decision": decision})

    def _turn(self, draw: st.DrawFn, n: int, calls: tuple[Call, ...], *, supersedes: str | None = None) -> Turn:
        kind = "reply" if not calls else "delegate" if all(call.name in self._delegates for call in calls) else "tool"
        proposal = Proposal(
            id=f"{self.run_id}/{self.key}#{n}",
            path=self.path,
            kind=kind,
            text=draw(WORDS),
            calls=calls,
            step_id=self.step_id,
            supersedes=supersedes,
        )
        heard = draw(st.lists(message_records(f"{self.key}#{n}"), max_size=1))
        return Turn(n=n, proposal=proposal, heard=tuple(heard), usage=draw(usages()))

    def _calls(self, draw: st.DrawFn, n: int) -> tuple[Call, ...]:
        names = [*self._delegates, *self._delegates, *self.agent.tools]
        chosen = draw(st.lists(st.sampled_from(names), max_size=2)) if names else []
        return tuple(
            Call(id=f"{n}.{index}", name=name, arguments={"message": draw(WORDS)}) for index, name in enumerate(chosen)
        )

    def _decision(self, draw: st.DrawFn, calls: tuple[Call, ...]) -> Decision:
        if draw(st.booleans()):
            edited = calls[-1].model_copy(update={"arguments": {"message": "edited"}})
            return Decision(verdict="edit", edit={"calls": [edited.model_dump()]})
        refused = {calls[0].id: draw(SAID)} if draw(st.booleans()) else {}
        return Decision(verdict="approve", refused=refused, by=draw(st.sampled_from(["user", "policy"])))

    def _result(self, draw: st.DrawFn, turn: Turn, call: Call) -> CallResult:
        if turn.decision and call.id in turn.decision.refused:
            return CallResult(call_id=call.id, status="refused", text="no")
        turns = self._below(call).turns(draw, ended=True) if call.name in self._delegates else ()
        status = draw(st.sampled_from(["done", "failed"]))
        return CallResult(call_id=call.id, status=status, text=draw(WORDS), turns=turns, usage=draw(usages()))

    def _below(self, call: Call) -> "_Frame":
        return _Frame(
            self.run_id, f"{self.key}/{call.id}", (*self.path, call.name), self._delegates[call.name], self.step_id
        )

    @property
    def _delegates(self) -> dict[str, Agent]:
        return {delegate.name: delegate for delegate in self.agent.delegates}


def _planner(draw: st.DrawFn, run_id: str) -> Exchange:
    turns = []
    for n in range(draw(st.integers(0, 2))):
        proposal = Proposal(id=f"{run_id}/planner#{n}", path=("planner",), kind="plan", content={"task": draw(SAID)})
        turns.append(Turn(n=n, proposal=proposal, decision=Decision(verdict="respond", text=draw(SAID))))
    if draw(st.booleans()):
        proposal = Proposal(id=f"{run_id}/rating", path=("planner",), kind="rating", content={"rating": "satisfied"})
        turns.append(Turn(n=len(turns), proposal=proposal))
    return Exchange(key="planner", turns=tuple(turns))


def _direct(draw: st.DrawFn, run_id: str, key: str) -> Turn:
    call = Call(id="0.0", name="read_file", arguments={"path": draw(SAID)})
    proposal = Proposal(id=f"{run_id}/{key}/call#0", path=("perform", key), kind="tool", calls=(call,), step_id=key)
    turn = Turn(n=0, proposal=proposal)
    if draw(st.booleans()):
        return turn
    result = CallResult(call_id="0.0", status="done", text=draw(WORDS))
    return turn.model_copy(update={"decision": Decision(verdict="approve", by="policy"), "results": (result,)})


def lady(prompt: str = "You are a lady.") -> Agent:
    """Two layers by hand: a lady with a stylist, who can count."""
    stylist = Agent(name="stylist", role="Stylist", description="Rewrites.", prompt="Rewrite.", tools=("count",))
    return Agent(name="lady", role="Lady", description="Talks.", prompt=prompt, tools=("look",), delegates=(stylist,))


def a_talk() -> Transcript:
    """By hand: in m0 the lady asks her stylist, who counts and replies, and then replies; m1 waits for a decision."""
    count = Call(id="0.0", name="count", arguments={"text": "so"})
    below = (
        _said("r/m0/0.0#0", ("lady", "stylist"), "tool", "", (count,)).model_copy(
            update={"results": (CallResult(call_id="0.0", status="done", text="2"),)}
        ),
        _said("r/m0/0.0#1", ("lady", "stylist"), "reply", "Mayhaps."),
    )
    ask = Call(id="0.0", name="stylist", arguments={"message": "maybe"})
    report = CallResult(call_id="0.0", status="done", text="Mayhaps.", turns=below)
    first = _said("r/m0#0", ("lady",), "delegate", "", (ask,)).model_copy(update={"results": (report,)})
    waiting = _said("r/m1#0", ("lady",), "reply", "A fool?").model_copy(update={"decision": None})
    return Transcript(
        run_id="r",
        agent=lady(),
        exchanges=(
            Exchange(
                key="m0",
                message="Who are you?",
                turns=(first, _said("r/m0#1", ("lady",), "reply", "I am Sara. Mayhaps.")),
                result=StepResult(step_id="m0", status="done", output="I am Sara. Mayhaps."),
            ),
            Exchange(key="m1", message="You are a fool.", turns=(waiting,)),
        ),
    )


def _said(id_: str, path: tuple[str, ...], kind: Kind, text: str, calls: tuple[Call, ...] = ()) -> Turn:
    proposal = Proposal(id=id_, path=path, kind=kind, text=text, calls=calls)
    return Turn(n=int(id_.rpartition("#")[2]), proposal=proposal, decision=Decision(verdict="approve", by="policy"))
