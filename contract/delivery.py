"""The delivery of an event to a client's receiver: its request, its receipt, and the codes of attempts that failed.

A code is an HTTP status, or says why there is none. Nothing else of a receiver's answer is kept.
"""

import re
from enum import StrEnum
from typing import Final

from pydantic import Field

from .model import Value
from .notice import JobEvent

_STATUS_CODE: Final = re.compile(r"http_(\d{3})")


class AttemptCode(StrEnum):
    """Why an attempt got no status."""

    URL_REFUSED = "url_refused"  # not https, a private address, credentials
    NO_ADDRESS = "no_address"  # the name of its host has no public address now
    NOT_REACHED = "not_reached"  # no connection
    CERTIFICATE_REFUSED = "certificate_refused"
    TIMED_OUT = "timed_out"
    CONNECTION_LOST = "connection_lost"  # before the status came
    RECEIVER_BUSY = "receiver_busy"  # not sent: too many of its requests are under way
    NO_SECRET = "no_secret"  # noqa: S105 not sent: the worker has none to sign with


class Delivery(Value):
    """A request to deliver an event."""

    url: str = Field(repr=False)
    event: JobEvent


class DeliveryReceipt(Value):
    """The status with which the receiver took an event."""

    status: int


def status_code(status: int) -> str:
    """Return the code of an attempt that the receiver answered with this status."""
    return f"http_{status}"


def parse_status_code(code: str) -> int | None:
    """Return the status in such a code; None if the receiver did not answer."""
    match = _STATUS_CODE.fullmatch(code)
    return int(match[1]) if match else None
