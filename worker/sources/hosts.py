"""Decide which hosts a worker may reach for a client: public ones by https, and those that the operator allows.

A client must not reach or explore the operator's network. Hosts are checked on the parsed URL, and addresses where the
socket is created: `addresses.py`.
"""

from collections.abc import Collection
from typing import Final

from yarl import URL

from contract.codes import Code
from durable import PermanentError

from .addresses import Guard

HTTPS_PORT: Final = 443
# Text, code and retry are the same for a name of a private network and for a name that does not exist. Otherwise
# clients could explore the network's names.
NO_PUBLIC_ADDRESS_TEXT: Final = "the host's name has no public address, or cannot be found now"


class Hosts:
    """`allowed` are hosts with ports, as in `127.0.0.1:8080`, that may be private and without TLS."""

    def __init__(self, allowed: Collection[str], port: int = HTTPS_PORT) -> None:
        """`port` is that of all other hosts."""
        self._allowed: Final = frozenset(allowed)
        self._port: Final = port

    def guard_for(self, url: URL) -> Guard | None:
        """Return the guard for a URL; None if the operator allows its host. Raises PermanentError."""
        if not _has_host(url):
            raise PermanentError(Code.URL_REFUSED, "the URL has no valid host")
        if url.user is not None or url.password is not None:
            raise PermanentError(Code.URL_REFUSED, "the URL must not contain credentials")
        if url.scheme in ("http", "https") and f"{url.host}:{url.port}" in self._allowed:
            return None
        if url.scheme != "https" or url.port != self._port:
            raise PermanentError(Code.URL_REFUSED, f"the URL must use https and port {self._port}")
        return Guard(is_for_address=_is_address(str(url.host)))


def parse_url(text: str) -> URL:
    """Parse a URL, or refuse it."""
    try:
        return URL(text)
    except ValueError as exc:
        raise PermanentError(Code.URL_REFUSED, "this is not a URL") from exc


def _has_host(url: URL) -> bool:
    try:
        return bool(url.host) and _is_name(str(url.host))
    except UnicodeError:  # an invalid international name
        return False


def _is_address(host: str) -> bool:
    """Whether a host is an address in any spelling, and no name: its last part is a number, or it has colons."""
    return ":" in host or host.rstrip(".").rpartition(".")[2][:1].isdigit()


def _is_name(host: str) -> bool:
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True
