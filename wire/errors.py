"""What can go wrong between us and the server, divided by the one question a caller has: may I try again?

WireError
├── Unavailable      no answer, or none of the protocol: nobody knows what the server did. Try again.
└── Refused          the server said no, and would say it again: never try the same request again.
    ├── Denied       401 and 403: the token is missing, wrong, or not allowed to do this
    ├── NotFound     404
    └── Conflict     409: the state, or the version, forbids it

No message holds the token or an address: a message may end in a log, or on another machine.
"""

from typing import ClassVar

from .records import error_text


class WireError(Exception):
    """A call that failed; `code` is for programs, the message for people."""

    code: ClassVar[str]
    retry: ClassVar[bool]


class Unavailable(WireError):  # noqa: N818 - it reads as what happened; that it is an error says its base
    """No server of the protocol answered in time. All that the protocol itself did not say is this, a 404 page too."""

    code = "unavailable"
    retry = True


class Refused(WireError):  # noqa: N818 - as above
    """The server understood and said no."""

    code = "refused"
    retry = False

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.status}: {self.reason}"


class Denied(Refused):
    """The token does not allow it."""

    code = "denied"


class NotFound(Refused):
    """There is no such promise or task."""

    code = "not_found"


class Conflict(Refused):
    """The state of the promise or task forbids it."""

    code = "conflict"


REFUSALS: dict[int, type[Refused]] = {
    400: Refused,
    401: Denied,
    403: Denied,
    404: NotFound,
    409: Conflict,
    413: Refused,
    422: Refused,
}


class WorkflowFailed(Exception):  # noqa: N818 - as above
    """A workflow ended without a result. `state` is its promise's, `value` what the promise was settled with."""

    def __init__(self, promise_id: str, state: str, value: object) -> None:
        super().__init__(promise_id, state, value)
        self.promise_id = promise_id
        self.state = state
        self.value = value

    @property
    def message(self) -> str | None:
        """The text of the error that the workflow raised."""
        return error_text(self.value)

    def __str__(self) -> str:
        return f"{self.promise_id} was {self.state}" + (f": {self.message}" if self.message else "")
