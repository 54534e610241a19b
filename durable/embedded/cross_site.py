"""Refuse requests that a foreign web page has a browser send to a server on this machine.

Such a server has no password, and a browser sends a page's requests to it as well as the user's own. The browser names
the page in `Origin` and `Sec-Fetch-Site`. A page whose DNS name suddenly means this machine (DNS rebinding) is of the
same origin for the browser, but its `Host` is that name. A form of an old browser has none of these headers, and can
send JSON only as plain text.
"""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

CHECKED_HEADERS = ("host", "origin", "sec-fetch-site", "content-type")
_FORM_TYPES = ("text/plain", "multipart/form-data")  # a form of the third type escapes the quotation marks of JSON
_MAX_CACHED_VERDICTS = 1_000


class Refusal(NamedTuple):
    """The status of an answer, its code for programs, and its sentence for people."""

    status: int
    code: str
    sentence: str


@lru_cache(_MAX_CACHED_VERDICTS)
def find_refusal(host: str, origin: str, site: str, content_type: str, own_names: frozenset[str]) -> Refusal | None:
    """Return why a request is refused, by its headers; one that is missing is an empty text.

    `own_names` are names, in small letters, under which clients may know this server beside those of every machine.
    """
    name, page = _name_of(f"//{host}"), _name_of(origin)
    if host and not (name and (name in own_names or _can_be_this_machine(name))):
        sentence = f"this server is not {host[:100]}: use localhost, an address, or the name that it was started with"
        return Refusal(421, "unknown_host", sentence)
    if site == "cross-site" or (origin and not (page and (page in (name, *own_names) or _is_this_machine(page)))):
        return Refusal(403, "cross_site", "a web page of another site sent this request")
    if content_type.partition(";")[0].strip().lower() in _FORM_TYPES:
        return Refusal(415, "not_json", "send JSON, with the header Content-Type: application/json")
    return None


def _name_of(url: str) -> str:
    """Return the host's name in small letters, without a port; an empty text if there is none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _can_be_this_machine(name: str) -> bool:
    """Whether a name is safe from DNS rebinding: it is an address, or not a domain that a stranger could register."""
    return _is_this_machine(name) or _parse_address(name) is not None or "." not in name


def _is_this_machine(name: str) -> bool:
    address = _parse_address(name)
    return address.is_loopback if address else name == "localhost" or name.endswith(".localhost")


def _parse_address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None
