"""Over TLS the client behaves as without, and refuses certificates that are not the server's."""

import socket
import ssl

import pytest

from durable.wire.errors import Unavailable
from durable.wire.limits import Limits
from tests.wire.behaviors import PROMISE, answer_promise, close_silently, drip, drip_body
from tests.wire.conftest import FakeTime, MakeClient, StartRogue
from tests.wire.rogue_server import Behavior


@pytest.mark.usefixtures("trusted")
def test_calls_over_tls_share_a_connection(
    start_rogue: StartRogue, make_client: MakeClient, tls: ssl.SSLContext
) -> None:
    """A handshake costs more than a call."""
    server = start_rogue(answer_promise, tls=tls)
    shared = make_client(server.url)
    assert [shared.get("p"), shared.get("p")] == [PROMISE, PROMISE]
    assert [call.connection for call in server.calls] == [1, 1]


@pytest.mark.usefixtures("trusted")
def test_an_idle_tls_connection_that_closes_is_replaced_at_once(
    start_rogue: StartRogue, make_client: MakeClient, fake_time: FakeTime, tls: ssl.SSLContext
) -> None:
    """Its errors have other names than those of a plain connection."""
    server = start_rogue(answer_promise, close_silently, answer_promise, tls=tls)
    shared = make_client(server.url)
    assert [shared.get("p"), shared.get("p")] == [PROMISE, PROMISE]
    assert ([call.connection for call in server.calls], fake_time.pauses) == ([1, 1, 2], [])


@pytest.mark.usefixtures("trusted")
def test_the_host_header_is_that_of_the_url(
    start_rogue: StartRogue, make_client: MakeClient, tls: ssl.SSLContext
) -> None:
    """It omits the default port: proxies compare names."""
    server = start_rogue(answer_promise, tls=tls)
    make_client("https://localhost", dial=lambda *_: socket.create_connection(("127.0.0.1", server.port))).get("p")
    assert server.calls[0].headers["host"] == "localhost"


def test_a_certificate_of_an_unknown_authority_is_unavailable(
    start_rogue: StartRogue, make_client: MakeClient, tls: ssl.SSLContext
) -> None:
    """The message names the failed check, so that an operator knows what to do."""
    server = start_rogue(answer_promise, tls=tls)
    with pytest.raises(Unavailable, match="the TLS connection failed: CERTIFICATE_VERIFY_FAILED"):
        make_client(server.url).get("p")
    assert server.calls == []


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_another_name_is_unavailable(
    start_rogue: StartRogue, make_client: MakeClient, tls: ssl.SSLContext
) -> None:
    """The certificate is trusted, but not for this address."""
    server = start_rogue(answer_promise, tls=tls)
    with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
        make_client(server.url.replace("localhost", "127.0.0.1")).get("p")
    assert server.calls == []


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("behavior", [drip, drip_body])
def test_an_answer_that_drips_times_out(
    behavior: Behavior, start_rogue: StartRogue, make_client: MakeClient, tls: ssl.SSLContext
) -> None:
    """As without TLS."""
    server = start_rogue(behavior, tls=tls)
    with pytest.raises(Unavailable, match="in time"):
        make_client(server.url, limits=Limits(response_timeout=0.25, retries=0)).get("p")


def test_a_handshake_that_hangs_times_out(make_client: MakeClient) -> None:
    """The server accepts the connection and never shakes hands; the socket itself would wait for ever."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"https://localhost:{mute.getsockname()[1]}"
        with pytest.raises(Unavailable, match="in time"):
            make_client(
                url,
                limits=Limits(connect_timeout=0.25, retries=0),
                dial=lambda address, _: socket.create_connection(address),
            ).get("p")
