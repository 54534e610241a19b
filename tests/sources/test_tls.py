"""A document is downloaded only over TLS from the server that its URL names."""

import asyncio
import ssl
from contextlib import aclosing
from pathlib import Path

import pytest

from contract.codes import Code
from durable import PermanentError
from tests.sources.certificates import DAY, make_client_context, make_server_context, write_certificate
from tests.sources.flaky_site import FlakySite, serve_flaky_site
from worker.sources.web import Web

CONTENT = b"%PDF-1.7\n" + b"x" * 200_000


def read_document(site: FlakySite, tls: ssl.SSLContext | None) -> bytes:
    async def read_pieces() -> bytes:
        async with aclosing(Web([site.host], tls=tls).read(site.url)) as pieces:
            return b"".join([piece async for piece in pieces])

    return asyncio.run(read_pieces())


def test_a_document_is_downloaded_over_tls(tmp_path: Path) -> None:
    file = write_certificate(tmp_path)
    with serve_flaky_site(FlakySite(CONTENT, redirects=2), make_server_context(file)) as site:
        assert read_document(site, make_client_context(file)) == CONTENT


@pytest.mark.parametrize("defect", ["self-signed", "another name's", "yesterday's"])
def test_an_invalid_certificate_is_refused_permanently(tmp_path: Path, defect: str) -> None:
    """An allowed host does not allow another server under its name."""
    file = {
        "self-signed": lambda: write_certificate(tmp_path),
        "another name's": lambda: write_certificate(tmp_path, name="example.com"),
        "yesterday's": lambda: write_certificate(tmp_path, age=2 * DAY),
    }[defect]()
    with (
        serve_flaky_site(FlakySite(CONTENT), make_server_context(file)) as site,
        pytest.raises(PermanentError) as caught,
    ):
        read_document(site, None if defect == "self-signed" else make_client_context(file))
    assert caught.value.code == Code.URL_REFUSED
    assert "certificate" in caught.value.message
    assert site.requests == []


def test_a_redirect_from_https_to_http_is_refused(tmp_path: Path) -> None:
    """The plain server would answer, but its host is not allowed by name."""
    file = write_certificate(tmp_path)
    with (
        serve_flaky_site(FlakySite(b"%PDF-1.7 plain")) as plain,
        serve_flaky_site(FlakySite(CONTENT), make_server_context(file)) as site,
    ):
        site.refusals.append((302, {"Location": plain.url}))
        with pytest.raises(PermanentError) as caught:
            read_document(site, make_client_context(file))
    assert caught.value.code == Code.URL_REFUSED
    assert plain.requests == []
