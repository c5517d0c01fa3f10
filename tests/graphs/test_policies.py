"""A thousand random hierarchies, policies and answers, in random order, against a plain model of the rules."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.store.memory import InMemoryStore
from langgraph.store.sqlite.aio import AsyncSqliteStore
from langgraph.types import Command

from repertory.graphs import build_persona, transcript_of
from repertory.memory.proposals import Turn
from repertory.memory.records import Agent
from repertory.memory.transcripts.assembly import entries
from repertory.memory.transcripts.checks import check_transcript
from repertory.memory.transcripts.records import Transcript
from repertory.nodes.context import Context
from repertory.nodes.decisions.policy import Policy, Rule
from repertory.nodes.deps import Deps
from repertory.nodes.models.configured import given_model
from repertory.nodes.tools.toolbox import Toolbox
from tests.graphs.conftest import Keeping
from tests.scripted import Ask, ScriptedModel

RISKS = {"look": "read", "write": "write", "send": "outside"}
NAMES = ("ann", "bob", "cyd")

# --- what is drawn


@dataclass(frozen=True)
class Persona:
    """A persona, and what it proposes in each turn; after the last it replies."""

    name: str
    tools: tuple[str, ...] = ()
    delegates: tuple["Persona", ...] = ()
    turns: tuple[tuple[str, ...], ...] = ()
    """Names of the tools and delegates that are called at once."""

    def agent(self, path: str) -> Agent:
        return Agent(
            name=self.name,
            role="r",
            description="d",
            prompt=f"You are {path}.",
            tools=self.tools,
            delegates=tuple(delegate.agent(f"{path}/{delegate.name}") for delegate in self.delegates),
        )

    def at(self, path: str) -> "Persona":
        """The persona of a path that begins with this one's name."""
        _, _, rest = path.partition("/")
        name = rest.partition("/")[0]
        return next(delegate for delegate in self.delegates if delegate.name == name).at(rest) if rest else self


@st.composite
def personas(draw: st.DrawFn, name: str = "top", depth: int = 3) -> Persona:
    tools = tuple(draw(st.lists(st.sampled_from(sorted(RISKS)), unique=True, max_size=3)))
    below = (
        draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=depth == 3, max_size=depth)) if depth > 1 else []
    )
    delegates = tuple(draw(personas(name, depth - 1)) for name in below)
    callable_ = [*tools, *below, *below]  # more often a delegate: what is nested is what can go wrong
    turn = st.lists(st.sampled_from(callable_), min_size=1, max_size=depth).map(tuple) if callable_ else st.nothing()
    turns = draw(st.lists(turn, min_size=1, max_size=1 + (depth == 3))) if callable_ else []
    return Persona(name, tools, delegates, tuple(turns))


RULE = st.builds(
    Rule,
    then=st.sampled_from(["ask", "auto"]),
    path=st.none() | st.sampled_from(["top", "top/*", "*/ann", "*/bob", "top/ann", "top/bob/*", "top/*/cyd", "*"]),
    kind=st.none() | st.sampled_from(["reply", "tool", "delegate"]),
    tool=st.none() | st.sampled_from(["look", "write", "send", "ann", "bob", "?o*", "*"]),
    risk=st.none() | st.sampled_from(["read", "write", "outside"]),
)
DENIAL = st.one_of(
    st.builds(Rule, then=st.just("deny"), tool=st.sampled_from(["look", "write", "send", "ann", "*o*"])),
    st.builds(Rule, then=st.just("deny"), risk=st.sampled_from(["read", "write", "outside"])),
    st.builds(Rule, then=st.just("deny"), kind=st.just("reply"), path=st.sampled_from(["*/ann", "*/bob", "top/*"])),
)
RULES = st.lists(st.one_of(RULE, RULE, DENIAL), max_size=4)
LAST = st.sampled_from(
    [(), (Rule(then="auto"),), (Rule(then="auto", kind="delegate"), Rule(then="auto", kind="reply"))]
)

Run = tuple[Sequence[Rule], Sequence[Rule], int]
"""A policy's first rules, its last ones, and what answers and their order are drawn from."""
RUNS = st.tuples(RULES, LAST, st.integers(0, 2**32))


@dataclass(frozen=True)
class Answers:
    """What a person answers to each proposal: the same wherever and whenever it is asked."""

    seed: int

    def __call__(self, proposal_id: str, persona: Persona, calls: Sequence[str], n: int) -> Any:
        """An answer to the proposal of `calls` (a reply where there are none)."""
        rng = random.Random(f"{self.seed} {proposal_id}")
        verdict = rng.choice([*["approve"] * 4, "edit", "edit", "respond" if n < 3 else "approve", "reject"])
        if verdict == "approve":
            return rng.choice([True, "yes", {"type": "accept"}])
        if verdict != "edit":
            return {"verdict": verdict, "text": f"{verdict} {proposal_id}"}
        if not calls:
            return {"verdict": "edit", "edit": {"text": f"edited {proposal_id}"}}
        kept = sorted(rng.sample(range(len(calls)), rng.randint(1, len(calls))))
        return {"verdict": "edit", "edit": {"calls": [self._edited(i, calls[i], persona, n, rng) for i in kept]}}

    @staticmethod
    def _edited(index: int, name: str, persona: Persona, n: int, rng: random.Random) -> Any:
        to = rng.choice([name, *persona.tools])
        return {"id": f"{n}.{index}", "name": to, "arguments": _arguments(to, f"edited {index}")}


