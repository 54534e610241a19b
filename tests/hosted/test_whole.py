"""The whole composition, with both locks closed: what comes in, what comes out, and who is let in."""

import time

import pytest

from lambdas.keys.key_pair import Claims, KeyPair
from wire.client import Client
from wire.errors import Denied
from wire.requests import PromiseCreate

from .asking import status_of_stream
from .jobs import Jobs
from .system import Hosted

OURS = Claims(issuer="longhand", audience="resonate", subject="Trigger")
FOREIGN = KeyPair.generate().sign_token(OURS, now=time.time())


def test_a_document_goes_all_the_way(jobs: Jobs) -> None:
    """POST, 202, done; then its result is in the bucket, its requester was told once, and nothing ran twice."""
    [job] = jobs.post("one")
    jobs.wait_until_done()
    jobs.prove_that_nothing_ran_twice(jobs.finished())
    assert len(jobs.hosted.turnstile.notices(job)) == 1


@pytest.mark.parametrize("token", [None, "none", FOREIGN], ids=["nobody", "rubbish", "another key's"])
def test_whoever_has_no_token_of_ours_is_let_in_by_no_door(hosted: Hosted, token: str | None) -> None:
    promise = PromiseCreate(id="doc/planted", timeout_at=4_000_000_000_000)
    with Client(hosted.name.url, token=token) as anybody, pytest.raises(Denied):
        anybody.create(promise)
    assert status_of_stream(hosted.name.url, token) == 401
