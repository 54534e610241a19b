"""The page's verifier takes what the worker signs and nothing else, and its figures are those of the code."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

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
from ops.webhook_secrets import make_public_key
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
def functions() -> dict[str, Any]:
    """The functions on the page."""
    names: dict[str, Any] = {}
    for code in re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        exec(code, names)  # noqa: S102 it is our own page
    return names


@pytest.fixture
def verify(functions: dict[str, Any]) -> Verify:
    """The verifier of a shared key."""
    verify: Verify = functions["is_genuine"]
    return verify


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


def test_the_verifier_of_the_public_key_takes_what_the_worker_signs(functions: dict[str, Any]) -> None:
    signed, key = b"first.done.1700000000." + BODY, make_public_key(SECRET)
    signatures = Signer(["new" * 20, SECRET]).sign("first.done", BODY, 1_700_000_000)["webhook-signature"]
    assert functions["has_our_signature"](signed, signatures, key)
    assert not functions["has_our_signature"](signed + b" ", signatures, key)
    assert not functions["has_our_signature"](signed, signatures, make_public_key("t" * 40))


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