def _arguments(name: str, words: str) -> dict[str, str]:
    return {"text": words} if name in RISKS else {"message": words}


# --- the rules, said plainly


@dataclass
class Expected:
    """What is to happen, worked out without graphs: one persona after the other, each delegate to its end."""

    rules: Sequence[Rule]
    answers: Answers
    asked: set[str] = field(default_factory=set)
    run: Counter[str] = field(default_factory=Counter)
    turns: dict[str, Any] = field(default_factory=dict)

    def verdict(self, path: str, kind: str, tool: str | None = None) -> str:
        for rule in self.rules:
            if rule.path is not None and not fnmatchcase(path, rule.path):
                continue
            if rule.kind is not None and rule.kind != kind:
                continue
            if rule.tool is not None and (tool is None or not fnmatchcase(tool, rule.tool)):
                continue
            if rule.risk is not None and RISKS.get(tool or "") != rule.risk:
                continue
            return rule.then
        return "ask"

    def play(self, persona: Persona, path: str, key: str) -> tuple[str, str]:
        """Status and text of what the persona reports."""
        n = 0
        while True:
            calls = persona.turns[n] if n < len(persona.turns) else ()
            ended = self.reply(persona, path, key, n) if not calls else self.act(persona, path, key, n, calls)
            if ended:
                return ended
            n += 1

    def reply(self, persona: Persona, path: str, key: str, n: int) -> tuple[str, str] | None:
        by_policy = self.verdict(path, "reply")
        text, verdict, by = f"{path} says {n}", "approve", "policy"
        if by_policy == "ask":
            self.asked.add(f"{key}#{n}")
            answer, by = self.answers(f"{key}#{n}", persona, (), n), "user"
            verdict = answer.get("verdict", "approve") if isinstance(answer, dict) else "approve"
            text = answer["edit"]["text"] if verdict == "edit" else text
        why = f"reject {key}#{n}" if by == "user" else "the policy does not allow it"
        verdict = "reject" if by_policy == "deny" else verdict
        self.turns[f"{key}#{n}"] = (verdict, by, [])
        if verdict == "respond":
            return None
        return ("failed", f"the reply was rejected. {why}") if verdict == "reject" else ("done", text)

    def act(self, persona: Persona, path: str, key: str, n: int, names: Sequence[str]) -> None:
        calls = [(f"{n}.{i}", name, f"{path} {n}.{i}") for i, name in enumerate(names)]
        verdicts = [self.verdict(path, "tool" if name in RISKS else "delegate", name) for name in names]
        verdict, by = "approve", "policy"
        if "ask" in verdicts:
            self.asked.add(f"{key}#{n}")
            answer, by = self.answers(f"{key}#{n}", persona, names, n), "user"
            verdict = answer.get("verdict", "approve") if isinstance(answer, dict) else "approve"
            if verdict == "edit":
                calls = [(c["id"], c["name"], next(iter(c["arguments"].values()))) for c in answer["edit"]["calls"]]
        results = [self.call(persona, path, key, *call) for call in calls] if verdict in ("approve", "edit") else []
        self.turns[f"{key}#{n}"] = (verdict, by, results)

    def call(self, persona: Persona, path: str, key: str, id_: str, name: str, words: str) -> tuple[str, str, str]:
        if self.verdict(path, "tool" if name in RISKS else "delegate", name) == "deny":
            return (id_, "refused", f"the policy does not allow {name!r} here")
        if name in RISKS:
            self.run[f"{name} {words}"] += 1
            return (id_, "done", f"did {name} {words}")
        delegate = next(delegate for delegate in persona.delegates if delegate.name == name)
        return (id_, *self.play(delegate, f"{path}/{name}", f"{key}/{id_}"))


# --- what really happens


