"""What an agent calls next: sources not seen yet, sums, files to be found first, words to other agents."""

import difflib
import re
from collections.abc import Iterator
from typing import Any

from repertory.nodes.offline.answered import answered_call
from repertory.nodes.offline.arguments import fill_all, role_of
from repertory.nodes.offline.choose import choose, verbs_of
from repertory.nodes.offline.clauses import split
from repertory.nodes.offline.composing import findings, gave_up
from repertory.nodes.offline.drafted import Drafts
from repertory.nodes.offline.entities import find_entities
from repertory.nodes.offline.readers import lister, reader_for, writer
from repertory.nodes.offline.saving import Saving, saving
from repertory.nodes.offline.situation import Situation
from repertory.nodes.offline.verbs import kind_of
from repertory.nodes.offline.wording import wants_all_files
from repertory.nodes.offline.words import concepts, coverage

MAX_FILES = 12
"""Files that an agent reads when it is told to look at all of them."""
MAX_PIECES = 4
"""Pieces of one long file that an agent reads."""
MAX_CALLS = 40

_TELL = re.compile(r"\b(?:tell|inform|notify)\s+(?:step\s+|agent\s+)?(?P<to>s\d+)\b[,:]?\s*(?P<words>[^.;\n]+)", re.I)
_ASK = re.compile(r"\bask\s+(?:step\s+|agent\s+)?(?P<to>s\d+)\b[,:]?\s*(?P<words>[^.;\n]+)", re.I)
_FOUND = re.compile(r"^([\w./-]+\.(?:md|txt|rst)):\d+: ", re.M)
_MORE = re.compile(r"read on with offset=(\d+)\]\s*$")
_DELEGATE = re.compile(r"^- (?P<name>[A-Za-z][\w-]*): (?P<about>.+)$", re.M)

Call = tuple[str, dict[str, Any]]


def next_calls(situation: Situation) -> list[Call]:
    """The calls to make now, all independent of each other; none when everything needed is there."""
    if not situation.tools or len(situation.calls) >= MAX_CALLS:
        return []
    if situation.answered is not None:
        call = answered_call(situation)
        made = call is not None and any(done.name == call[0] for done in situation.calls)
        return [call] if call and not made and any(tool.name == call[0] for tool in situation.tools) else []
    for stage in (_gathering, _writing, _telling):
        calls = [call for call in stage(situation) if not situation.called(*call)]
        if calls:
            distinct = {repr(call): call for call in calls}
            return list(distinct.values())[: MAX_CALLS - len(situation.calls)]
    return []


def _gathering(situation: Situation) -> Iterator[Call]:
    yield from _delegating(situation)
    yield from _asking(situation)
    text = _without_asides(situation.wanted)
    save = _save(situation)
    if save:
        text = text.replace(save.path, " ")
    yield from _reading(text, situation)
    yield from _listing(text, situation)
    yield from _following(situation)
    yield from _reading_on(situation)
    yield from _searching_instead(situation)
    yield from _other(text, situation)


def _reading(text: str, situation: Situation) -> Iterator[Call]:
    outline = kind_of(text) in ("describe", "summarize")
    for source in find_entities(text).sources:
        reader = reader_for(source, situation.tools, outline=outline)
        if reader and not situation.tried(source):
            yield from ((reader.name, call) for call in fill_all(reader, source)[:1])


def _listing(text: str, situation: Situation) -> Iterator[Call]:
    """Where files are meant that are not named: list them, then read those that are meant."""
    tool = lister(situation.tools)
    named = find_entities(text)
    if tool is None or (named.files and not named.globs) or not (wants_all_files(text) or named.globs or named.folders):
        return
    listings = [call for call in situation.calls if call.name == tool.name]
    if not listings:
        yield from ((tool.name, call) for call in fill_all(tool, text)[:1])
        return
    files = [file for listing in listings if listing.status == "done" for file in find_entities(listing.text).files]
    for file in [file for file in files if _is_meant(file, text)][:MAX_FILES]:
        reader = reader_for(file, situation.tools)
        if reader and not situation.tried(file):
            yield from ((reader.name, call) for call in fill_all(reader, file)[:1])


def _following(situation: Situation) -> Iterator[Call]:
    """Texts in which a search of an earlier step found something are read as a whole."""
    found = [file for item in situation.data for file in _FOUND.findall(item.text)]
    for file in list(dict.fromkeys(found))[:MAX_FILES]:
        reader = reader_for(file, situation.tools)
        if reader and not situation.tried(file):
            yield from ((reader.name, call) for call in fill_all(reader, file)[:1])


def _is_meant(file: str, text: str) -> bool:
    if re.search(r"\b(?:tables?|csvs?|csv files?|spreadsheets?)\b", text, re.I):
        return file.endswith((".csv", ".tsv"))
    if re.search(r"\b(?:notes?|texts?|documents?|minutes|markdown)\b", text, re.I):
        return file.endswith((".md", ".txt", ".rst"))
    return file.endswith((".md", ".txt", ".csv", ".tsv", ".json", ".log", ".html"))


