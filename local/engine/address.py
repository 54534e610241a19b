"""Where a message goes: poll://any@group, poll://uni@group/pid, http(s)://..., read as the WHATWG URL standard says.

The real server reads addresses with such a parser, so what it takes for valid is decided here to the letter.
gcps: and bash: addresses are valid there too; no message can be sent to them from here.
"""

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import quote, unquote_to_bytes

type Scheme = Literal["poll", "http", "https", "gcps", "bash"]

SPECIAL = ("http", "https")  # the standard's word for schemes whose host is a domain name
# What may not stand in a host, in general and in a domain name.
FORBIDDEN_IN_HOST = re.compile(r"[\x00\t\n\r #/:<>?@\[\\\]^|]")
FORBIDDEN_IN_DOMAIN = re.compile(r"[\x00-\x20\x7f#%/:<>?@\[\\\]^|]")
CONTROL_OR_SPACE = "".join(map(chr, range(33)))
SAFE_IN_PATH = "/%!$&'()*+,;=:@-._~|[]\\^"
MAX_PORT = 65_535
MAX_DOTS = 3  # in an IPv4 address
BYTE = 256
CACHED_UP_TO = 256  # characters; addresses in use are short, a client's rubbish is not kept


@dataclass(frozen=True, slots=True)
class Address:
    """An address that a message can name: `cast` and `group` of a poll address, and the rest as the parts of a URL."""

    scheme: Scheme
    cast: str = ""
    group: str = ""
    pid: str = ""


def parse(text: str) -> Address | None:
    """Read an address; None when the server would not take it for one."""
    return _parse_cached(text) if len(text) <= CACHED_UP_TO else _parse(text)


def _parse(text: str) -> Address | None:
    # The standard strips these before it looks.
    text = re.sub(r"[\t\n\r]", "", text.strip(CONTROL_OR_SPACE))
    match = re.match(r"(poll|https?|gcps|bash):(.*)", text, re.DOTALL | re.IGNORECASE)
    if match is None:
        return None
    scheme, rest = match[1].lower(), match[2]
    if scheme == "bash":
        return Address("bash")
    if scheme in SPECIAL:
        rest = rest.lstrip("/\\")
    elif rest.startswith("//"):
        rest = rest[2:]
    else:
        return None
    return _parse_hierarchy(scheme, rest)


_parse_cached = lru_cache(4096)(_parse)


def _parse_hierarchy(scheme: str, rest: str) -> Address | None:
    """Read user@host:port/path."""
    end = re.search(r"[/\\?#]" if scheme in SPECIAL else r"[/?#]", rest)
    authority, path = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    user, _, host_and_port = authority.rpartition("@")
    match = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(\d*))?", host_and_port)
    if match is None or not match[1] or int(match[2] or 0) > MAX_PORT:
        return None
    host = _domain(match[1]) if scheme in SPECIAL else _opaque_host(match[1])
    if host is None:
        return None
    cast = user.split(":")[0]
    path = quote(re.split(r"[?#]", path)[0], safe=SAFE_IN_PATH)
    match scheme:
        case "poll":
            return Address("poll", cast, host, path[1:]) if cast in ("any", "uni") else None
        case "gcps":
            return Address("gcps") if len(path) > 1 else None
        case "http":
            return Address("http")
        case _:
            return Address("https")


def _bracketed(host: str) -> str | None:
    try:
        return f"[{ipaddress.IPv6Address(host[1:-1])}]"
    except ValueError:
        return None


def _opaque_host(host: str) -> str | None:
    """A group's name: whatever is no delimiter, with what is not printable ASCII escaped."""
    if host.startswith("["):
        return _bracketed(host)
    if FORBIDDEN_IN_HOST.search(host):
        return None
    return "".join(c if " " <= c <= "~" else quote(c) for c in host)


def _domain(host: str) -> str | None:
    """A domain name, or an IPv4 address in any of its notations."""
    if host.startswith("["):
        return _bracketed(host)
    try:
        name = unquote_to_bytes(host).decode()
        name = name.lower() if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        return None
    if not name or FORBIDDEN_IN_DOMAIN.search(name) or _is_bad_ipv4(name):
        return None
    return name


def _is_bad_ipv4(name: str) -> bool:
    """A name whose last part is a number must be an IPv4 address."""
    parts = name.removesuffix(".").split(".")
    if not (parts[-1].isdigit() or re.fullmatch(r"0x[0-9a-f]*", parts[-1])):
        return False
    try:
        numbers = [_ipv4_part(part) for part in parts]
    except ValueError:
        return True
    *bytes_, rest = numbers
    # The last number fills the bytes that the others leave.
    return len(bytes_) > MAX_DOTS or any(n >= BYTE for n in bytes_) or rest >= BYTE ** (4 - len(bytes_))


def _ipv4_part(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8) if part.startswith("0") and len(part) > 1 else int(part)
