"""How many tokens a request holds: an approximation that needs no vocabulary, the same for all sides."""

import json
import re
from collections.abc import Iterable
from typing import Any

# GPT's tokenizers split text much like this first, and then the longer ones among the words once more.
_PIECE = re.compile(r"[^\W\d_]+|\d{1,3}|[^\w\s]+|_+|\n+")
_LETTERS = 6


def count_tokens(text: str) -> int:
    """Tokens of a text: one for up to three digits, for signs in a row, for line ends, for six letters begun."""
    return sum(
        -(-len(piece) // _LETTERS) if piece[0].isalpha() else 1 for piece in (m.group() for m in _PIECE.finditer(text))
    )


def prompt_tokens(requests: Iterable[dict[str, Any]]) -> int:
    """Tokens of chat requests as the server received them: messages, tools and response format; 4 for each message."""
    return sum(_of_request(request) for request in requests)


def _of_request(request: dict[str, Any]) -> int:
    messages = sum(4 + count_tokens(str(message["content"] or "")) + _calls(message) for message in request["messages"])
    extras = [request[name] for name in ("tools", "response_format") if name in request]
    return messages + sum(count_tokens(json.dumps(extra)) for extra in extras)


def _calls(message: dict[str, Any]) -> int:
    return count_tokens(json.dumps(message["tool_calls"])) if message.get("tool_calls") else 0
