"""A request has the signatures that the public library verifies, and reaches only receivers that it may reach."""

import asyncio
import base64
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from contract.delivery_log import AttemptCode
from contract.webhook_keys import HMAC_PREFIX, derive_ed25519_seed, derive_hmac_key, write_key
from durable import JobError, PermanentError, TemporaryError
from tests.waiting import wait_until
from tests.webhooks.receiver import Delivered, Receiver, serve_receiver
from worker.webhooks.sender import MAX_RETRY_AFTER_SECONDS, WebhookSender

SECRET, OLD_SECRET = "new-" + "s" * 40, "old-" + "s" * 40
EVENT, BODY = "job-1.done", b'{"type":"longhand.job.done.v1","data":{"note":"\\u00fcber"}}'


def post(receiver: Receiver, *, url: str = "", secrets: tuple[str, ...] = (SECRET,), timeout: float = 15.0) -> int:
    """Post one event."""
    sender = WebhookSender(secrets, [receiver.host], timeout=timeout)
    return asyncio.run(sender.post(url or receiver.url, EVENT, BODY))


def post_error(receiver: Receiver, **options: Any) -> JobError:  # noqa: ANN401 those of post
    """Return the error of a request."""
    with pytest.raises(JobError) as caught:
        post(receiver, **options)
    assert "keep-this-secret" not in str(caught.value)
    return caught.value


def verify(request: Delivered, secret: str) -> object:
    """Verify a request as the public library does."""
    return Webhook(write_key(HMAC_PREFIX, derive_hmac_key(secret))).verify(request.body, dict(request.headers))


def public_key(secret: str) -> Ed25519PublicKey:
    """Return the key that a receiver verifies v1a with."""
    return Ed25519PrivateKey.from_private_bytes(derive_ed25519_seed(secret)).public_key()


def list_asymmetric(request: Delivered) -> list[bytes]:
    """Return the signatures v1a of a request."""
    parts = [one.split(",") for one in request.headers["webhook-signature"].split(" ")]
    return [base64.b64decode(signature) for version, signature in parts if version == "v1a"]


def test_a_request_is_what_the_standards_say(receiver: Receiver) -> None:
    assert post(receiver) == 204
    [request] = receiver.requests
    assert request.path == "/events?token=keep-this-secret"
    assert request.body == BODY
    assert request.headers["content-type"] == "application/cloudevents+json"
    assert request.headers["webhook-id"] == EVENT
    assert verify(request, SECRET) == request.event


def test_a_changed_body_id_or_time_is_refused_by_the_public_library(receiver: Receiver) -> None:
    post(receiver)
    [request] = receiver.requests
    later = str(int(request.headers["webhook-timestamp"]) + 1)
    for changed in (
        Delivered(request.path, request.headers, request.body + b" ", 204),
        Delivered(request.path, {**request.headers, "webhook-id": "job-2.done"}, request.body, 204),
        Delivered(request.path, {**request.headers, "webhook-timestamp": later}, request.body, 204),
    ):
        with pytest.raises(WebhookVerificationError):
            verify(changed, SECRET)
    with pytest.raises(WebhookVerificationError):
        verify(request, OLD_SECRET)


def test_a_receiver_with_the_public_key_alone_verifies_the_asymmetric_signature(receiver: Receiver) -> None:
    post(receiver)
    [request] = receiver.requests
    [signature] = list_asymmetric(request)
    signed = f"{EVENT}.{request.headers['webhook-timestamp']}.".encode() + request.body
    public_key(SECRET).verify(signature, signed)


def test_during_a_rotation_receivers_with_the_new_and_with_the_old_key_verify(receiver: Receiver) -> None:
    post(receiver, secrets=(SECRET, OLD_SECRET))
    [request] = receiver.requests
    assert verify(request, SECRET) == verify(request, OLD_SECRET)
    signed = f"{EVENT}.{request.headers['webhook-timestamp']}.".encode() + request.body
    for secret, signature in zip((SECRET, OLD_SECRET), list_asymmetric(request), strict=True):
        public_key(secret).verify(signature, signed)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 409, 429, 500, 503])
