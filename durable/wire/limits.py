"""The limits of a call."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Times are in seconds. The server answers within milliseconds, or half a minute while its database is down."""

    total_timeout: float = 4.5  # one call with all attempts, for callers that must answer within 5 s
    connect_timeout: float = 1.0  # from the name lookup to the end of the handshake, and again for sending
    response_timeout: float = 2.0  # the whole response, from the last byte of the request on
    retries: int = 2  # enough for a lost packet or a proxy that reloads; an outage lasts longer than any call
    retry_pause: float = 0.1  # the most before the first retry; it doubles with each
    max_idle: int = 16  # connections kept open: a Lambda function needs one; further threads connect anew
    max_bytes: int = 8 * 2**20  # the largest response: a promise has two values of up to 2 MiB, a page many small ones
