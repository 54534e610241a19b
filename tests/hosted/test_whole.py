"""The whole system: a document is processed, and a client without a valid token is refused."""

import time

import pytest

from durable.wire.client import Client
from durable.wire.errors import Denied
from durable.wire.requests import PromiseCreate
from lambdas.keys.key_pair import Claims, KeyPair

from .hosted_system import HostedSystem
from .http_requests import request_stream
from .jobs import Jobs

CLAIMS = Claims(issuer="longhand", audience="resonate", subject="Trigger")
FOREIGN_TOKEN = KeyPair.generate().sign_token(CLAIMS, now=time.time())


def test_a_document_is_processed_from_request_to_notice(jobs: Jobs) -> None:
    """POST, 202, done; then the result is in the bucket, one notice is published, and no step ran twice."""
    [job] = jobs.post("one")
    jobs.wait_until_done()
    jobs.assert_nothing_ran_twice(jobs.find_finished())
    assert len(jobs.hosted.proxy.notices(job)) == 1


@pytest.mark.parametrize("token", [None, "none", FOREIGN_TOKEN], ids=["none", "malformed", "another key's"])
def test_without_a_valid_token_neither_requests_nor_the_event_stream_are_allowed(
    hosted: HostedSystem, token: str | None
) -> None:
    promise = PromiseCreate(id="doc/planted", timeout_at=4_000_000_000_000)
    with Client(hosted.server_name.url, token=token) as client, pytest.raises(Denied):
        client.create(promise)
    assert request_stream(hosted.server_name.url, token) == 401
