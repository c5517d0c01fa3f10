"""The current time."""

from datetime import UTC, datetime
from typing import TypedDict
from zoneinfo import ZoneInfo

from repertory.memory.errors import ToolArgumentsError


class Moment(TypedDict):
    """What `current_time` brings back."""

    iso: str
    date: str
    time: str
    weekday: str
    timezone: str
    text: str


def current_time(timezone: str = "UTC") -> Moment:
    """Current date and time; timezone such as Europe/Berlin.

    Raises:
        ToolArgumentsError: there is no such time zone.
    """
    try:
        zone = UTC if timezone.upper() == "UTC" else ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):  # unknown, no sane key, a folder of the database
        raise ToolArgumentsError(
            f"timezone {timezone!r} is unknown; give an IANA name such as 'Europe/Berlin'"
        ) from None
    now = datetime.now(zone).replace(microsecond=0)
    return Moment(
        iso=now.isoformat(),
        date=now.date().isoformat(),
        time=now.time().isoformat(),
        weekday=f"{now:%A}",
        timezone=timezone,
        text=f"{now:%A}, {now.date()}, {now.time()} ({timezone})",
    )
