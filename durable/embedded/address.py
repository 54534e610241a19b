"""Parses the addresses of messages: poll://any@group[/pid], poll://uni@group/pid, http(s)://...

The real server parses addresses by the WHATWG standard for URLs, and so does this module. gcps: and bash: addresses
are valid, too, but this server cannot send to them.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

from ada_url import URL

type Scheme = Literal["poll", "http", "https", "gcps", "bash"]

MAX_CACHED_LENGTH = 256  # characters; real addresses are short, and a client's garbage must not fill the cache


@dataclass(frozen=True, slots=True)
class Address:
    """An address; `mode`, `group` and `pid` are set for poll addresses."""

    scheme: Scheme
    mode: str = ""
    group: str = ""
    pid: str = ""


def parse(text: str) -> Address | None:
    """Parse an address; None if the real server would refuse it."""
    return _parse_cached(text) if len(text) <= MAX_CACHED_LENGTH else _parse(text)


def _parse(text: str) -> Address | None:
    try:
        url = URL(text)
    except ValueError:
        return None
    scheme = url.protocol.removesuffix(":")
    match scheme:
        case "http" | "https" if all(map(_is_label, url.hostname.split("."))):
            return Address(cast("Scheme", scheme))
        case "bash":
            return Address("bash")
        case "poll" if url.username in ("any", "uni") and url.hostname:
            return Address("poll", url.username, url.hostname, url.pathname.removeprefix("/"))
        case "gcps" if url.hostname and len(url.pathname) > 1:
            return Address("gcps")
    return None


def _is_label(label: str) -> bool:
    """Return whether this is a valid part of a domain name; an `xn--` label must be valid punycode."""
    if not label.startswith("xn--"):
        return True
    try:
        return not label.removeprefix("xn--").encode().decode("punycode").isascii()
    except UnicodeError:
        return False


_parse_cached = lru_cache(4096)(_parse)
