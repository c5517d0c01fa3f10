r"""JSON for PostgreSQL, whose `jsonb` refuses two things that texts of files, pages and models do have.

It refuses the character NUL and halves of surrogate pairs. They are written as U+FDD0, a code point that Unicode keeps
free for such uses, and four hexadecimal digits; so is U+FDD0 itself. Everything comes back as it was, but for two
halves side by side, which come back as the character that they make.
"""

import contextlib
import json
import re
from typing import Any

_MARK = "\ufdd0"
_NUL = r"\u0000"
# An even number of backslashes before an escape: else it is a text about one.
_REFUSED = re.compile(rf"(?<!\\)(?P<before>(?:\\\\)*)\\u0000|[\ud800-\udfff{_MARK}]")
_WRITTEN = re.compile(f"{_MARK}([0-9a-f]{{4}})")


def dumps(value: Any) -> bytes:
    """JSON that `jsonb` takes; see `json.dumps`."""
    text = json.dumps(value, ensure_ascii=False)
    if _NUL not in text and _MARK not in text:  # twenty times as fast as to look for everything
        with contextlib.suppress(UnicodeEncodeError):
            return text.encode()
    return _REFUSED.sub(_write, text).encode()


def loads(text: str | bytes) -> Any:
    """What `dumps` was given."""
    whole = text if isinstance(text, str) else text.decode()
    return json.loads(_WRITTEN.sub(r"\\u\1", whole))


def _write(found: re.Match[str]) -> str:
    before = found["before"]
    return f"{_MARK}{ord(found[0]):04x}" if before is None else f"{before}{_MARK}0000"