def _reading_on(situation: Situation) -> Iterator[Call]:
    """A piece that ends before its file does is followed by the next."""
    tools = {tool.name: tool for tool in situation.tools}
    for call in situation.calls:
        more = _MORE.search(call.text) if call.status == "done" else None
        if more and "offset" in (tools[call.name].optional if call.name in tools else ()):
            pieces = sum(1 for other in situation.calls if other.arguments.get("path") == call.arguments.get("path"))
            if pieces < MAX_PIECES:
                yield call.name, {**call.arguments, "offset": int(more[1])}


def _searching_instead(situation: Situation) -> Iterator[Call]:
    """A file that is not there: look which there are, and read the one whose name is nearest."""
    tool = lister(situation.tools)
    missing = [call for call in situation.calls if call.status == "failed" and find_entities(str(call.arguments)).files]
    if not missing or tool is None:
        return
    listing = next((call for call in situation.calls if call.name == tool.name), None)
    if listing is None:
        yield tool.name, {}
        return
    there = find_entities(listing.text).files
    for call in missing:
        wanted = find_entities(str(call.arguments)).files[0]
        near = difflib.get_close_matches(wanted, there, n=1, cutoff=0.75)
        if near and not situation.tried(near[0]):
            yield call.name, {name: near[0] if value == wanted else value for name, value in call.arguments.items()}


def _other(text: str, situation: Situation) -> Iterator[Call]:
    """Whatever other tool a part of the instruction means, with the arguments that the text gives."""
    special = {tool.name for tool in (lister(situation.tools), writer(situation.tools)) if tool}
    tools = [tool for tool in situation.tools if tool.name not in {*special, "tell", "ask", "delegate"}]
    for clause in split(text, verbs_of(tools)):
        choice = choose(clause.text, tools)
        if choice is None or any(role_of(name) in ("path", "url") for name in choice.tool.required):
            continue
        yield from ((choice.tool.name, call) for call in choice.calls)


def _delegating(situation: Situation) -> Iterator[Call]:
    """Each clause to the delegate whose description has most in common with it; a delegate gets its clauses at once."""
    tool = next((tool for tool in situation.tools if tool.name == "delegate"), None)
    if tool is None or any(call.name == "delegate" for call in situation.calls):
        return
    told = situation.system.rpartition("You may delegate to:")[2]
    delegates = [(match["name"], concepts(match["about"])) for match in _DELEGATE.finditer(told)]
    work: dict[str, list[str]] = {}
    for clause in split(situation.instruction):
        scored = [(coverage(concepts(clause.text), about), -index) for index, (_, about) in enumerate(delegates)]
        best, place = max(scored, default=(0.0, 0))
        if delegates and (best > 0 or len(situation.tools) == 1):
            work.setdefault(delegates[-place][0], []).append(clause.text)
    material = "\n".join(item.text for item in situation.data)
    for name, parts in work.items():
        yield "delegate", {"to": name, "message": ". ".join(parts) + (f"\n\n{material}" if material else "")}


def _asking(situation: Situation) -> Iterator[Call]:
    if any(tool.name == "ask" for tool in situation.tools):
        for match in _ASK.finditer(situation.wanted):
            yield "ask", {"to": match["to"], "question": match["words"].strip()}


def _telling(situation: Situation) -> Iterator[Call]:
    """Last of all, since what is told may be what was found."""
    if not any(tool.name == "tell" for tool in situation.tools):
        return
    for match in _TELL.finditer(situation.wanted):
        if any(call.name == "tell" and call.arguments.get("to") == match["to"] for call in situation.calls):
            continue
        words = re.sub(r"^(?:that|about)\s+", "", match["words"].strip())
        found = re.match(r"(?:what|your|the) (?:you |result|finding|answer|outcome)", words)
        yield "tell", {"to": match["to"], "message": findings(situation) if found else words}


def _writing(situation: Situation) -> Iterator[Call]:
    """Write the file that the instruction names; its content is the agent's own answer."""
    tool, save = writer(situation.tools), _save(situation)
    if tool is None or save is None or any(call.name == tool.name for call in situation.calls):
        return
    content = save.content if save.content is not None else findings(situation)
    if save.content is None and gave_up(content):
        return
    filled = Saving(save.path, "", content=content, append=save.append).arguments(tool, Drafts(), [])
    yield tool.name, filled


def _save(situation: Situation) -> Saving | None:
    if writer(situation.tools) is None:
        return None
    for clause in split(situation.wanted):
        if save := saving(clause.text, Drafts()):
            return save
    return None


def _without_asides(text: str) -> str:
    """The text without what is only to be said to other agents."""
    return _ASK.sub(" ", _TELL.sub(" ", text))
