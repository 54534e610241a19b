"""The deliveries of a job's events as the API shows them: names, codes and attempts.

A code of an attempt is an HTTP status, or says why there is none. Nothing else of a receiver's answer is kept.
"""

import re
from enum import StrEnum
from typing import Final

from .api_value import ApiValue

_DAY_SECONDS: Final = 24 * 3_600.0
# Of a delivery: a safety net, because the attempts end sooner. It leaves time for deliveries after an outage.
LIFETIME_SECONDS: Final = 14 * _DAY_SECONDS
MAX_DELIVERIES: Final = 20  # deliveries of one event: a client that needs more is a faulty program
EVENT_ID: Final = r"[A-Za-z0-9_-]{1,128}\.[a-z0-9_-]{1,64}"  # safe in a path
_STATUS_CODE: Final = re.compile(r"http_(\d{3})")


class EventName(StrEnum):
    """What happened to a job."""

    ACCEPTED = "accepted"  # it is recorded, and a worker has begun it
    WAITING = "waiting"  # for a decision
    DONE = "done"
    FAILED = "failed"  # also a job that no worker finished by its deadline
    CANCELED = "canceled"
    REVOKED = "revoked"  # its result was revoked


def event_type(name: str) -> str:
    """Return the type of the CloudEvent of this name."""
    return f"longhand.job.{name}.v1"


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


def status_code(status: int) -> str:
    """Return the code of an attempt that the receiver answered with this status."""
    return f"http_{status}"


def parse_status_code(code: str) -> int | None:
    """Return the status in such a code; None if the receiver did not answer."""
    match = _STATUS_CODE.fullmatch(code)
    return int(match[1]) if match else None


class DeliveryState(StrEnum):
    """Whether a receiver has taken an event."""

    PENDING = "pending"  # an attempt is under way, or follows
    DELIVERED = "delivered"
    GAVE_UP = "gave_up"  # after its last attempt, or because the receiver is gone or may not be reached


class DeliveryAttempt(ApiValue, frozen=True, kw_only=True):
    """One request to a receiver: the status of its answer, or a code that says why there is none."""

    at: str  # when it ended; ISO 8601, UTC
    status_code: int | None = None
    error: str | None = None


class EventDelivery(ApiValue, frozen=True, kw_only=True):
    """A delivery of an event to a receiver, with its state and attempts."""

    event_id: str
    event_type: str
    number: int  # 1 is the first one; a client asked for the others
    receiver: str  # its host
    state: DeliveryState
    created_at: str
    attempts: tuple[DeliveryAttempt, ...]
    next_attempt_at: str | None = None


class EventDeliveries(ApiValue, frozen=True, kw_only=True):
    """200: the deliveries of a job's events, in the order of their creation."""

    job_id: str
    deliveries: tuple[EventDelivery, ...]
