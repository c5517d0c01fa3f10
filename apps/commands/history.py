"""The commands for the history of runs: each does its work at an open home, and gives an exit status."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

from repertory.apps.chat.beside import described
from repertory.apps.commands.agents.kept import opened
from repertory.apps.commands.options import answer_of, model_of, policy_of, settings_of, text_of
from repertory.apps.commands.runs import at_home
from repertory.apps.commands.session import Session
from repertory.apps.runs.threads import Settings
from repertory.apps.screens.compare import comparison_json, print_comparison
from repertory.apps.screens.page import brief, call_text
from repertory.apps.status import ERROR, OK
from repertory.memory.errors import InputError
from repertory.memory.proposals import Decision, Proposal
from repertory.memory.records import JsonObject
from repertory.memory.transcripts.assembly import entries
from repertory.memory.transcripts.checks import check_transcript
from repertory.memory.transcripts.difference import compare
from repertory.memory.transcripts.files import read_transcript, transcript_text, write_transcript
from repertory.memory.transcripts.records import PersonaTweak, Transcript, Tweak
from repertory.nodes.decisions.answers import parse_answer
from repertory.nodes.decisions.policy import Policy, Risk
from repertory.nodes.persona.review import judge
from repertory.nodes.persona.speech import SPEECH
from repertory.nodes.tools.builtin import builtin_toolbox


def perform(options: argparse.Namespace) -> int:
    """Run the command.

    Raises:
        InputError: no such run, proposal, persona or file, or one that does not fit.
    """
    return {
        "replay": _replay,
        "diff": _diff,
        "export": _export,
        "import": _import,
        "tell": _tell,
        "policy": _policy,
    }[options.command](options)


def _replay(options: argparse.Namespace) -> int:
    personas = _personas(options)

    async def do(at: Session) -> int:
        transcript = await at.runner.transcript(options.thread)
        if options.at is None:
            if personas or _has_decision(options):
                raise InputError("say with --at from which proposal; without any other option they are listed")
            return _list(transcript, at)
        tweak = Tweak(at=options.at, decision=_decision(options, transcript), personas=personas)
        thread_id = await at.runner.replay(options.thread, tweak, options.name)
        if at.lines is None:
            at.page.pair("replay", f"of {options.thread} from {options.at} on, as {thread_id}", "bold")
        return await at.follow(at.runner.go_on(thread_id))

    return at_home(options, do)


def _personas(options: argparse.Namespace) -> dict[str, PersonaTweak]:
    model_of(options.model)  # the offline model must not answer in the place of one that is named
    fields = {name: getattr(options, name) for name in ("prompt", "model", "temperature")}
    given = {name: value for name, value in fields.items() if value is not None}
    if bool(given) != bool(options.persona):
        raise InputError("--persona PATH goes with --prompt, --model or --temperature: say whose it is to be")
    if "prompt" in given:
        given["prompt"] = text_of(given["prompt"], "the prompt")
    return {options.persona: PersonaTweak.parse(given)} if given else {}


def _has_decision(options: argparse.Namespace) -> bool:
    return options.approve or any(getattr(options, name) is not None for name in ("reject", "respond", "edit"))


def _decision(options: argparse.Namespace, transcript: Transcript) -> Decision | None:
    if not _has_decision(options):
        return None
    short = options.at.removeprefix(f"{transcript.run_id}/")
    made = _proposals(transcript)
    proposal = next((proposal for name, proposal in made if name == short), None)
    if proposal is None:
        _check_no_step(short, [name for name, _ in made], "an exchange" if transcript.agent else "a step")
        raise InputError(
            f"there is no proposal {options.at!r} to decide; `repertory replay {options.thread}` lists them"
        )
    options.answer = None
    return parse_answer(answer_of(options), proposal)


def _check_no_step(at: str, names: list[str], what: str) -> None:
    """A step, or a whole exchange, is no proposal to decide about; it has some."""
    below = [name for name in names if name.partition("#")[0] in (at, f"{at}/call")]
    if below:
        raise InputError(f"{at!r} is {what}; its proposals are {', '.join(below)}: decide about one of them")


def _proposals(transcript: Transcript) -> list[tuple[str, Proposal]]:
    """All proposals by `frame#n`."""
    found: list[tuple[str, Proposal]] = []
    for exchange in transcript.exchanges:
        if exchange.call:
            found.append((f"{exchange.key}/call#0", exchange.call.proposal))
        turns = entries(exchange.key, exchange.turns)
        found += [(f"{frame}#{turn.n}", turn.proposal) for frame, turn in turns if turn.proposal.kind != "rating"]
    return found


def _list(transcript: Transcript, at: Session) -> int:
    for name, proposal in _proposals(transcript):
        if at.lines is not None:
            at.lines.write({"event": "proposal", "at": name, "proposal": proposal.model_dump(mode="json")})
            continue
        at.page.line(f"{name}  {'/'.join(proposal.path)}", "bold")
        at.page.line(brief(_what(proposal), 70), indent=4)
    return OK


def _what(proposal: Proposal) -> str:
    """What is proposed; of a plan, its steps."""
    if proposal.kind == "plan":
        steps = proposal.content.get("steps", ())
        return "plan: " + "; ".join(f"{step['id']}: {brief(step['instruction'], 30)}" for step in steps)
    calls = ", ".join(call_text(call.name, call.arguments, 30) for call in proposal.calls)
    return calls or proposal.text or proposal.kind


def _diff(options: argparse.Namespace) -> int:
    names = (options.a, options.b)
    files = [_from_file(Path(name)) if Path(name).is_file() else None for name in names]

    async def do(at: Session) -> int:
        a, b = [read or await at.runner.transcript(name) for name, read in zip(names, files, strict=True)]
        comparison = compare(a, b)
        if at.lines is None:
            print_comparison(at.page, comparison, names)
        else:
            at.lines.write(comparison_json(comparison))
        return OK if comparison.same else ERROR

    return at_home(options, do)


def _from_file(path: Path) -> Transcript:
    transcript = read_transcript(path)
    check_transcript(transcript)
    return transcript


def _export(options: argparse.Namespace) -> int:
    if options.file and not options.force and Path(options.file).exists():
        raise InputError(f"{options.file!r} is there already; give another name, or --force to overwrite it")

    async def do(at: Session) -> int:
        transcript = await at.runner.transcript(options.thread)
        if options.file is None:
            print(transcript_text(transcript), file=sys.stdout)
            return OK
        await asyncio.to_thread(write_transcript, transcript, Path(options.file))
        _say(at, {"event": "exported", "thread_id": options.thread, "file": options.file}, f"{options.file} written")
        return OK

    return at_home(options, do)


def _import(options: argparse.Namespace) -> int:
    transcript = read_transcript(Path(options.file))
    agent = opened([options.persona])[0] if options.persona else None
    options.task = "(imported)"
    settings = settings_of(options, sys.stdin).model_copy(update={"agent": agent})

    async def do(at: Session) -> int:
        thread_id = await at.runner.adopt(transcript, settings, options.thread)
        how = f"repertory resume {thread_id}{at.home}"
        policy = described(settings.policy)
        event = {"event": "imported", "thread_id": thread_id, "command": how, "policy": policy}
        words = f"as {thread_id}, under the policy {policy} (--policy changes it); go on with: {how}"
        by_itself = _decided_by_itself(transcript, settings)
        _say(at, {**event, "decided_by_policy": by_itself}, words)
        if by_itself and at.lines is None:
            change = f"repertory policy {thread_id} interactive{at.home}"
            at.page.pair("notice", f"undecided, and this policy decides it by itself: {', '.join(by_itself)}", "yellow")
            at.page.pair(" ", f"to be asked instead, first: {change}", wrap=False)
        return OK

    return at_home(options, do)


def _decided_by_itself(transcript: Transcript, settings: Settings) -> list[str]:
    """Proposals that wait for a decision, and that the policy would make without asking anybody."""
    toolbox = builtin_toolbox(settings.workspace, allow_private=settings.allow_private)
    rules = settings.context.rules

    def risk(name: str) -> Risk | None:
        if name in SPEECH:
            return "read"
        return toolbox[name].risk if name in toolbox else None

    waiting = [
        (f"{frame}#{turn.n}", turn.proposal)
        for exchange in transcript.exchanges
        for frame, turn in entries(exchange.key, exchange.turns)
        if turn.decision is None
    ]
    return [at for at, proposal in waiting if not judge(rules, proposal, risk)[0]]


def _tell(options: argparse.Namespace) -> int:
    async def do(at: Session) -> int:
        await at.runner.leave(options.thread, options.path, options.text)
        done = f"left for {options.path}, which reads it before its next proposal"
        _say(at, {"event": "told", "thread_id": options.thread, "path": options.path}, done)
        return OK

    return at_home(options, do)


def _policy(options: argparse.Namespace) -> int:
    policy: Any = Policy.beside(options.beside) if options.beside else policy_of(options.policy)

    async def do(at: Session) -> int:
        await at.runner.set_policy(options.thread, policy, beside=options.beside)
        how = f"repertory resume {options.thread}{at.home}"
        _say(at, {"event": "policy", "thread_id": options.thread}, f"changed; it holds when the run goes on: {how}")
        return OK

    return at_home(options, do)


def _say(at: Session, event: JsonObject, words: str) -> None:
    if at.lines is not None:
        at.lines.write(event)
    else:
        at.page.pair(event["event"], words, wrap=False)
