"""A document comes from where the guard lets it come from, and what goes wrong has its code."""

import asyncio
from contextlib import aclosing

import pytest

from contract.codes import Code
from durable import JobError, PermanentError, TemporaryError
from tests.worker.document_site import Site
from worker.providers.retries import MAX_UNANSWERED_TRIES
from worker.sources.web import Web


def read(url: str, *allowed: str) -> bytes:
    """Return what is there."""

    async def whole() -> bytes:
        async with aclosing(Web(allowed).read(url)) as pieces:
            return b"".join([piece async for piece in pieces])

    return asyncio.run(whole())


def refusal(url: str, *allowed: str) -> JobError:
    """Return how it fails."""
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
    """Some of these are no host at all for this machine's resolver; then the server cannot be reached either."""
    error = refusal(f"https://{host}/secret")
    assert error.code in (Code.URL_REFUSED, Code.UNAVAILABLE)
    if host[0] in "1l[" and host not in ("127.1", "100.64.0.1"):
        assert error.code == Code.URL_REFUSED


def test_a_refused_server_is_never_asked(site: Site) -> None:
    """The port is the site's own, so only the guard stands between: https is asked for, and nothing arrives."""
    port = site.host.partition(":")[2]
    assert refusal(f"https://127.0.0.1:{port}/a", f"localhost:{port}").code == Code.URL_REFUSED
    assert refusal(f"http://127.0.0.1:{port}/a").code == Code.URL_REFUSED
    assert site.requested_paths == []


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "https://user:pw@example.org/", "https://@169.254.169.254/", "https://example.org:22/",
     "https://[::1", "ftp://example.com/", "https:///nowhere"],
)  # fmt: skip
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    assert refusal(url).code == Code.URL_REFUSED


def test_an_allowed_host_may_be_private_and_without_tls(site: Site) -> None:
    assert read(site.serve("a.pdf", b"content"), site.host) == b"content"


def test_nothing_compressed_is_asked_for_or_taken(site: Site) -> None:
    read(site.serve("a.pdf", b"content"), site.host)
    assert site.headers["Accept-Encoding"] == "identity"
    assert refusal(f"{site.url}/packed", site.host).code == Code.UNSUPPORTED


def test_three_redirects_are_followed(site: Site) -> None:
    url = site.serve("a.pdf", b"content")
    for name in ("one", "two", "three"):
        url = site.redirect(name, url)
    assert read(url, site.host) == b"content"


def test_a_fourth_redirect_is_not_followed(site: Site) -> None:
    assert refusal(site.redirect("round", "/round"), site.host).code == Code.URL_REFUSED
    assert len(site.requested_paths) == 4


@pytest.mark.parametrize("target", ["https://169.254.169.254/latest", "http://10.0.0.1/", "file:///etc/passwd"])
def test_a_redirect_gets_nowhere_that_a_url_does_not(site: Site, target: str) -> None:
    assert refusal(site.redirect("away", target), site.host).code == Code.URL_REFUSED


def test_the_environment_names_no_proxy(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_a_final_answer_is_final_and_told(site: Site, code: Code, statuses: list[int]) -> None:
    """Among them redirects that do not say where to."""
    for status in statuses:
        error = refusal(f"{site.url}/status/{status}", site.host)
        assert (error.code, type(error), str(status) in error.message) == (code, PermanentError, True)


@pytest.mark.parametrize("nowhere", ["", " "])
def test_a_redirect_to_nowhere_is_not_followed_to_itself(site: Site, nowhere: str) -> None:
    error = refusal(site.redirect("away", nowhere), site.host)
    assert (error.code, type(error)) == (Code.REFUSED, PermanentError)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_an_answer_for_now_is_worth_another_try_and_told(site: Site, status: int) -> None:
    error = refusal(f"{site.url}/status/{status}", site.host)
    assert (error.code, type(error), str(status) in error.message) == (Code.UNAVAILABLE, TemporaryError, True)


@pytest.mark.parametrize("status", [201, 202, 205, 206, 226, 600, 999])
def test_an_answer_out_of_place_is_worth_a_few_tries_and_told(site: Site, status: int) -> None:
    """As a part that nobody asked for: it is no document, says nothing of one, and may never be another."""
    error = refusal(f"{site.url}/status/{status}", site.host)
    assert (error.code, type(error), str(status) in error.message) == (Code.UNAVAILABLE, TemporaryError, True)
    assert (error.after, error.tries) == (0.0, MAX_UNANSWERED_TRIES)


@pytest.mark.parametrize("status", [200, 203])
def test_a_document_that_a_proxy_answers_with_is_one(site: Site, status: int) -> None:
    assert read(f"{site.url}/status/{status}", site.host) == b""


def test_a_document_that_breaks_off_is_worth_another_try(site: Site) -> None:
    error = refusal(f"{site.url}/short", site.host)
    assert (error.code, type(error)) == (Code.UNAVAILABLE, TemporaryError)


def test_a_server_that_is_not_there_is_worth_another_try() -> None:
    """Nothing listens on port 1."""
    error = refusal("http://127.0.0.1:1/a.pdf", "127.0.0.1:1")
    assert (error.code, type(error)) == (Code.UNAVAILABLE, TemporaryError)
