"""A dropped download resumes with a range request, and only if the document has not changed."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path

import pytest

from contract.codes import Code
from contract.job import DocumentJob
from durable import Clock, Retry, TemporaryError
from tests.sources.flaky_site import FlakySite, serve_flaky_site
from tests.worker.fake_ports import make_ports, run_step
from worker.adapters.object_store import Store
from worker.providers.retries import RetryLaterError, RetryPolicy, seconds_until
from worker.sources.web import Web
from worker.steps.document import DocumentSteps

CONTENT = b"%PDF-1.7\n" + bytes(range(256)) * 120
YEAR = 365 * 24 * 3_600


@pytest.fixture
def waited() -> list[float]:
    """The seconds that each retry would have waited."""
    return []


@pytest.fixture
def retry_policy(waited: list[float]) -> RetryPolicy:
    """A retry policy that records each pause and does not wait."""

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    return RetryPolicy(retry=Retry(attempts=3, first=1.0), clock=Clock(sleep=sleep, draw=lambda: 0.0))


def read_document(site: FlakySite, retry_policy: RetryPolicy) -> bytes:
    """Read the whole document."""

    async def read_pieces() -> bytes:
        async with aclosing(Web([site.host], retry_policy=retry_policy).read(site.url)) as pieces:
            return b"".join([piece async for piece in pieces])

    return asyncio.run(read_pieces())


@pytest.mark.parametrize("redirects", [0, 2])
def test_a_dropped_download_resumes(retry_policy: RetryPolicy, waited: list[float], redirects: int) -> None:
    """Each received byte resets the count of attempts."""
    site = FlakySite(CONTENT, break_after=[10_000, 1, 5_000, 7_000], redirects=redirects)
    with serve_flaky_site(site):
        assert read_document(site, retry_policy) == CONTENT
    assert [request.get("Range") for request in site.requests] == [
        None, "bytes=10000-", "bytes=10001-", "bytes=15001-", "bytes=22001-"
    ]  # fmt: skip
    assert {request.get("If-Range") for request in site.requests} == {None, '"one"'}
    assert waited == [1.0] * 4


def test_a_download_without_progress_fails_after_its_retries(retry_policy: RetryPolicy, waited: list[float]) -> None:
    site = FlakySite(CONTENT, break_after=[10_000, 0, 0, 0, 0])
    with serve_flaky_site(site), pytest.raises(TemporaryError) as caught:
        read_document(site, retry_policy)
    assert caught.value.code == Code.UNAVAILABLE
    assert waited == [1.0, 2.0]


def test_a_download_of_one_byte_per_connection_fails(retry_policy: RetryPolicy) -> None:
    site = FlakySite(CONTENT, break_after=[1] * 1_000)
    with serve_flaky_site(site), pytest.raises(TemporaryError):
        read_document(site, retry_policy)
    assert len(site.requests) == 50


JUST_NOW = "the time of the test, not of its collection"


@pytest.mark.parametrize(
    "offer",
    [
        {},
        {"ETag": '"one"'},
        {"Accept-Ranges": "none", "ETag": '"one"'},
        {"Accept-Ranges": "bytes"},
        {"Accept-Ranges": "bytes", "ETag": 'W/"one"'},
        {"Accept-Ranges": "bytes", "Last-Modified": JUST_NOW},
        {"Accept-Ranges": "bytes", "Last-Modified": "yesterday"},
    ],
    ids=["nothing", "no ranges", "none", "no version", "weak", "changed just now", "no date"],
)
def test_a_download_without_a_version_is_not_resumed(retry_policy: RetryPolicy, offer: dict[str, str]) -> None:
    """The step downloads the document again from its start."""
    offer = {name: formatdate(usegmt=True) if value == JUST_NOW else value for name, value in offer.items()}
    site = FlakySite(CONTENT, break_after=[10_000], version_headers=offer)
    with serve_flaky_site(site), pytest.raises(TemporaryError):
        read_document(site, retry_policy)
    assert len(site.requests) == 1


@pytest.mark.parametrize("zone", [" GMT", " -0000", ""])
def test_an_old_modification_date_is_a_version(retry_policy: RetryPolicy, zone: str) -> None:
    """Some servers leave out the time zone, which is always GMT."""
    changed = formatdate(datetime.now(UTC).timestamp() - YEAR, usegmt=True).replace(" GMT", zone)
    site = FlakySite(
        CONTENT, break_after=[10_000], version_headers={"Accept-Ranges": "bytes", "Last-Modified": changed}
    )
    with serve_flaky_site(site):
        assert read_document(site, retry_policy) == CONTENT
    assert site.requests[1]["If-Range"] == changed


@pytest.mark.parametrize("other", [b"%PDF-1.7\nanother", CONTENT[::-1]], ids=["shorter", "as long"])
def test_a_document_that_changed_is_not_joined_to_the_old_one(retry_policy: RetryPolicy, other: bytes) -> None:
    site = FlakySite(CONTENT, break_after=[10_000], replacement=(other, '"two"'))
    with serve_flaky_site(site), pytest.raises(TemporaryError, match="changed while it was downloaded"):
        read_document(site, retry_policy)
    assert len(site.requests) == 2


@pytest.mark.parametrize("changed", [(CONTENT + b"more", '"one"'), (CONTENT, '"one"')], ids=["longer", "shifted"])
def test_a_range_that_does_not_match_is_refused_despite_its_etag(
    retry_policy: RetryPolicy, changed: tuple[bytes, str]
) -> None:
    site = FlakySite(CONTENT, break_after=[10_000], replacement=changed, range_offset=7 if changed[0] == CONTENT else 0)
    with serve_flaky_site(site), pytest.raises(TemporaryError, match="changed while it was downloaded"):
        read_document(site, retry_policy)


@pytest.mark.parametrize("digits", [400, 5_000])
def test_a_range_of_endless_digits_is_refused(retry_policy: RetryPolicy, digits: int) -> None:
    """Python itself refuses to read numbers of more than 4,300 digits."""
    site = FlakySite(CONTENT, break_after=[10_000])
    site.version_headers["Content-Range"] = f"bytes {'1' * digits}-9/*"
    with serve_flaky_site(site), pytest.raises(TemporaryError, match="changed while it was downloaded"):
        read_document(site, retry_policy)


def test_the_next_attempt_downloads_the_new_document(tmp_path: Path, retry_policy: RetryPolicy) -> None:
    """Nothing of the first document stays in the store."""
    store = Store.open((tmp_path / "store").as_uri())
    new = b"%PDF-1.7\n" + b"new" * 5_000
    site = FlakySite(CONTENT, break_after=[10_000], replacement=(new, '"two"'))
    with serve_flaky_site(site):
        job = DocumentJob(job_id="job-1", document_url=site.url, requester_id="client")
        web = Web([site.host], retry_policy=retry_policy)
        with pytest.raises(TemporaryError):
            run_step(DocumentSteps(make_ports(store, read=web.read)).download, job)
        assert not [file for file in (tmp_path / "store").rglob("*") if file.is_file()]
        original = run_step(DocumentSteps(make_ports(store, read=web.read)).download, job)
    assert asyncio.run(store.read(original.reference)) == new


@pytest.mark.parametrize("status", [429, 503])
def test_a_short_retry_after_is_waited_for(retry_policy: RetryPolicy, waited: list[float], status: int) -> None:
    site = FlakySite(CONTENT, refusals=[(status, {"Retry-After": "7"}), (status, {"Retry-After": "9"})])
    with serve_flaky_site(site):
        assert read_document(site, retry_policy) == CONTENT
    assert waited == [7.5, 10.0]


def test_a_retry_after_in_mid_download_is_waited_for(retry_policy: RetryPolicy, waited: list[float]) -> None:
    site = FlakySite(CONTENT, break_after=[10_000])
    with serve_flaky_site(site):
        pieces = Web([site.host], retry_policy=retry_policy).read(site.url)

        async def read_pieces() -> bytes:
            async with aclosing(pieces):
                got = await anext(pieces)
                site.refusals.append((503, {"Retry-After": "3"}))
                return got + b"".join([piece async for piece in pieces])

        assert asyncio.run(read_pieces()) == CONTENT
    assert 3.0 < waited[-1] < 5.0


def test_a_long_retry_after_is_raised_and_not_waited_for(retry_policy: RetryPolicy, waited: list[float]) -> None:
    site = FlakySite(CONTENT, refusals=[(503, {"Retry-After": "3600"})])
    with serve_flaky_site(site), pytest.raises(RetryLaterError) as caught:
        read_document(site, retry_policy)
    assert caught.value.after == 3_600
    assert waited == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Thu, 01 Jan 1970 00:01:30 GMT", 80.0),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0),
        ("Thu, 01 Jan 1970 00:01:30", 80.0),  # as some servers write it
        ("soon", None),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999999", None),  # an impossible time zone
        ("-1", None),
        ("²", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_parsed(text: str | None, seconds: float | None) -> None:
    assert seconds_until(text, now=10.0) == seconds
