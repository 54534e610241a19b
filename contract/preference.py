"""`Prefer: wait=N` (RFC 7240): the request is held until its answer changes, or N seconds are over.

An API may ignore the preference. If it holds the request, it says so in `Preference-Applied`.
"""

import re
from collections.abc import Mapping
from typing import Final

from .job import JOB_ID

PREFER_HEADER: Final = "Prefer"
APPLIED_HEADER: Final = "Preference-Applied"
MAX_WAIT_SECONDS: Final = 15  # API Gateway ends a request after 30, and proxies close a silent connection
_WAIT: Final = "wait"
_PATH: Final = re.compile(rf"/(?:status|jobs)/{JOB_ID}")
_SECONDS: Final = re.compile("[0-9]{1,9}")


def read_wait(method: str, path: str, headers: Mapping[str, str], max_seconds: int) -> int:
    """Return how many seconds to hold a request; 0 without the preference, or if the route does not hold requests.

    Names of headers are in small letters.
    """
    header = headers.get(PREFER_HEADER.lower())
    if header is None or method != "GET" or not _PATH.fullmatch(path):
        return 0
    return min(parse_wait(header), max_seconds)


def parse_wait(header: str) -> int:
    """Return the seconds of the preference; 0 if there is none, or a malformed one. The first of several counts."""
    for preference in header.split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == _WAIT:
            return int(value) if _SECONDS.fullmatch(value := value.strip()) else 0
    return 0


def format_wait(seconds: int) -> str:
    """Return the text of the preference, for either header."""
    return f"{_WAIT}={seconds}"