class Stage:
    """The hierarchy at work: its model plays each persona by its path, its tools keep what they were called with."""

    def __init__(self, root: Persona) -> None:
        self.root, self.run = root, Counter[str]()
        self.model = ScriptedModel(responder=self.respond, usage=False)
        toolbox = Toolbox()
        for name, risk in RISKS.items():
            toolbox.add(self._tool(name), name=name, risk=risk)  # type: ignore[arg-type]
        self.deps = Deps(models=given_model(self.model), toolbox=toolbox)

    def _tool(self, name: str) -> Callable[[str], str]:
        def tool(text: str) -> str:
            """Do it."""
            self.run[f"{name} {text}"] += 1
            return f"did {name} {text}"

        return tool

    def respond(self, ask: Ask) -> Any:
        path = str(ask.messages[0].text).split("\n")[0].removeprefix("You are ").rstrip(".")
        persona, n = self.root.at(path), sum(message.type == "ai" for message in ask.messages)
        if n >= len(persona.turns):
            return f"{path} says {n}"
        return [self._call(name, f"{path} {n}.{index}") for index, name in enumerate(persona.turns[n])]

    @staticmethod
    def _call(name: str, words: str) -> tuple[str, dict[str, str]]:
        if name in RISKS:
            return (name, {"text": words})
        return ("delegate", {"to": name, "message": words})


async def perform(
    graph: Any, root: Persona, rules: Sequence[Rule], answers: Answers, config: Any
) -> tuple[Any, list[str], Transcript]:
    """Run it to its end, answering one or several at a time in random order; the result, who was asked, all of it."""
    rng, asked, gone = random.Random(answers.seed), list[str](), list[str]()
    context = Context(policy=Policy(rules=tuple(rules)))
    out = await graph.ainvoke({"message": "go"}, config, context=context)
    while questions := out.get("__interrupt__"):
        shown = {q.id: q.value["repertory"]["proposal"] for q in questions}
        assert len(shown) == len(questions)
        assert not any(q.value["repertory"]["objection"] for q in questions)
        chosen = rng.sample(sorted(shown, key=lambda id_: shown[id_]["id"]), rng.randint(1, len(shown)))
        given = {id_: _answer(answers, root, shown[id_]) for id_ in chosen}
        asked += [_short(shown[id_]["id"]) for id_ in chosen]
        stale = dict.fromkeys(rng.sample(gone, min(len(gone), rng.randint(0, 1))), False)
        gone += chosen
        out = await graph.ainvoke(Command(resume={**stale, **given}), config, context=context)
    return out, asked, await transcript_of(graph, config)


def _answer(answers: Answers, root: Persona, proposal: Any) -> Any:
    persona = root.at("/".join(proposal["path"]))
    calls = [call["name"] for call in proposal["calls"]]
    return answers(_short(proposal["id"]), persona, calls, int(proposal["id"].rpartition("#")[2]))


def _short(proposal_id: str) -> str:
    return proposal_id.partition("/")[2]


async def compare(root: Persona, runs: Sequence[Run], keeping: Keeping) -> None:
    """What happens is what the rules say: who is asked, once each; what runs, once each; every turn; the reply."""
    stage = Stage(root)
    graph = build_persona(root.agent("top"), stage.deps, checkpointer=keeping.checkpointer, store=keeping.store)
    for number, (rules, last, seed) in enumerate(runs):
        expected = Expected((*rules, *last), Answers(seed))
        status, text = expected.play(root, "top", "m0")
        stage.run.clear()
        stage.model.asks.clear()
        config = {"configurable": {"thread_id": str(number)}}
        out, asked, document = await perform(graph, root, expected.rules, expected.answers, config)
        assert Counter(asked) == Counter(expected.asked)
        assert stage.run == expected.run
        assert (out["reply"], out["error"]) == ((text, None) if status == "done" else (None, text))
        check_transcript(document)
        turns = {f"{frame}#{turn.n}": _said(turn) for frame, turn in entries("m0", document.exchanges[0].turns)}
        assert turns == expected.turns
        assert len(stage.model.asks) == len(turns)


def _said(turn: Turn) -> Any:
    decision = turn.decision
    assert decision is not None
    return decision.verdict, decision.by, [(result.call_id, result.status, result.text) for result in turn.results]


SETTINGS: Any = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=100, **SETTINGS)
@given(personas(), st.lists(RUNS, min_size=10, max_size=10))
def test_any_hierarchy_policy_and_answers(root: Persona, runs: list[Run]) -> None:
    """A thousand policies and orders of answers: ten for each of a hundred hierarchies, in memory."""
    asyncio.run(compare(root, runs, Keeping(InMemorySaver(), InMemoryStore())))


@settings(max_examples=4, **SETTINGS)
@given(root=personas(), runs=st.lists(RUNS, min_size=10, max_size=10))
def test_the_same_in_files(root: Persona, runs: list[Run], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Forty, over SQLite."""

    async def run() -> None:
        folder = tmp_path_factory.mktemp("files")
        async with (
            AsyncSqliteSaver.from_conn_string(str(folder / "checkpoints.sqlite")) as saver,
            AsyncSqliteStore.from_conn_string(str(folder / "store.sqlite")) as store,
        ):
            await store.setup()
            await compare(root, runs, Keeping(saver, store))

    asyncio.run(run())
