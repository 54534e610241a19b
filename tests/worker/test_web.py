"""A download reaches allowed addresses only, and each failure has its code."""

import asyncio
from contextlib import aclosing

import pytest

from contract.codes import Code
from durable import JobError, PermanentError, TemporaryError
from tests.worker.document_site import Site
from worker.providers.retries import MAX_UNANSWERED_ATTEMPTS
from worker.sources.web import Web


def read(url: str, *allowed: str) -> bytes:
    """Return the document at this URL."""

    async def read_all() -> bytes:
        async with aclosing(Web(allowed).read(url)) as pieces:
            return b"".join([piece async for piece in pieces])

    return asyncio.run(read_all())


def download_error(url: str, *allowed: str) -> JobError:
    """Return the error of this download."""
    with pytest.raises(JobError) as caught:
        read(url, *allowed)
    return caught.value


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "169.254.169.254", "169.254.170.2", "[::1]", "[::ffff:169.254.169.254]", "2130706433",
        "0x7f000001", "127.1", "0", "10.0.0.1", "100.64.0.1", "[64:ff9b::a9fe:a9fe]", "[fd00:ec2::254]", "①②⑦.0.0.1",
    ],
)  # fmt: skip
def test_no_spelling_of_a_private_address_is_reached(host: str) -> None:
    """A name fails as unavailable, and so do spellings that the resolver of this machine does not know."""
    error = download_error(f"https://{host}/secret")
    assert error.code in (Code.URL_REFUSED, Code.UNAVAILABLE)
    if host[0] in "1[" and host not in ("127.1", "100.64.0.1"):
        assert error.code == Code.URL_REFUSED


def test_a_refused_server_gets_no_request(site: Site) -> None:
    """The site listens on this port, so only the guard can keep the requests away."""
    port = site.host.partition(":")[2]
    assert download_error(f"https://127.0.0.1:{port}/a", f"localhost:{port}").code == Code.URL_REFUSED
    assert download_error(f"http://127.0.0.1:{port}/a").code == Code.URL_REFUSED
    assert site.requested_paths == []


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "https://user:pw@example.org/", "https://@169.254.169.254/", "https://example.org:22/",
     "https://[::1", "ftp://example.com/", "https:///nowhere"],
)  # fmt: skip
def test_a_url_of_another_form_is_refused(url: str) -> None:
    assert download_error(url).code == Code.URL_REFUSED


def test_an_allowed_host_may_be_private_and_without_tls(site: Site) -> None:
    assert read(site.serve("a.pdf", b"content"), site.host) == b"content"


def test_compressed_answers_are_neither_requested_nor_accepted(site: Site) -> None:
    read(site.serve("a.pdf", b"content"), site.host)
    assert site.headers["Accept-Encoding"] == "identity"
    assert download_error(f"{site.url}/packed", site.host).code == Code.UNSUPPORTED


def test_three_redirects_are_followed(site: Site) -> None:
    url = site.serve("a.pdf", b"content")
    for name in ("one", "two", "three"):
        url = site.redirect(name, url)
    assert read(url, site.host) == b"content"


def test_a_fourth_redirect_is_not_followed(site: Site) -> None:
    assert download_error(site.redirect("round", "/round"), site.host).code == Code.URL_REFUSED
    assert len(site.requested_paths) == 4


@pytest.mark.parametrize("target", ["https://169.254.169.254/latest", "http://10.0.0.1/", "file:///etc/passwd"])
def test_a_redirect_reaches_no_address_that_a_url_cannot(site: Site, target: str) -> None:
    assert download_error(site.redirect("away", target), site.host).code == Code.URL_REFUSED


def test_proxy_variables_are_ignored(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert read(site.serve("a.pdf", b"content"), site.host) == b"content"


@pytest.mark.parametrize(
    ("code", "statuses"),
    [
        (Code.FORBIDDEN, [401, 402, 403, 407, 451]),
        (Code.NOT_FOUND, [404, 410]),
        (Code.REFUSED, [300, 302, 304, 307, 308, 400, 405, 406, 409, 416, 418, 422, 426, 431]),
    ],
)
def test_a_permanent_refusal_is_not_retried_and_names_its_status(site: Site, code: Code, statuses: list[int]) -> None:
    """Redirects without a target are among them."""
    for status in statuses:
        error = download_error(f"{site.url}/status/{status}", site.host)
        assert (error.code, type(error), str(status) in error.message) == (code, PermanentError, True)


@pytest.mark.parametrize("target", ["", " "])
def test_a_redirect_with_an_empty_target_is_refused(site: Site, target: str) -> None:
    error = download_error(site.redirect("away", target), site.host)
    assert (error.code, type(error)) == (Code.REFUSED, PermanentError)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_a_temporary_refusal_is_retried_and_names_its_status(site: Site, status: int) -> None:
    error = download_error(f"{site.url}/status/{status}", site.host)
    assert (error.code, type(error), str(status) in error.message) == (Code.UNAVAILABLE, TemporaryError, True)


@pytest.mark.parametrize("status", [201, 202, 205, 206, 226, 600, 999])
def test_an_unexpected_status_is_retried_a_few_times_and_named(site: Site, status: int) -> None:
    """Such as a partial document without a range request: it is no document, and may never become one."""
    error = download_error(f"{site.url}/status/{status}", site.host)
    assert (error.code, type(error), str(status) in error.message) == (Code.UNAVAILABLE, TemporaryError, True)
    assert (error.after, error.durable_attempts) == (0.0, MAX_UNANSWERED_ATTEMPTS)


@pytest.mark.parametrize("status", [200, 203])
def test_a_document_from_a_transforming_proxy_is_accepted(site: Site, status: int) -> None:
    assert read(f"{site.url}/status/{status}", site.host) == b""


def test_a_document_that_breaks_off_is_retried(site: Site) -> None:
    error = download_error(f"{site.url}/short", site.host)
    assert (error.code, type(error)) == (Code.UNAVAILABLE, TemporaryError)


def test_a_server_that_cannot_be_reached_is_retried() -> None:
    """No server listens on port 1."""
    error = download_error("http://127.0.0.1:1/a.pdf", "127.0.0.1:1")
    assert (error.code, type(error)) == (Code.UNAVAILABLE, TemporaryError)
