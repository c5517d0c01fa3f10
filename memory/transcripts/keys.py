"""Keys of frames, and what they say: `m0` is a message of a conversation, `m0/1.0` a delegate called in its turn 1."""


def message_key(number: int) -> str:
    """The root frame of a message of a conversation."""
    return f"m{number}"


def message_number(root: str) -> int:
    """The number of a message by its key; 0 for the step of a plan."""
    return int(root[1:]) if root[:1] == "m" and root[1:].isdigit() else 0
