"""Which addresses of the network a document may come from: public ones, judged where a socket is made for them.

Judging the name, or what a resolver answers, is not enough: addresses can be written in many ways, some of them never
meet a resolver, and a name may answer differently the next time. The socket sees what is really connected to.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final

# Each carries an IPv4 address inside, which a gateway may unwrap: NAT64 (two), 6to4, Teredo.
_WRAPPED: Final = ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
# Nobody's documents are there, whatever the registry calls global: protocol assignments, 6to4 relays, addresses of no
# place (ORCHID), documentation, and the address at which one cloud answers its own machines.
_NOBODYS: Final = (
    *("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32"),
    *("2001::/23", "3fff::/20", "5f00::/16"),
)
_REFUSED: Final = tuple(map(ip_network, (*_WRAPPED, *_NOBODYS)))
_ISATAP: Final = {0x00005EFE, 0x02005EFE}  # in an interface's id, before the IPv4 address that it tunnels to

type AddressInfo = tuple[Any, ...]  # family, type, protocol, canonical name, address; as the event loop has it


class NotPublicError(OSError):
    """The address is not a public one."""


def is_public(text: str) -> bool:
    """Whether anybody on the internet could mean the same by this address."""
    address = _unmapped(ip_address(text.partition("%")[0]))
    if any(address.version == net.version and address in net for net in _REFUSED):
        return False
    if isinstance(address, IPv6Address) and (address.is_site_local or (int(address) >> 32) & 0xFFFFFFFF in _ISATAP):
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
