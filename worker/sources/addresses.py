"""Allow connections to public addresses only, checked where the socket is created.

Checking the host name or the resolver's answer is not enough: addresses have many spellings, some bypass the resolver,
and a name may resolve differently the next time. The socket gets the address of the actual connection.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final

# Each contains an IPv4 address, which a gateway may unwrap: NAT64 (two), 6to4, Teredo.
_TUNNELS: Final = ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
# Global by the registry, but without documents: protocol assignments, 6to4 relays, identifiers without a location
# (ORCHID), documentation, and the address at which Azure serves its own machines.
_RESERVED_NETWORKS: Final = (
    *("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32"),
    *("2001::/23", "3fff::/20", "5f00::/16"),
)
_REFUSED_NETWORKS: Final = tuple(map(ip_network, (*_TUNNELS, *_RESERVED_NETWORKS)))
_ISATAP_MARKS: Final = {0x00005EFE, 0x02005EFE}  # in an interface id, before the IPv4 address at the tunnel's end

type AddressInfo = tuple[Any, ...]  # family, type, protocol, canonical name, address, as the event loop passes it


class NotPublicError(OSError):
    """The address is not a public one."""


def is_public(text: str) -> bool:
    """Whether the address means the same host everywhere on the internet.

    A spelling that only the C library reads, such as `::ffff:127.1`, does not count as one.
    """
    try:
        address = _unmap(ip_address(text.partition("%")[0]))
    except ValueError:
        return False
    if any(address.version == net.version and address in net for net in _REFUSED_NETWORKS):
        return False
    if isinstance(address, IPv6Address) and (
        address.is_site_local or (int(address) >> 32) & 0xFFFFFFFF in _ISATAP_MARKS
    ):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _unmap(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


class Guard:
    """Creates sockets for public addresses only, and keeps the refused ones.

    A connection that tries several addresses reports one generic error, so `refused` says whether a refusal caused it.
    """

    def __init__(self, *, is_for_address: bool) -> None:
        """`is_for_address` is whether the URL has an address, and not a name."""
        self.is_for_address: Final = is_for_address
        self.refused: list[str] = []

    def __call__(self, info: AddressInfo) -> socket.socket:
        """Create a socket, or raise NotPublicError."""
        family, kind, protocol, _, address = info
        if not is_public(address[0]):
            self.refused.append(address[0])
            raise NotPublicError(f"{address[0]} is not a public address")
        return socket.socket(family, kind, protocol)
