"""Why a client's call is refused, by what was wrong with it: form, sender, target, time or content."""

from repertory.memory.errors import InputError


class RefusedError(InputError):
    """A call that is refused; nothing has changed.

    Args:
        message: names the value and the remedy.
        code: a word that programs can look at.
    """

    status = 400
    """As HTTP says it."""

    def __init__(self, message: str, code: str = "bad_request") -> None:
        super().__init__(message)
        self.code = code


class ForbiddenError(RefusedError):
    """Wrong who: this party may not make this move."""

    status = 403

    def __init__(self, message: str, code: str = "forbidden") -> None:
        super().__init__(message, code)


class NotFoundError(RefusedError):
    """Wrong where: there is no such entity under this parent."""

    status = 404

    def __init__(self, message: str, code: str = "not_found") -> None:
        super().__init__(message, code)


class ConflictError(RefusedError):
    """Wrong when: the state of the entity forbids the move."""

    status = 409

    def __init__(self, message: str, code: str = "conflict") -> None:
        super().__init__(message, code)


class TooLargeError(RefusedError):
    """More bytes than the server takes."""

    status = 413

    def __init__(self, message: str, code: str = "too_large") -> None:
        super().__init__(message, code)


class UnprocessableError(RefusedError):
    """Wrong what: well-formed, but it cannot be processed."""

    status = 422

    def __init__(self, message: str, code: str = "unprocessable") -> None:
        super().__init__(message, code)
