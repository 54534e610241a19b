"""The worker connects only to public internet addresses, in whatever notation they are given."""

import socket

import pytest

from worker.sources.addresses import Guard, NotPublicError, is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0",  # noqa: S104 the test listens nowhere
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "169.254.170.2",
        "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "fe80::1%eth0", "fec0::1",
        "fd00:ec2::254",
        "ff02::1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_a_private_or_reserved_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "::ffff:1.1.1.1", "2606:4700:4700::1111"])
def test_an_internet_address_is_public(address: str) -> None:
    assert is_public(address)


def test_the_guard_refuses_a_socket_to_a_private_address() -> None:
    guard = Guard(is_for_address=True)
    with pytest.raises(NotPublicError):
        guard((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 443)))
    assert guard.refused == ["169.254.169.254"]


def test_the_guard_opens_a_socket_to_a_public_address() -> None:
    guard = Guard(is_for_address=True)
    with guard((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", 443))) as opened:
        assert opened.family == socket.AF_INET
    assert not guard.refused
