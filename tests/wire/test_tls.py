"""Over TLS the client behaves as it does without, and talks to nobody whose certificate is not the server's."""

import socket
import ssl

import pytest

from tests.wire.conftest import FakeTime, MakeClient, StartRogue
from tests.wire.manners import PROMISE, drips, drips_its_body, good, slams
from tests.wire.rogue import Manner
from wire.errors import Unavailable
from wire.limits import Limits


@pytest.mark.usefixtures("trusted")
def test_calls_over_tls_share_a_connection_too(rogue: StartRogue, client: MakeClient, tls: ssl.SSLContext) -> None:
    """A handshake costs more than a call."""
    server = rogue(good, tls=tls)
    shared = client(server.url)
    assert [shared.get("p"), shared.get("p")] == [PROMISE, PROMISE]
    assert [call.connection for call in server.calls] == [1, 1]


@pytest.mark.usefixtures("trusted")
def test_a_kept_connection_that_dies_is_replaced_at_once(
    rogue: StartRogue, client: MakeClient, time: FakeTime, tls: ssl.SSLContext
) -> None:
    """Its end has other names than that of a plain one."""
    server = rogue(good, slams, good, tls=tls)
    shared = client(server.url)
    assert [shared.get("p"), shared.get("p")] == [PROMISE, PROMISE]
    assert ([call.connection for call in server.calls], time.pauses) == ([1, 1, 2], [])


@pytest.mark.usefixtures("trusted")
def test_the_host_is_named_as_in_the_url(rogue: StartRogue, client: MakeClient, tls: ssl.SSLContext) -> None:
    """Without a port that is the default: proxies compare names."""
    server = rogue(good, tls=tls)
    client("https://localhost", dial=lambda *_: socket.create_connection(("127.0.0.1", server.port))).get("p")
    assert server.calls[0].headers["host"] == "localhost"


def test_a_certificate_of_an_unknown_authority_is_unavailable(
    rogue: StartRogue, client: MakeClient, tls: ssl.SSLContext
) -> None:
    """The message says so, as nothing else tells an operator what to do."""
    server = rogue(good, tls=tls)
    with pytest.raises(Unavailable, match="the TLS connection failed: CERTIFICATE_VERIFY_FAILED"):
        client(server.url).get("p")
    assert server.calls == []


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_another_name_is_unavailable(
    rogue: StartRogue, client: MakeClient, tls: ssl.SSLContext
) -> None:
    """The certificate is trusted, but not for this address."""
    server = rogue(good, tls=tls)
    with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
        client(server.url.replace("localhost", "127.0.0.1")).get("p")
    assert server.calls == []


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("manner", [drips, drips_its_body])
def test_an_answer_that_drips_ends_with_its_time(
    manner: Manner, rogue: StartRogue, client: MakeClient, tls: ssl.SSLContext
) -> None:
    """As it does without TLS."""
    server = rogue(manner, tls=tls)
    with pytest.raises(Unavailable, match="in time"):
        client(server.url, limits=Limits(response_timeout=0.25, retries=0)).get("p")


def test_a_handshake_that_hangs_ends_with_its_time(client: MakeClient) -> None:
    """The connection stands, but nobody shakes hands, and the socket itself would wait for ever."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"https://localhost:{mute.getsockname()[1]}"
        with pytest.raises(Unavailable, match="in time"):
            client(
                url,
                limits=Limits(connect_timeout=0.25, retries=0),
                dial=lambda address, _: socket.create_connection(address),
            ).get("p")
