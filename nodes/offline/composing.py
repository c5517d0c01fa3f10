"""What an agent answers: each kind of work on the material that was given and found, and what could not be done."""

import re
from collections.abc import Sequence

from repertory.nodes.offline import comparing, tableanswers
from repertory.nodes.offline.clauses import split
from repertory.nodes.offline.drafted import Drafts
from repertory.nodes.offline.prosework import (
    bullets,
    causes,
    distinct,
    ended,
    items_of,
    kinds_of_items,
    read_items,
    relevant,
    salient,
)
from repertory.nodes.offline.recollecting import recollect
from repertory.nodes.offline.remarks import heed
from repertory.nodes.offline.saving import saving
from repertory.nodes.offline.situation import Situation
from repertory.nodes.offline.sources import Source, gather
from repertory.nodes.offline.tablework import oddities
from repertory.nodes.offline.verbs import JUDGING, Kind, kind_of, noun_kind
from repertory.nodes.offline.words import stem, words
from repertory.nodes.prompts import GAVE_UP

_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10}
_OWN_FAILURE = re.compile(r" (?:Calling [\w-]+ with \{.*?\}|A first attempt) failed: .*$", re.S)
_ABOUT = re.compile(r"\b(?:about|on|regarding|concerning)\s+(.+?)(?:\s*\(|[.?!]|$)")
_WROTE = re.compile(r"(?:Wrote|Appended to) \S+")
_DEEDS = re.compile(
    r"(?:book|send|call|email|post|notify|cancel|delete|remove|rename|copy|move|buy|pay|install)$", re.I
)
"""Verbs that change something in the world: no words about it do them."""


def compose(situation: Situation) -> str:
    """The answer to an instruction; it begins with `Could not be done:` where nothing of it was."""
    if situation.answered is not None:
        made = "\n".join(call.text for call in situation.calls if call.status == "done")
        return made or _shortfalls(situation) or f"{GAVE_UP} the user answered: {situation.answered}"
    text = findings(situation)
    wrote = any(call.status == "done" and _WROTE.match(call.text) for call in situation.calls)
    idle = situation.trouble is not None and not wrote and not gave_up(text)
    if idle and all(saving(clause.text, Drafts()) for clause in split(situation.instruction)):
        # What a failed call was to write is no result by itself.
        return _shortfalls(situation) or f"{GAVE_UP} {situation.trouble}"
    return text


def gave_up(text: str) -> bool:
    """Whether an answer says that nothing was done."""
    return text.startswith(GAVE_UP)


def findings(situation: Situation) -> str:
    """What is known on an instruction, changed as was asked since; files need not be written yet."""
    sources = gather(situation)
    text = _OWN_FAILURE.sub("", situation.question or situation.instruction).strip()
    kind = kind_of(text)
    if not situation.question and (why := _impossible(situation, text, kind, sources)):
        return "\n\n".join(filter(None, [f"{GAVE_UP} {why}", _shortfalls(situation)]))
    if kind in ("write", "save", "other") and (named := noun_kind(text)):
        kind = named
    if not sources and kind == "write" and (known := recollect(_subject(text), situation.memory)):
        sources = [Source("what is known", known)]
    body = _body(kind, text, sources) if sources else _without_material(situation, text)
    body = "\n\n".join(filter(None, [body, _outcomes(situation), _shortfalls(situation)]))
    if gave_up(body):
        return body
    for remark in situation.remarks:
        body = heed(remark, body, sources)
    return body


def _body(kind: Kind, text: str, sources: Sequence[Source]) -> str:
    tables = [source.rows for source in sources if source.rows]
    match kind:
        case "compare":
            return comparing.compare(text, sources)
        case "summarize":
            return _per_source(sources, lambda source: _gist(source, _count(text)))
        case "extract" if kinds := kinds_of_items(text):
            return _items(kinds, sources)
        case "review":
            return _review(sources)
        case "recommend" | "plan":
            return _recommend(text, sources)
        case "explain":
            found = [(source.title, line) for source in sources for line in causes(text, source.prose)]
            return bullets([f"{line} ({title})" for title, line in found[:6]]) or _relevant(text, sources)
        case "rank" | "answer" | "extract" | "count" | "analyze" if tables:
            answers = [answer for table in tables if (answer := tableanswers.answer(text, table))]
            return "\n\n".join(answers) or _per_source(sources, lambda source: _gist(source, 3))
        case "rank":
            return comparing.rank(sources)
        case "write":
            return _write(text, sources)
        case "combine":
            kinds = kinds_of_items(text)
            return _items(kinds, sources) if kinds else _per_source(sources, lambda source: _gist(source, 5))
        case "describe" | "read" | "fetch" | "search" | "analyze":
            return _per_source(sources, lambda source: _gist(source, 4))
    return _relevant(text, sources)


