"""JSON that every store, checkpoint and server takes, whoever said it."""

from typing import Any


def portable(value: Any) -> Any:
    """The same value where it can be kept as it is.

    Checkpoints refuse whole numbers beyond 64 bits, which become text, and stores refuse half characters: the halves of
    a surrogate pair that came one after the other are joined, as where a server cut one in two; one alone becomes
    U+FFFD.

    Args:
        value: JSON-like.
    """
    if isinstance(value, str):
        return value if value.isascii() else _joined(value)
    if isinstance(value, dict):
        return {portable(key): portable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [portable(item) for item in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return str(value)
    return value


def _joined(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
