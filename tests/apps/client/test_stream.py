"""Server-sent events, from bytes: whatever pieces they come in, none is lost, doubled or made up."""

import pytest

from repertory.apps.client.errors import UnreachableError
from repertory.apps.client.stream import EventStream

WIRE = (
    ': hello\n\nid: 1\nevent: step\ndata: {"a": 1}\n\n'
    'data: {"b":\r\ndata: 2}\r\n\r\nid: 3\rdata: not json \u2028\r\rid: 4\n\nevent: token\ndata:{"c": "é"}\n\n'
).encode()
READ = [
    ("1", "step", {"a": 1}),
    ("1", "message", {"b": 2}),
    ("3", "message", "not json \u2028"),
    ("4", "token", {"c": "é"}),
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_the_pieces_in_which_events_come_do_not_matter(size: int) -> None:
    """All three line ends, comments, several lines of data, no JSON, letters cut in two."""
    stream = EventStream()
    events = [event for at in range(0, len(WIRE), size) for event in stream.feed(WIRE[at : at + size])]
    assert [(event.id, event.event, event.data) for event in events] == READ
    assert stream.headers["Last-Event-ID"] == "4"


def test_half_an_event_is_asked_for_again() -> None:
    """Its id counts only when all of it came, and what came of it is forgotten."""
    stream = EventStream("7")
    assert stream.feed(b'id: 8\nevent: step\ndata: {"half"') == []
    stream.broken(None)
    assert stream.headers["Last-Event-ID"] == "7"
    (event,) = stream.feed(b"id: 8\ndata: 1\n\n")
    assert (event.id, event.event, event.data) == ("8", "message", 1)


def test_waiting_grows_to_a_bound_and_ends() -> None:
    """Without an event in between; an event begins anew."""
    stream, lost = EventStream(), ConnectionError("gone")
    waits = [stream.broken(lost) for _ in range(12)]
    assert waits == sorted(waits)
    assert waits[0] < 0.5 < waits[-1] <= 5
    assert stream.feed(b"data: 1\n\n")
    assert stream.broken(lost) == waits[0]
    with pytest.raises(UnreachableError, match="gone"):
        [stream.broken(lost) for _ in range(12)]