def _gist(source: Source, count: int) -> str:
    """A source in short: figures of a table, sentences of a text."""
    if source.rows:
        return tableanswers.overview(source.rows)
    if source.is_outline or len(source.text) < 350:
        return source.prose
    return " ".join(salient(source.prose, count))


def _per_source(sources: Sequence[Source], tell: "object") -> str:
    assert callable(tell)  # noqa: S101
    if len(sources) == 1:
        return str(tell(sources[0]))
    return "\n\n".join(f"**{source.title}**: {tell(source)}" for source in sources)


def _items(kinds: Sequence[str], sources: Sequence[Source]) -> str:
    parts = []
    for kind in kinds:
        found = distinct((line, source.title) for source in sources for line in items_of(kind, source.prose))
        title = {"question": "Open questions"}.get(kind, f"{kind.capitalize()}s")
        listed = bullets([f"{line} ({title_of})" for line, title_of in found])
        parts.append(
            f"**{title}** ({len(found)})\n{listed}" if found else f"**{title}**: none found in {_titles(sources)}."
        )
    return "\n\n".join(parts)


def _review(sources: Sequence[Source]) -> str:
    lines = []
    for source in sources:
        if source.rows:
            lines += [f"{source.title}: {odd}" for odd in oddities(source.rows)]
        else:
            lines += [f"{source.title}: left open: {line}" for line in items_of("question", source.prose)]
            lines += [
                f"{source.title}: placeholder: {word}"
                for word in re.findall(r"\b(?:TODO|TBD|FIXME|XXX)\b", source.text)
            ]
            empty = re.findall(r"^#+ (.+)\n+(?=#|\Z)", source.text, re.M)
            lines += [f"{source.title}: nothing stands under “{heading}”" for heading in empty]
    if not lines:
        return f"Looked through {_titles(sources)}: nothing missing, wrong or unclear was found by rule."
    return f"Points found in {_titles(sources)}:\n{bullets(list(dict.fromkeys(lines)))}"


def _recommend(text: str, sources: Sequence[Source]) -> str:
    """What the figures speak for, and what the notes say of it."""
    lead, chosen = comparing.recommend(text, sources)
    prose = [source for source in sources if not source.rows and not source.is_outline]
    grounds = [
        (item.text, source.title) for source in prose for item in read_items(source.prose) if chosen in item.text
    ]
    heading = f"What the notes say of {chosen}"
    if not chosen or not grounds:
        kinds = [(kind, source) for source in prose for kind in ("action", "risk")]
        grounds = [(line, source.title) for kind, source in kinds for line in items_of(kind, source.prose)[:3]]
        heading = "What the notes add" if lead else "What the material suggests"
    if not grounds:
        grounds = [(line, source.title) for source in prose for line in relevant(text, source.prose, 3)]
    listed = bullets([f"{line} ({title})" for line, title in distinct(grounds)[:6]])
    parts = filter(None, [lead, f"{heading}:\n{listed}" if listed else ""])
    return "\n\n".join(parts) or "Nothing in the data speaks for one choice over another. " + _relevant(text, sources)


def _write(text: str, sources: Sequence[Source]) -> str:
    topic = re.sub(r"^(?:please )?\w+\s+(?:an?|the|some|short|brief|\s)*", "", text).rstrip(".?! ")
    about = _ABOUT.search(text)
    points = _points(sources, about[1] if about else "")
    if re.search(r"\b(?:letter|e-?mail|mail|message|reply|note to)\b", text, re.I):
        whom = re.search(r"\bto (?:the |our |my )?([\w ]+?)(?: (?:about|on|with|that|saying|from)\b|[.(]|$)", text)
        body = "\n\n".join(gist for _, gist in points)
        return f"Dear {whom[1].strip() if whom else 'all'},\n\n{body}\n\nKind regards"
    # What begins in bold has a heading of its own, and the name of a step would say nothing beside it.
    untitled = len(points) == 1
    sections = [gist if untitled or gist.startswith("**") else f"## {title}\n\n{gist}" for title, gist in points]
    return "\n\n".join([f"# {topic[:1].upper()}{topic[1:]}", *sections])


