"""Saying a text in a voice: its words first, then its rhythm, then how it begins, ends and exclaims."""

import re
import zlib
from collections.abc import Sequence

from repertory.nodes.offline.variants import CONTRACTIONS, NO, YES
from repertory.nodes.offline.voices import Voice, sentences_of

_KEEPS_CAPITAL = re.compile(r"I\b|[A-Z][\w'’-]* [A-Z]|[A-Z]{2}")
"""What keeps its capital within a sentence: `I`, two names in a row, an acronym."""
_CUT = re.compile(r"(?:, (?:and|but|so|for|because)|[;:]) ")
_WITH_G = re.compile(r"\b(\w*[aeiouy]\w*in)g\b")
"""An ending with a vowel before it: `going`, but not `bring`."""
_JOINED = ("; ", ", and ")


def restyle(text: str, voice: Voice, *, nth: int = 0, names: frozenset[str] = frozenset()) -> str:
    """Say a text in a voice.

    Args:
        text: what is said, in plain words.
        voice: how.
        nth: which of several renderings; each takes other openings and endings where the voice has several.
        names: words that keep their capital.
    """
    sentences = _paced([reword(sentence, voice) for sentence in sentences_of(text)], voice, names)
    if not sentences:
        return text
    pick = zlib.crc32(text.encode())  # the same for the same text, in every process
    sentences = _ended(sentences, voice, (pick >> 12) + nth)
    sentences = _exclaimed(sentences, voice)
    return " ".join(_opened(sentences, voice, (pick >> 8) + nth, names, denies=_denies(text)))


def reword(text: str, voice: Voice) -> str:
    """Put a voice's words and spelling in the place of plain ones; a rendering in one go stops here."""
    text = text.replace("’", "'")
    if voice.short_forms is False:
        text = _expanded(text)
    for plain, own in voice.words:
        text = _replaced(text, plain, own)
    if voice.short_forms:
        for plain, short in CONTRACTIONS:
            text = _replaced(text, plain, short)
    return _WITH_G.sub(r"\1'", text) if voice.drops_g else text


def _expanded(text: str) -> str:
    for plain, short in CONTRACTIONS:
        text = _replaced(text, short, plain)
    return text


def _replaced(text: str, plain: str, own: str) -> str:
    def swap(match: re.Match[str]) -> str:
        return own[:1].upper() + own[1:] if match[0][:1].isupper() else own

    return re.sub(rf"(?<![\w'-]){re.escape(plain)}(?![\w'-])", swap, text, flags=re.I)


def _paced(sentences: Sequence[str], voice: Voice, names: frozenset[str]) -> list[str]:
    """Sentences cut where the voice is brief, joined where it is long-winded."""
    if voice.sentence < 9:
        return [piece for sentence in sentences for piece in _cut(sentence)]
    if voice.sentence < 16 or len(sentences) < 2:
        return list(sentences)
    paced = [sentences[0]]
    for sentence in sentences[1:]:
        joins = len(paced[-1].split()) + len(sentence.split()) <= 2 * voice.sentence
        if joins and paced[-1].endswith(".") and sentence.endswith("."):
            join = _JOINED[";" in paced[-1]]
            paced[-1] = f"{paced[-1].rstrip('.')}{join}{_lowered(sentence, names)}"
        else:
            paced.append(sentence)
    return paced


def _cut(sentence: str) -> list[str]:
    """A long sentence in pieces, at its conjunctions, where each piece can stand by itself."""
    match = _CUT.search(sentence)
    if match is None or len(sentence.split()) < 9:
        return [sentence]
    head, tail = sentence[: match.start()], sentence[match.end() :]
    if min(len(head.split()), len(tail.split())) < 3:
        return [sentence]
    return [f"{head}.", *_cut(tail[:1].upper() + tail[1:])]


def _ended(sentences: Sequence[str], voice: Voice, pick: int) -> list[str]:
    """With a tag on the first sentence that can bear one, and a saying where the text is short."""
    ended = list(sentences)
    if voice.tags:
        at = next((index for index, text in enumerate(ended) if len(text.split()) > 3), None)
        if at is not None:
            body = ended[at].rstrip(".!?")
            ended[at] = f"{body}, {voice.tags[pick % len(voice.tags)]}{ended[at][len(body) :]}"
    if voice.sayings and pick % 2 == 0:
        ended.append(f"{voice.sayings[pick // 2 % len(voice.sayings)]}.")
    return [text[:1].upper() + text[1:] for text in ended]


def _exclaimed(sentences: Sequence[str], voice: Voice) -> list[str]:
    """As many exclamation marks as the voice has, from the end on."""
    wanted = round(voice.exclaims * len(sentences))
    exclaimed = list(sentences)
    for index in reversed(range(len(sentences))):
        if wanted and exclaimed[index].endswith("."):
            exclaimed[index] = f"{exclaimed[index].rstrip('.')}!"
            wanted -= 1
    return exclaimed


def _opened(sentences: Sequence[str], voice: Voice, pick: int, names: frozenset[str], *, denies: bool) -> Sequence[str]:
    """Begun as the voice begins; a yes or a no only where it fits what is said."""
    openings = [opening for opening in voice.openings if _fits(opening, denies=denies)]
    if not openings:
        return sentences
    opening = openings[pick % len(openings)]
    first = _lowered(sentences[0], names) if opening.endswith((",", ":")) else sentences[0]
    return [f"{opening} {first}", *sentences[1:]]


def _fits(opening: str, *, denies: bool) -> bool:
    word = opening.split()[0].rstrip(",:!.").lower()
    return not (word in NO and not denies) and not (word in YES and denies)


def _denies(text: str) -> bool:
    return bool(re.search(r"\b(?:not|no|never|nothing|cannot)\b|n['’]t\b", text, re.I))


def _lowered(sentence: str, names: frozenset[str]) -> str:
    first = re.match(r"[\w'’-]+", sentence)
    if first is None or _KEEPS_CAPITAL.match(sentence) or first[0].split("'")[0] in names:
        return sentence
    return sentence[:1].lower() + sentence[1:]
