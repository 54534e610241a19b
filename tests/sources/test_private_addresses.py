"""A download never connects to a private address, however the URL disguises it and although a server would answer."""

import asyncio
from contextlib import aclosing

import pytest

from contract.codes import Code
from durable import JobError
from tests.sources.flaky_site import FlakySite, serve_flaky_site
from worker.sources.addresses import is_public
from worker.sources.web import Web


@pytest.mark.parametrize(
    "address",
    [
        # mapped, translated (two standards), NAT64 (two), 6to4, Teredo, ISATAP (two): each embeds a private address
        "::ffff:10.0.0.1", "::ffff:0:127.0.0.1", "::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1",
        "2002:a9fe:a9fe::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2606:4700::5efe:7f00:1",
        "2606:4700::200:5efe:a9fe:a9fe",
        # multicast of every scope, and networks without documents
        "224.0.0.1", "239.255.255.250", "ff02::1", "ff05::2", "ff0e::1", "192.88.99.1", "192.0.0.9", "168.63.129.16",
        "2001:20::1", "2001:1::1", "3fff::1", "5f00::1", "100::1", "fec0::1",
    ],
)  # fmt: skip
def test_a_disguised_or_special_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "::ffff:8.8.8.8", "2001:4860:4860::8888", "2606:4700:4700::1111"])
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(address)


# Spellings of the loopback address that have bypassed checks. Some machines cannot resolve those of the second list.
ADDRESSES = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "[::1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "①②⑦.⓪.⓪.①", "127。0。0。1",
]  # fmt: skip
ODD_ADDRESSES = [
    "0", "0.0.0.0", "[::]",  # noqa: S104 no server listens there
    "[::ffff:127.1]",
    "127.0.0.1.", "127.0.0.1%00", "[::1%25lo]", "[::ffff:0:7f00:1]", "[64:ff9b::7f00:1]",
]  # fmt: skip
PRIVATE_NAMES = ["localhost", "LOCALHOST", "localhost."]
LOOPBACK = [*ADDRESSES, *ODD_ADDRESSES, *PRIVATE_NAMES]
UNKNOWN_NAME = "no-such-host.invalid"
DISGUISES = [
    "http://127.0.0.1:PORT/", "https://a@127.0.0.1:PORT/", "https://example.com\\@127.0.0.1:PORT/",
    "https://example.com@127.0.0.1:PORT/", "https://127.0.0.1:PORT#@example.com/", "//127.0.0.1:PORT/",
    "file://127.0.0.1:PORT/etc/passwd", "gopher://127.0.0.1:PORT/_x", "https://127.0.0.1:1/",
]  # fmt: skip


def read_with_error(url: str, bait: FlakySite, port: int) -> JobError:
    """Return the error of a download when only the address check protects this port of the machine."""

    async def read() -> bytes:
        async with aclosing(Web([bait.host], port=port).read(url)) as pieces:
            return b"".join([piece async for piece in pieces])

    with pytest.raises(JobError) as caught:
        asyncio.run(read())
    return caught.value


@pytest.mark.parametrize("by_redirect", [False, True], ids=["direct", "redirected"])
@pytest.mark.parametrize("text", [*(f"https://{host}:PORT/" for host in LOOPBACK), *DISGUISES])
def test_a_private_server_gets_no_connection(text: str, *, by_redirect: bool) -> None:
    """The server gets not even a connection. The refusal of an address is permanent; a name may change its meaning."""
    with (
        serve_flaky_site(FlakySite(b"%PDF-1.7 secret")) as secret,
        serve_flaky_site(FlakySite(b"%PDF-1.7 bait")) as bait,
    ):
        port = secret.host.partition(":")[2]
        url = text.replace("PORT", port)
        if by_redirect:
            bait.refusals.append((302, {"Location": url.encode().decode("latin-1")}))  # the encoding of headers
        error = read_with_error(bait.url if by_redirect else url, bait, int(port))
    assert secret.connections == 0
    if error.code != Code.UNAVAILABLE:
        assert (error.code, error.retry) == (Code.URL_REFUSED, False)
    else:
        assert text.split("/")[2].removesuffix(":PORT") in ODD_ADDRESSES + PRIVATE_NAMES


@pytest.mark.parametrize("host", PRIVATE_NAMES)
def test_a_client_cannot_tell_a_private_name_from_one_that_does_not_exist(host: str) -> None:
    """Else each job would be a question to the private network's name server."""
    with serve_flaky_site(FlakySite(b"")) as bait:
        private = read_with_error(f"https://{host}:7/", bait, 7)
        unknown = read_with_error(f"https://{UNKNOWN_NAME}:7/", bait, 7)
    assert str(private) == str(unknown)
    assert (private.code, private.retry) == (Code.UNAVAILABLE, True)


def test_a_public_address_requires_tls() -> None:
    """Port 80 is allowed here, so only the scheme can be the reason."""
    with serve_flaky_site(FlakySite(b"")) as bait:
        error = read_with_error("http://93.184.216.34/", bait, 80)
    assert (error.code, error.retry) == (Code.URL_REFUSED, False)


def test_an_allowed_private_server_answers() -> None:
    """Control of the tests above: the same server answers once its host is allowed."""
    with serve_flaky_site(FlakySite(b"%PDF-1.7 secret")) as secret:

        async def read() -> bytes:
            async with aclosing(Web([secret.host]).read(secret.url)) as pieces:
                return b"".join([piece async for piece in pieces])

        assert asyncio.run(read()) == b"%PDF-1.7 secret"
    assert secret.connections == 1
