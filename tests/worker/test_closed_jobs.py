"""A revoked result and an erased job are gone, once and for all, whenever a worker dies."""

import asyncio
from collections.abc import Callable, Mapping
from copy import replace
from pathlib import Path
from typing import Any

import pytest

from contract.object_keys import answers_prefix, job_prefix
from durable.testing import Certificate, Trial
from tests.worker import closed_jobs
from tests.worker.closed_jobs import BUCKET, ENDED_JOB, INBOX_FILE, INBOX_KEY, LEFT_KEYS, UPLOADS, open_scene
from tests.worker.fake_ports import make_ports, run_step
from worker.adapters.eraser import FolderEraser
from worker.adapters.object_store import Store
from worker.costs.ledger import Ledger, bill_to
from worker.steps.revocation import RevocationSteps


def test_a_revocation_survives_a_crash_at_each_request(certify: Callable[..., Certificate]) -> None:
    """Before the request, after it, and when only its answer is lost; the one notice never differs."""
    certificate = certify(closed_jobs.revoke, exactly={"notice revoked": 1})
    match certificate.plain.outcome:
        case ("j1.revoked", [*left]):
            assert f"{job_prefix('j1')}/result.json" not in left
            assert f"{job_prefix('j1')}/original.pdf" in left
        case _:
            raise AssertionError(certificate.plain)
    assert max(certificate.max_bodies.values()) <= 2


def test_an_erasure_survives_a_crash_at_each_request(certify: Callable[..., Certificate]) -> None:
    """Of the job nothing is left: neither its upload nor the answer that it used; other jobs keep what is theirs."""
    certificate = certify(closed_jobs.erase)
    assert certificate.plain.outcome == LEFT_KEYS


@pytest.mark.parametrize(
    ("document", "erased"),
    [
        ({"upload_id": "u1"}, {UPLOADS[0]}),
        (INBOX_FILE, {INBOX_KEY}),
        ({"document_url": f"{BUCKET}/{INBOX_KEY}"}, {INBOX_KEY}),
        ({"document_url": f"{BUCKET}/inbox/"}, set()),  # no document, but a folder with those of others
        ({"document_url": f"{BUCKET}/inbox/report/"}, set()),
        ({"document_url": f"{BUCKET}/{UPLOADS[0]}"}, set()),
        ({"document_url": "https://example.org/a.pdf"}, set()),
    ],
)
def test_of_what_clients_sent_the_jobs_own_document_is_erased(document: Mapping[str, Any], erased: set[str]) -> None:
    with open_scene(Trial(), document) as scene:
        scene.test.start_as("erase/j1", scene.erase_job, ENDED_JOB).result()
        assert {INBOX_KEY, *UPLOADS} - set(scene.list_keys()) == erased


def test_a_job_whose_record_is_gone_is_erased_all_the_same() -> None:
    with open_scene(Trial()) as scene:
        other = replace(ENDED_JOB, job_id="j12")
        assert scene.test.start_as("erase/j12", scene.erase_job, other).result().objects == 1


def test_what_a_step_writes_after_the_erasure_is_erased_too() -> None:
    """The job was canceled while another worker read its pages."""
    with open_scene(Trial()) as scene:
        erasure = scene.test.start_as("erase/j1", scene.erase_job, ENDED_JOB)
        scene.test.pass_time(minutes=1)
        assert scene.list_keys() == LEFT_KEYS
        late = f"{job_prefix('j1')}/pages-1/00001-8.json"
        asyncio.run(scene.store.create(late, b"late"))
        assert erasure.result().objects == 8
        assert scene.list_keys() == LEFT_KEYS


def test_a_revocation_may_run_twice(folder_store: Store) -> None:
    asyncio.run(folder_store.create("jobs/j1/result.json", b"{}"))
    steps = RevocationSteps(
        make_ports(folder_store, erase=FolderEraser(Path.from_uri(folder_store.url("")))), "notices"
    )
    assert [run_step(steps.revoke_result, ENDED_JOB), run_step(steps.revoke_result, ENDED_JOB)] == [1, 0]


def test_each_answer_that_a_job_uses_is_marked_before_it_is_paid(folder_store: Store) -> None:
    """So a worker that dies during the request leaves an answer that an erasure finds; a reused one is marked, too."""
    ledger, seen = Ledger(folder_store), list[list[str]]()

    async def pay(_: str) -> bytes:
        seen.append(await folder_store.list_keys(answers_prefix("j1")))
        return b"answer"

    async def ask(job_id: str) -> None:
        with bill_to(job_id):
            await ledger.pay_once("k1", pay)
            await ledger.pay_once("k1", pay)

    asyncio.run(ask("j1"))
    asyncio.run(ask("j2"))
    assert seen == [[f"{answers_prefix('j1')}k1"]]
    assert asyncio.run(folder_store.list_keys(answers_prefix("j2"))) == [f"{answers_prefix('j2')}k1"]