def test_any_other_status_is_tried_again(receiver: Receiver, status: int) -> None:
    """A redirect, too: its target gets nothing."""
    receiver.answers, receiver.headers = [status], {"Location": f"http://{receiver.host}/elsewhere"}
    error = post_error(receiver)
    assert (type(error), error.code, error.after) == (TemporaryError, f"http_{status}", 0.0)
    assert [one.path for one in receiver.requests] == ["/events?token=keep-this-secret"]


def test_a_receiver_that_is_gone_gets_no_other_attempt(receiver: Receiver) -> None:
    receiver.answers = [410]
    assert isinstance(post_error(receiver), PermanentError)


@pytest.mark.parametrize(
    ("asked", "after"), [("120", 120.0), ("86400000", MAX_RETRY_AFTER_SECONDS), ("soon", 0.0), ("-5", 0.0)]
)
def test_a_receiver_may_ask_for_a_pause_within_bounds(receiver: Receiver, asked: str, after: float) -> None:
    receiver.answers, receiver.headers = [503], {"Retry-After": asked}
    assert post_error(receiver).after == after


def test_a_receiver_that_does_not_answer_is_given_up_after_the_limit(receiver: Receiver) -> None:
    receiver.hangs = True
    assert post_error(receiver, timeout=0.2).code == AttemptCode.TIMED_OUT


def test_a_receiver_that_is_away_is_tried_again(receiver: Receiver) -> None:
    with serve_receiver() as other:
        url, host = other.url, other.host
    sender = WebhookSender((SECRET,), [host])
    with pytest.raises(TemporaryError) as caught:
        asyncio.run(sender.post(url, EVENT, BODY))
    assert caught.value.code == AttemptCode.NOT_REACHED
    assert receiver.requests == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/hook", AttemptCode.URL_REFUSED),
        ("https://user:pass@example.com/hook", AttemptCode.URL_REFUSED),
        ("https://example.com:8443/hook", AttemptCode.URL_REFUSED),
        ("https://169.254.169.254/latest", AttemptCode.URL_REFUSED),
        ("https://[::1]/hook", AttemptCode.URL_REFUSED),
        ("https://10.0.0.8/hook", AttemptCode.URL_REFUSED),
        ("https://localhost/hook", AttemptCode.NO_ADDRESS),
        ("https://no-such-host.invalid/hook", AttemptCode.NO_ADDRESS),
    ],
)
def test_a_receiver_that_may_not_be_reached_gets_nothing(receiver: Receiver, url: str, code: AttemptCode) -> None:
    """A private name and one that does not exist look the same."""
    assert post_error(receiver, url=url).code == code
    assert receiver.requests == []


def test_without_a_secret_nothing_is_sent(receiver: Receiver) -> None:
    assert post_error(receiver, secrets=()).code == AttemptCode.NO_SECRET
    assert receiver.requests == []


def run_briefly(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario, and end what it left waiting."""

    async def run() -> None:
        async with asyncio.timeout(60):
            await scenario()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    asyncio.run(run())


def test_a_receiver_that_hangs_delays_no_other_and_gets_the_rest_later(receiver: Receiver) -> None:
    """Of 60 requests 8 are open, 32 wait, and 20 sleep durably; another receiver gets its event at once."""
    receiver.hangs = True

    async def scenario() -> None:
        sender = WebhookSender((SECRET,), [receiver.host, f"localhost:{other.host.partition(':')[2]}"])
        slow = [asyncio.create_task(sender.post(receiver.url, f"job-{n}.done", BODY)) for n in range(60)]
        await asyncio.wait(slow, return_when=asyncio.FIRST_COMPLETED)
        assert await sender.post(other.url.replace("127.0.0.1", "localhost"), EVENT, BODY) == 204
        await asyncio.to_thread(wait_until, lambda: len(receiver.requests) == 8, "8 requests are not open")
        busy = {task for task in slow if task.done()}
        codes = {getattr(task.exception(), "code", None) for task in busy}
        assert (len(busy), codes) == (20, {AttemptCode.RECEIVER_BUSY})
        assert len(receiver.requests) == 8

    with serve_receiver() as other:
        run_briefly(scenario)
