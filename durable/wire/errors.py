"""The errors of a call, grouped by whether the caller may send the request again.

WireError
├── Unavailable      no answer of the protocol: the request may have been executed. Retry.
└── Refused          the server refused, and would refuse again: never retry the same request.
    ├── Denied       401 and 403: the token is missing, wrong, or not allowed to do this
    ├── NotFound     404
    └── Conflict     409: the state, or the version, forbids it

WorkflowFailed       the call succeeded, and the workflow has no result

No message holds the token or an address, because messages end in logs and on other machines.
"""

from typing import ClassVar

from .records import error_text


class WireError(Exception):
    """A failed call; `code` is for programs, the message for people."""

    code: ClassVar[str]
    retry: ClassVar[bool]


class Unavailable(WireError):  # noqa: N818 - the base class has the suffix Error
    """No server of the protocol answered in time. A proxy's own 404 page counts as no answer."""

    code = "unavailable"
    retry = True


class Refused(WireError):  # noqa: N818 - as above
    """The server understood the request and refused it."""

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
    """The promise or task does not exist."""

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
    """A workflow ended without a result. `state` and `value` are those of its promise."""

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
