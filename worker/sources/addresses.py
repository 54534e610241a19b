"""Which addresses of the network a document may come from: public ones, judged where a socket is made for them.

Judging the name, or what a resolver answers, is not enough: addresses can be written in many ways, some of them never
meet a resolver, and a name may answer differently the next time. The socket sees what is really connected to.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

# Each carries an IPv4 address inside, which a gateway may unwrap: NAT64 (two), 6to4, Teredo.
_WRAPPED: Final = tuple(map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))

type AddressInfo = tuple[Any, ...]  # family, type, protocol, canonical name, address; as the event loop has it


class NotPublicError(OSError):
    """The address is not a public one."""


def is_public(text: str) -> bool:
    """Whether anybody on the internet could mean the same by this address."""
    address = _unmapped(ip_address(text.partition("%")[0]))
    if isinstance(address, IPv6Address) and (address.is_site_local or any(address in net for net in _WRAPPED)):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _unmapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


class Guard:
    """Makes sockets for public addresses only, and remembers what it refused.

    A connection that tries several addresses reports its errors as one, of no particular type.
    """

    def __init__(self) -> None:
        self.refused: list[str] = []

    def __call__(self, info: AddressInfo) -> socket.socket:
        """Make a socket for the address, or refuse."""
        family, kind, protocol, _, address = info
        if not is_public(address[0]):
            self.refused.append(address[0])
            raise NotPublicError(f"{address[0]} is not a public address")
        return socket.socket(family, kind, protocol)
