"""The current time."""

from datetime import UTC, datetime, timedelta

import pytest

from repertory.memory.errors import ToolArgumentsError
from repertory.nodes.tools.clock import current_time


@pytest.mark.parametrize("timezone", ["UTC", "Europe/Berlin", "Asia/Kathmandu"])
def test_it_is_now_everywhere(timezone: str) -> None:
    """The moment is now in every zone, and its parts agree with each other."""
    moment = current_time(timezone)
    told = datetime.fromisoformat(moment["iso"])
    assert abs(datetime.now(UTC) - told) < timedelta(seconds=30)
    assert moment["iso"].startswith(f"{moment['date']}T{moment['time']}")
    assert moment["weekday"] == f"{told:%A}"
    assert moment["text"] == f"{moment['weekday']}, {moment['date']}, {moment['time']} ({timezone})"


@pytest.mark.parametrize("timezone", ["Nowhere/City", "../etc/passwd", "Europe", "", "/etc/localtime", "a\0b"])
def test_an_unknown_zone_is_named(timezone: str) -> None:
    """A zone that is none is refused, with an example."""
    with pytest.raises(ToolArgumentsError) as caught:
        current_time(timezone)
    assert repr(timezone) in str(caught.value)
    assert "Europe/Berlin" in str(caught.value)
