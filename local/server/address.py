"""Where a message goes: poll://any@group[/pid], poll://uni@group/pid, http(s)://...

The real server reads addresses as the WHATWG standard reads URLs, so a parser of that standard decides what is one.
gcps: and bash: addresses are valid there too; nothing can be sent to them from here.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

from ada_url import URL

type Scheme = Literal["poll", "http", "https", "gcps", "bash"]

CACHED_UP_TO = 256  # characters; addresses in use are short, and a client's rubbish is not kept


@dataclass(frozen=True, slots=True)
class Address:
    """An address that a message may name; `mode`, `group` and `pid` are a poll address's."""

    scheme: Scheme
    mode: str = ""
    group: str = ""
    pid: str = ""


def parse(text: str) -> Address | None:
    """Read an address; None when the server would not take it for one."""
    return _parse_cached(text) if len(text) <= CACHED_UP_TO else _parse(text)


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
    """A part of a domain name; one that says to be international must be so."""
    if not label.startswith("xn--"):
        return True
    try:
        return not label.removeprefix("xn--").encode().decode("punycode").isascii()
    except UnicodeError:
        return False


_parse_cached = lru_cache(4096)(_parse)