def _subject(text: str) -> str:
    """What is to be written about; the whole instruction where it does not say."""
    about = _ABOUT.search(text)
    return about[1] if about else text


def _points(sources: Sequence[Source], topic: str) -> list[tuple[str, str]]:
    """What each source says to a topic, else in short; nothing twice. Files speak before what was made of them."""
    said: set[str] = set()
    points = []
    for source in sorted(sources, key=lambda source: source.text.startswith("**") or "." not in source.title):
        found = relevant(topic, source.prose, 4) if topic and not source.rows else []
        gist = " ".join(ended(line) for line in found if line not in said) if found else _gist(source, 3)
        said |= set(found)
        if gist:
            points.append((source.title, gist))
    return points


def _relevant(text: str, sources: Sequence[Source]) -> str:
    found = distinct((line, source.title) for source in sources for line in relevant(text, source.prose))
    if found:
        return (
            bullets([f"{line} ({title})" for line, title in found[:5]])
            if len(found) > 1
            else f"{found[0][0]} ({found[0][1]})"
        )
    short = [source.prose for source in sources if len(source.text) < 350]
    if short:
        return " ".join(short)
    gist = " ".join(_gist(source, 2) for source in sources)[:600]
    return f"Nothing about that was found in {_titles(sources)}. In short: {gist}"


def _impossible(situation: Situation, text: str, kind: Kind, sources: Sequence[Source]) -> str:
    """Why nothing of an instruction can be done, whatever material there is; empty where something can."""
    if kind == "translate":
        return "I cannot translate: the offline model knows no other languages."
    done = [call for call in situation.calls if call.status == "done"]
    first = next((word.lower() for word in words(text)), "")
    if _DEEDS.match(first) and not any(
        _WROTE.match(call.text) or stem(first) in map(stem, words(call.name)) for call in done
    ):
        return f"I have no tool that can do this: “{text.rstrip('.?! ')}”."
    # A listing is where the work begins, and no result of it.
    if done and not sources and not _outcomes(situation) and (kind in JUDGING or kind in ("summarize", "describe")):
        return f"no file was found for “{text.rstrip('.?! ')}”."
    return ""


def _without_material(situation: Situation, text: str) -> str:
    if situation.calls:
        done = [call for call in situation.calls if call.status == "done"]
        return "" if situation.failures() or not done else "\n".join(call.text for call in done)
    if (known := recollect(text, situation.memory)) is not None:
        return known
    asked = text.rstrip(".?! ")
    why = (
        f"I cannot do this from facts: nothing was given for “{asked}”, and the offline model states only "
        "what stands in its data. Name a file or an address, or use a language model."
    )
    return why if situation.question else f"{GAVE_UP} {why}"


def _outcomes(situation: Situation) -> str:
    """What was written or said to others."""
    lines = [
        call.text
        for call in situation.calls
        if call.status == "done" and (re.match(r"(?:Wrote|Appended to) \S+", call.text) or call.name == "tell")
    ]
    return "\n".join(lines)


def _shortfalls(situation: Situation) -> str:
    """What did not succeed, and why; a failure that was got round is named as well."""
    lines = []
    for call in situation.failures():
        about = ", ".join(str(value) for value in call.arguments.values())[:80]
        verb = "was not allowed" if call.status == "refused" else "failed"
        lines.append(f"{call.name} ({about}) {verb}: {call.text or 'no reason given'}")
    if situation.trouble and not situation.calls:
        lines.append(f"The direct call failed: {situation.trouble}")
    return f"{GAVE_UP}\n{bullets(lines)}" if lines else ""


def _count(text: str) -> int:
    found = re.search(rf"\b(\d+|{'|'.join(_NUMBERS)})[\s-]+(?:sentence|point|line)s?\b", text, re.I)
    return _NUMBERS.get(found[1].lower()) or int(found[1]) if found else 3


def _titles(sources: Sequence[Source]) -> str:
    titles = [source.title for source in sources]
    return " and ".join(filter(None, [", ".join(titles[:-1]), titles[-1]])) if titles else "the data"
