"""Questions that a text has somebody asked: `ask the user which colour they like`."""

import re

from repertory.nodes.offline.entities import find_entities

_ASKED = re.compile(
    r"\bask\s+(?:(?:the|my|our|a|an)\s+)?+\w+\b[,:]?\s+(?:(?P<how>for|to|about)\s+)?(?P<what>.+?)[\s.?!]*$", re.I | re.S
)
_OPENINGS = {"for": "Please give", "to": "Please", "about": "Please tell me about"}
_YOURS = {
    **dict.fromkeys(("they", "them", "i", "me", "we", "us"), "you"),
    **dict.fromkeys(("their", "my", "our"), "your"),
    **dict.fromkeys(("theirs", "mine", "ours"), "yours"),
    "themselves": "yourself",
    "myself": "yourself",
}


def question_in(text: str) -> str | None:
    """The question that somebody is to be asked, as it is put to them; what stands in quotes is put as it stands."""
    asked = _ASKED.search(text)
    if asked is None:
        return None
    if quoted := find_entities(asked["what"]).quoted:
        return quoted[0]
    what = re.sub(r"\w+", lambda word: _YOURS.get(word[0].lower(), word[0]), asked["what"])
    return f"{_OPENINGS.get((asked['how'] or '').lower(), 'Please say')} {what}."
