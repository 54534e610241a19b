"""What the programs really ask of AWS is what their roles allow: nothing is refused, and nothing is allowed in vain."""

import ast
import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped] # it has no types
import pytest

from contract.ending import Notice, Outcome
from contract.job import DocumentJob, DocumentType
from contract.names import INBOX, Step
from durable import StepEvent, StepEventKind
from lambdas.keys.handler import handler
from lambdas.trigger.progress_store import ProgressStore, StoredProgress
from tests.keys.cloudformation import receive_responses
from tests.keys.conftest import LambdaContext
from worker.adapters.channels import open_channel
from worker.adapters.object_store import Store, open_objects
from worker.adapters.progress import ProgressWriter
from worker.costs.ledger import Ledger
from worker.sources.bucket import Buckets
from worker.steps.download import download_document

from .conftest import ROOT
from .recorded_aws import REGION, Aws, recording
from .test_permissions import BUCKET, INTERFACES, KEYS, LOG, SMALL, Allowed

NAME = "documents"
WORKER, TRIGGER, MAKER = "<Worker/Worker/Task/TaskRole>", "<Api/Trigger/Role>", "<Server/Keys/Maker/Role>"
# What Lambda does in a function's name, and no code of ours.
SERVICE = {*LOG, *INTERFACES}
NEVER_CALLED = {
    ("s3:ListBucket", BUCKET): "having it is enough: S3 then says that an object is missing, and not that it is secret",
}
JOB = DocumentJob(job_id="job-1", document_url=f"s3://{NAME}/{INBOX}/a.pdf", requester_id="me")
LARGE = b"%PDF-1.7\n" + bytes(6 * 2**20)  # it is uploaded in parts
NOTICE = Notice(
    key="job-1.done", job_id="job-1", requester_id="me", type=DocumentType.INVOICE, outcome=Outcome.DONE, at="now"
)


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with recording() as aws:
        client("s3").create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield aws


def client(service: str) -> Any:  # noqa: ANN401 as boto3 has it
    return boto3.client(service, region_name=REGION)


def agree(role: str, calls: Allowed) -> None:
    """Each call is allowed by a permission, and each permission is there for a call."""
    allowed = {(action, resource) for action, resource in SMALL[role] if action not in SERVICE}
    assert {call for call in calls if not any(_covers(one, call) for one in allowed)} == set(), "called and refused"
    idle = {one for one in allowed if not any(_covers(one, call) for call in calls)}
    assert idle - NEVER_CALLED.keys() == set(), "allowed and never called"


def _covers(allowed: tuple[str, str], call: tuple[str, str]) -> bool:
    return allowed[0] == call[0] and fnmatchcase(call[1], allowed[1])


def named(aws: Aws, **names: str) -> Allowed:
    """What was asked for, in the words of the template."""
    return {(action, names.get(resource, re.sub(f"^{NAME}", BUCKET, resource))) for action, resource in aws.calls}


class BrokenOffError(Exception):
    """A document's server went away."""


async def broken_off() -> AsyncIterator[bytes]:
    yield LARGE
    raise BrokenOffError


async def work(topic: str, folder: Path) -> None:
    """Do each thing that the worker does out there, and do it again, as after a crash."""
    store, read = Store.open(f"s3://{NAME}"), Buckets([f"{NAME}/{INBOX}"]).read
    for _ in range(2):
        await download_document(JOB, read=read, store=store, most=len(LARGE))
        await store.create("jobs/job-1/text.json", b"{}")
    with pytest.raises(BrokenOffError):
        await store.create_from("jobs/job-2/original", broken_off())
    assert await store.find("jobs/job-1/nothing") is None
    text = await store.find("jobs/job-1/text.json")
    assert text
    await store.save(text, folder / "text.json")
    for _ in range(2):  # the second time it finds what was paid for
        assert (await Ledger(store).once("what-was-asked", provider)).answer == b"{}"
    await tell_progress()
    await open_channel(topic)(NOTICE)


async def provider(_: str) -> bytes:
    """Answer, for money."""
    return b"{}"


async def tell_progress() -> None:
    """Write where the job is, and wait until it is written."""
    began = StepEvent(
        promise_id="doc/job-1", step_promise_id="doc/job-1:1", step=Step.EXTRACT, attempt=1, kind=StepEventKind.STARTED,
        at=0.0, duration=0.0, fence=1,
    )  # fmt: skip
    ProgressWriter(open_objects(f"s3://{NAME}")).note_step(began)
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})


def test_the_worker_may_do_what_it_does_and_nothing_else(aws: Aws, tmp_path: Path) -> None:
    client("s3").put_object(Bucket=NAME, Key=f"{INBOX}/a.pdf", Body=LARGE)
    topic = client("sns").create_topic(Name="job-events")["TopicArn"]
    aws.calls.clear()
    asyncio.run(work(topic, tmp_path))
    agree(WORKER, named(aws, **{topic: "<Data/JobEvents>"}))


# Who writes into the store and was tried above. Others write below a job's prefix, or below one that they are given.
TRIED = {
    "worker/adapters/progress.py",
    "worker/costs/ledger.py",
    "worker/adapters/object_store.py",
    "worker/steps/download.py",
}
WRITING = {"create", "create_from", "put_async", "copy_async", "delete_async", "open_writer_async"}
OF_A_JOB = {"job_prefix", "parts_prefix", "chunks_prefix", "text_key", "prefix"}


def test_whoever_writes_into_the_store_is_among_what_was_tried_above() -> None:
    """A program that writes elsewhere than its role allows works on every laptop, and fails on AWS."""
    used = {str(file.relative_to(ROOT)): names_in(file) for file in (ROOT / "worker").rglob("*.py")}
    writers = {file for file, names in used.items() if names & WRITING}
    assert writers >= TRIED
    assert {file for file in writers if not used[file] & OF_A_JOB} <= TRIED, "try it above"


def names_in(file: Path) -> set[str]:
    """Every function that is called in a file, and every parameter."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    called = {getattr(call, "attr", getattr(call, "id", "")) for call in calls}
    return called | {node.arg for node in nodes if isinstance(node, ast.arg)}


def test_the_trigger_may_do_what_it_does_and_nothing_else(aws: Aws) -> None:
    client("s3").put_object(Bucket=NAME, Key="jobs/job-3/progress/0000000001.json", Body=b"{}")
    aws.calls.clear()
    progress = ProgressStore(f"s3://{NAME}")
    assert (progress.latest("job-3"), progress.latest("job-4")) == (StoredProgress(delivery=b"{}"), None)
    agree(TRIGGER, named(aws))


def test_the_keys_function_may_do_what_it_does_and_nothing_else(aws: Aws) -> None:
    arns = {client("secretsmanager").create_secret(Name=f"key-{number}")["ARN"]: key for number, key in enumerate(KEYS)}
    signing, public, *tokens = arns
    properties = {
        "SigningSecretArn": signing,
        "PublicKeySecretArn": public,
        "Issuer": "longhand",
        "Audience": "resonate",
        "Tokens": [{"SecretArn": arn, "Subject": f"subject{number}"} for number, arn in enumerate(tokens)],
    }
    aws.calls.clear()
    with receive_responses() as receiver:
        handler(receiver.event("Create", properties), LambdaContext())
        assert receiver.response()["Status"] == "SUCCESS"
    agree(MAKER, named(aws, **arns))
