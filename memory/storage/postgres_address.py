"""The address of a PostgreSQL database, connections to it, and what to say when there is none."""

import re
from typing import Any

from psycopg import AsyncConnection, Error, OperationalError, ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from repertory.memory.errors import InputError, ResourceError

_FORM = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
_USUAL: dict[str, Any] = {"connect_timeout": 10, "application_name": "repertory"}


class Address:
    """Where a database is. As text it is without its password.

    Args:
        text: a URL, or any other form that libpq knows.

    Raises:
        InputError: it is none.
    """

    def __init__(self, text: str) -> None:
        try:
            self._parts = {**_USUAL, **conninfo_to_dict(text)}
        except ProgrammingError:  # whose message may have the password, which may be anywhere in the text
            begin = re.split("[^a-z]", text)[0]
            raise InputError(f"{begin + '…'!r} is no address of a PostgreSQL database; write {_FORM}") from None

    def __str__(self) -> str:
        user, host, port, name = (self._parts.get(part) for part in ("user", "host", "port", "dbname"))
        who = f"{user}@" if user else ""
        return f"postgresql://{who}{host or 'localhost'}{f':{port}' if port else ''}/{name or user or ''}"

    @property
    def conninfo(self) -> str:
        """For psycopg, with the password."""
        return make_conninfo("", **self._parts)

    async def connect(self, application_name: str) -> AsyncConnection[Any]:
        """A connection under a name, in autocommit mode.

        Raises:
            ResourceError: there is none to be had.
        """
        try:
            return await AsyncConnection.connect(self.conninfo, autocommit=True, application_name=application_name)
        except OperationalError as error:
            raise self.unusable(error) from error

    def unusable(self, error: Error, remedy: str = "start it, or give another address") -> ResourceError:
        """What to say of an error of the server, or of the way to it."""
        reason = " ".join(str(error).split())
        return ResourceError(f"the database {str(self)!r} cannot be used: {reason}; {remedy}")
