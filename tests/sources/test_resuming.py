"""A download goes on where a connection broke off, and only with the rest of the very same document."""

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
    """The seconds that the reader was patient."""
    return []


@pytest.fixture
def patience(waited: list[float]) -> RetryPolicy:
    """RetryPolicy that takes no time."""

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    return RetryPolicy(retry=Retry(attempts=3, first=1.0), clock=Clock(sleep=sleep, draw=lambda: 0.0))


def read(site: FlakySite, patience: RetryPolicy) -> bytes:
    """Read the document as often as it takes."""

    async def whole() -> bytes:
        async with aclosing(Web([site.host], patience=patience).read(site.url)) as pieces:
            return b"".join([piece async for piece in pieces])

    return asyncio.run(whole())


@pytest.mark.parametrize("redirects", [0, 2])
def test_what_breaks_off_is_gone_on_with(patience: RetryPolicy, waited: list[float], redirects: int) -> None:
    """Each time a little comes, the patience is a new one."""
    site = FlakySite(CONTENT, break_after=[10_000, 1, 5_000, 7_000], redirects=redirects)
    with serve_flaky_site(site):
        assert read(site, patience) == CONTENT
    assert [request.get("Range") for request in site.requests] == [
        None, "bytes=10000-", "bytes=10001-", "bytes=15001-", "bytes=22001-"
    ]  # fmt: skip
    assert {request.get("If-Range") for request in site.requests} == {None, '"one"'}
    assert waited == [1.0] * 4


def test_a_server_that_gives_nothing_more_is_given_up(patience: RetryPolicy, waited: list[float]) -> None:
    site = FlakySite(CONTENT, break_after=[10_000, 0, 0, 0, 0])
    with serve_flaky_site(site), pytest.raises(TemporaryError) as caught:
        read(site, patience)
    assert caught.value.code == Code.UNAVAILABLE
    assert waited == [1.0, 2.0]


def test_a_server_that_gives_a_byte_at_a_time_is_given_up(patience: RetryPolicy) -> None:
    site = FlakySite(CONTENT, break_after=[1] * 1_000)
    with serve_flaky_site(site), pytest.raises(TemporaryError):
        read(site, patience)
    assert len(site.requests) == 50


JUST_NOW = "the moment of the test, which may be long after the moment of its collection"


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
def test_a_rest_that_may_be_anothers_is_not_asked_for(patience: RetryPolicy, offer: dict[str, str]) -> None:
    """The step begins anew then."""
    offer = {name: formatdate(usegmt=True) if value == JUST_NOW else value for name, value in offer.items()}
    site = FlakySite(CONTENT, break_after=[10_000], version_headers=offer)
    with serve_flaky_site(site), pytest.raises(TemporaryError):
        read(site, patience)
    assert len(site.requests) == 1


def test_a_date_that_is_old_enough_tells_a_version_too(patience: RetryPolicy) -> None:
    changed = formatdate(datetime.now(UTC).timestamp() - YEAR, usegmt=True)
    site = FlakySite(
        CONTENT, break_after=[10_000], version_headers={"Accept-Ranges": "bytes", "Last-Modified": changed}
    )
    with serve_flaky_site(site):
        assert read(site, patience) == CONTENT
    assert site.requests[1]["If-Range"] == changed


@pytest.mark.parametrize("other", [b"%PDF-1.7\nanother", CONTENT[::-1]], ids=["shorter", "as long"])
def test_a_document_that_changed_is_not_joined_to_the_old_one(patience: RetryPolicy, other: bytes) -> None:
    site = FlakySite(CONTENT, break_after=[10_000], replacement=(other, '"two"'))
    with serve_flaky_site(site), pytest.raises(TemporaryError, match="changed while it was downloaded"):
        read(site, patience)
    assert len(site.requests) == 2


@pytest.mark.parametrize("changed", [(CONTENT + b"more", '"one"'), (CONTENT, '"one"')], ids=["longer", "shifted"])
def test_a_part_that_does_not_fit_is_refused_whatever_the_server_calls_it(
    patience: RetryPolicy, changed: tuple[bytes, str]
) -> None:
    site = FlakySite(CONTENT, break_after=[10_000], replacement=changed, range_offset=7 if changed[0] == CONTENT else 0)
    with serve_flaky_site(site), pytest.raises(TemporaryError, match="changed while it was downloaded"):
        read(site, patience)


def test_the_next_try_of_the_step_has_the_new_document(tmp_path: Path, patience: RetryPolicy) -> None:
    """Of the first one nothing is left."""
    store = Store.open((tmp_path / "store").as_uri())
    new = b"%PDF-1.7\n" + b"new" * 5_000
    site = FlakySite(CONTENT, break_after=[10_000], replacement=(new, '"two"'))
    with serve_flaky_site(site):
        job = DocumentJob(job_id="job-1", document_url=site.url, requester_id="client")
        web = Web([site.host], patience=patience)
        with pytest.raises(TemporaryError):
            run_step(DocumentSteps(make_ports(store, read=web.read)).download, job)
        assert not [file for file in (tmp_path / "store").rglob("*") if file.is_file()]
        original = run_step(DocumentSteps(make_ports(store, read=web.read)).download, job)
    assert asyncio.run(store.read(original.reference)) == new


@pytest.mark.parametrize("status", [429, 503])
def test_a_short_wait_that_is_asked_for_is_waited(patience: RetryPolicy, waited: list[float], status: int) -> None:
    site = FlakySite(CONTENT, refusals=[(status, {"Retry-After": "7"}), (status, {"Retry-After": "9"})])
    with serve_flaky_site(site):
        assert read(site, patience) == CONTENT
    assert waited == [7.5, 10.0]


def test_a_wait_in_the_middle_is_waited_too(patience: RetryPolicy, waited: list[float]) -> None:
    site = FlakySite(CONTENT, break_after=[10_000])
    with serve_flaky_site(site):
        pieces = Web([site.host], patience=patience).read(site.url)

        async def whole() -> bytes:
            async with aclosing(pieces):
                got = await anext(pieces)
                site.refusals.append((503, {"Retry-After": "3"}))
                return got + b"".join([piece async for piece in pieces])

        assert asyncio.run(whole()) == CONTENT
    assert 3.0 < waited[-1] < 5.0


def test_a_long_wait_is_told_and_not_waited(patience: RetryPolicy, waited: list[float]) -> None:
    site = FlakySite(CONTENT, refusals=[(503, {"Retry-After": "3600"})])
    with serve_flaky_site(site), pytest.raises(RetryLaterError) as caught:
        read(site, patience)
    assert caught.value.after == 3_600
    assert waited == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Thu, 01 Jan 1970 00:01:30 GMT", 80.0),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0),
        ("soon", None),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999999", None),  # the time zone is out of this world
        ("-1", None),
        ("²", None),
        ("", None),
        (None, None),
    ],
)
def test_a_time_to_return_is_read(text: str | None, seconds: float | None) -> None:
    assert seconds_until(text, now=10.0) == seconds
