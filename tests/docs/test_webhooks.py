"""The page's verifier takes what the worker signs and nothing else, and its figures are those of the code."""

import re
import time
from collections.abc import Callable, Mapping

import pytest

from contract.delivery_log import (
    MAX_DELIVERIES,
    AttemptCode,
    DeliveryAttempt,
    DeliveryState,
    EventDelivery,
    EventName,
    event_type,
)
from contract.webhook_keys import HMAC_PREFIX, derive_hmac_key, write_key
from worker.webhooks.sender import TIMEOUT_SECONDS
from worker.webhooks.signatures import Signer
from worker.workflows.deliver_event import MAX_ATTEMPTS, RETRY

from .pages import first_cells, page, rows, section

PAGE = page("webhooks")
SECRET = "s" * 40
KEY = write_key(HMAC_PREFIX, derive_hmac_key(SECRET))
BODY = b'{"type": "longhand.job.done.v1"}'

type Verify = Callable[[Mapping[str, str], bytes, str], bool]


@pytest.fixture
def verify() -> Verify:
    """The function on the page."""
    [code] = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    names: dict[str, Verify] = {}
    exec(code, names)  # noqa: S102 it is our own page
    return names["is_genuine"]


@pytest.mark.parametrize("secrets", [[SECRET], [SECRET, "old" * 20], ["new" * 20, SECRET]])
def test_the_verifier_takes_what_the_worker_signs(verify: Verify, secrets: list[str]) -> None:
    """Also in a rotation."""
    assert verify(Signer(secrets).sign("first.done", BODY, time.time()), BODY, KEY)


def test_the_verifier_refuses_anything_else(verify: Verify) -> None:
    headers = Signer([SECRET]).sign("first.done", BODY, time.time())
    assert not verify(headers, BODY + b" ", KEY)
    assert not verify({**headers, "webhook-id": "second.done"}, BODY, KEY)
    assert not verify(headers, BODY, write_key(HMAC_PREFIX, derive_hmac_key("t" * 40)))
    assert not verify(Signer([SECRET]).sign("first.done", BODY, time.time() - 400), BODY, KEY)


def test_the_figures_are_those_of_the_code() -> None:
    words = " ".join(section(PAGE, "What your server does").split())
    pauses = [RETRY.backoff.pause(number) for number in range(1, MAX_ATTEMPTS)]
    assert f"within {TIMEOUT_SECONDS:g} seconds" in words
    assert f"after {pauses[0]:g} seconds, then after {pauses[1]:g}, {pauses[2]:g}" in words
    assert (pauses[-1], f"every six hours, {MAX_ATTEMPTS} times" in words) == (6 * 3_600, True)


def test_each_event_that_is_sent_is_listed() -> None:
    listed = {name for name in first_cells(PAGE) if name.startswith("longhand.")}
    assert listed <= {event_type(name) for name in EventName}


def test_the_tables_list_the_fields_and_codes_of_the_log() -> None:
    delivery = set(first_cells(section(PAGE, "GET /jobs/{jobId}/deliveries")))
    assert delivery == set(EventDelivery.__struct_encode_fields__)
    attempts = set(first_cells(section(PAGE, "attempts")))
    assert attempts == {*DeliveryAttempt.__struct_encode_fields__, *AttemptCode}
    [states] = [what for field, what in rows(section(PAGE, "GET /jobs/{jobId}/deliveries")) if field == "`state`"]
    assert set(re.findall(r"`(\w+)`", states)) == set(DeliveryState)
    assert f"at most {MAX_DELIVERIES} deliveries" in PAGE
