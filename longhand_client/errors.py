"""What can go wrong with a request.

ClientError
├── AddressError         the client's address is no address of an API
├── UnreachableError     no response came
├── ForeignAnswerError   the response is not this API's
├── ApiError             the API refused or failed: status, code and sentence
│   └── NotFoundError    nothing has this id
├── WaitTimeoutError     what the program waited for has not ended in time
├── UploadError          the object store did not take the bytes of a document
└── WebhookError         a request to a receiver did not come from the API
"""

from http import HTTPStatus
from typing import Any, Final

from contract.api_value import read_json

from .exchange import Reply

NOT_FOUND: Final = "not_found"  # the status in the answer about a job or an invocation that does not exist
_MAX_SENTENCE_CHARACTERS: Final = 300


class ClientError(Exception):
    """The base of all errors of the client."""


class AddressError(ClientError):
    """The client's address is not that of an API."""


class UnreachableError(ClientError):
    """No response came: the connection failed, or the time for a response was over."""

    def __init__(self, sentence: str, *, is_timeout: bool) -> None:
        super().__init__(sentence)
        self.is_timeout: Final = is_timeout  # the API may have received the request


class ForeignAnswerError(ClientError):
    """The response is that of another API, or of a version whose answers this client cannot read."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"the response is not this API's (HTTP {reply.status})")
        self.reply: Final = reply


class ApiError(ClientError):
    """A problem in the form of RFC 9457. `code` is for programs; it is empty if API Gateway answered by itself."""

    def __init__(self, reply: Reply) -> None:
        self.reply: Final = reply
        self.status: Final = reply.status
        self.code, self.sentence = _read_problem(reply)
        super().__init__(f"{self.sentence} ({self.code or f'HTTP {self.status}'})")

    @property
    def is_temporary(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status in (
            HTTPStatus.TOO_MANY_REQUESTS,
            HTTPStatus.BAD_GATEWAY,
            HTTPStatus.SERVICE_UNAVAILABLE,
        )


class NotFoundError(ApiError):
    """No job, invocation or other resource of the requester has this id."""


class WaitTimeoutError(ClientError):
    """What the program waited for has not ended in time, and continues; `last` is its last known state."""

    def __init__(self, seconds: float, last: Any) -> None:  # noqa: ANN401 - an answer about whatever was waited for
        super().__init__(f"it has not ended after {seconds:g} seconds")
        self.last: Final = last


class UploadError(ClientError):
    """The object store did not take the bytes of a document."""


class WebhookError(ClientError):
    """A request to a receiver of events did not come from the API, or is too old."""


def _read_problem(reply: Reply) -> tuple[str, str]:
    """Return code and sentence of a body, the API's or API Gateway's; without one, the HTTP status."""
    try:
        body = read_json(reply.body, dict[str, Any])
    except ValueError:
        body = {}
    if body.get("status") == NOT_FOUND:
        what = f"the job {body['jobId']}" if "jobId" in body else f"the invocation {body.get('id')}"
        return NOT_FOUND, f"{what} does not exist"
    code, sentence = body.get("code"), body.get("error") or body.get("message") or body.get("Message")
    return (
        code if isinstance(code, str) else "",
        sentence[:_MAX_SENTENCE_CHARACTERS] if isinstance(sentence, str) else f"HTTP {reply.status}",
    )
