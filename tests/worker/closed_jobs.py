"""Scenarios of jobs that are revoked and erased, for the certifier: steps and store are real, the channel is a fake.

`python -m durable certify tests.worker.closed_jobs:erase` prints the table of one.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from contract.ended_jobs import EndedJobRef
from contract.inbox import InboxFile
from contract.job import DocumentJob
from contract.names import NOTICES, erasure_id, promise_id, revocation_id
from contract.notice import Notice
from contract.object_keys import ANSWERS, INBOX, answers_prefix, job_prefix, upload_key
from durable import Context, Workflow, workflow
from durable.testing import Trial, WorkflowTest
from tests.worker.fake_ports import make_ports
from worker.adapters.eraser import FolderEraser
from worker.adapters.object_store import Store, open_objects
from worker.workflows.erase_job import ErasureWorkflow
from worker.workflows.revoke_job import RevocationWorkflow

ENDED_JOB = EndedJobRef(job_id="j1", requester_id="ada", type="report", by="boss")
NEIGHBOUR = f"{job_prefix('j12')}/original.pdf"
INBOX_KEY = f"{INBOX}/report/a.pdf"
BUCKET = "s3://bucket"
INBOX_FILE: Mapping[str, Any] = {"inbox_file": InboxFile(key=INBOX_KEY, version="1")}
UPLOADS = (upload_key("u1"), upload_key("u12"))
LEFT_KEYS = sorted([NEIGHBOUR, f"{ANSWERS}/k2/answer.json", *UPLOADS])  # when a job with a file in the inbox is erased


@workflow(name="process_document")
async def process_document(_ctx: Context, job: DocumentJob) -> str:
    """Stand for the workflow of a document: only its record is read."""
    return job.job_id


@dataclass(frozen=True)
class Scene:
    """A store with what a job has left, and the workflows."""

    folder: Path
    store: Store
    test: WorkflowTest
    revoke_job: Workflow[..., Any]
    erase_job: Workflow[..., Any]

    def list_keys(self) -> list[str]:
        """Return what is stored."""
        return sorted(str(one.relative_to(self.folder)) for one in self.folder.rglob("*") if one.is_file())


@contextmanager
def open_scene(trial: Trial, document: Mapping[str, Any] = INBOX_FILE) -> Iterator[Scene]:
    """Give a job that is done: with a result, and an answer that was paid for. Its request names its document."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        store = Store(BUCKET, open_objects(folder.as_uri()))  # the address of its inbox is that of a bucket
        keys = ("original.pdf", "result.json", "progress/1.json")
        for key in (
            INBOX_KEY,
            *UPLOADS,
            NEIGHBOUR,
            f"{ANSWERS}/k1/answer.json",
            f"{ANSWERS}/k1/asked.txt",
            f"{ANSWERS}/k2/answer.json",
        ):
            asyncio.run(store.create(key, b"content"))
        for key in (*(f"{job_prefix('j1')}/{key}" for key in keys), f"{answers_prefix('j1')}k1"):
            asyncio.run(store.create(key, b""))

        async def send(notice: Notice) -> None:
            trial.effects.add(f"notice {notice.outcome}", notice.model_dump_json())

        ports = make_ports(store, send=send, erase=FolderEraser(folder))
        revoke, erase = RevocationWorkflow(ports, NOTICES).revoke_job, ErasureWorkflow(ports).erase_job
        with trial.test(groups={NOTICES: [process_document, revoke, erase]}) as test:
            job = DocumentJob(job_id="j1", requester_id="ada", **document)
            test.start_as(promise_id("j1"), process_document, job).result()
            yield Scene(folder, store, test, revoke, erase)


def revoke(trial: Trial) -> object:
    """Revoke a job; return what is left."""
    with open_scene(trial) as scene:
        receipt = scene.test.start_as(revocation_id("j1"), scene.revoke_job, ENDED_JOB).result()
        return receipt.key, scene.list_keys()


def erase(trial: Trial) -> object:
    """Erase a job; return what is left."""
    with open_scene(trial) as scene:
        scene.test.start_as(erasure_id("j1"), scene.erase_job, ENDED_JOB).result()
        return scene.list_keys()
