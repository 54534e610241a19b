"""Each role allows exactly the calls that its program makes: none is refused, and no permission is unused."""

import ast
import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3  # type: ignore[import-untyped] # it has no types
import pytest
from urllib3 import PoolManager

from contract.inbox import InboxFile
from contract.job import UPLOAD_SCHEME, DocumentJob, DocumentType
from contract.names import Step
from contract.notice import Notice, Outcome
from contract.object_keys import ANSWERS, INBOX, manifest_key, upload_key
from durable import StepEvent, StepEventKind
from durable.runtime import FunctionFailedError
from lambdas.keys.handler import handler
from lambdas.trigger.batches import store_jobs
from lambdas.trigger.file_addresses import BucketAddresses, open_addresses
from lambdas.trigger.manifest import read_manifest
from lambdas.trigger.presigned_put import presign_put
from lambdas.trigger.progress_store import ProgressStore, StoredProgress
from lambdas.trigger.settings import UploadAccess
from lambdas.trigger.uploads import is_stored
from tests.keys.cloudformation import receive_responses
from tests.keys.conftest import LambdaContext
from tests.worker.fake_ports import make_ports
from worker.adapters.channels import open_channel
from worker.adapters.eraser import open_eraser
from worker.adapters.lambda_function import open_function
from worker.adapters.object_store import Store, open_objects
from worker.adapters.progress import ProgressWriter
from worker.costs.ledger import Ledger
from worker.sources.bucket import Buckets
from worker.sources.own_store import OwnStore
from worker.steps.document import DocumentSteps

from .conftest import ROOT
from .recorded_aws import REGION, RecordedAws, record_aws
from .test_permissions import BUCKET, KEYS, LOG, NETWORK_ACTIONS, SMALL_ROLES, TO_BUS, Allowed

NAME = "documents"
WORKER, TRIGGER, KEYS_ROLE = "<Worker/Worker/Task/TaskRole>", "<Api/Trigger/Role>", "<Server/Keys/KeysFunction/Role>"
# Calls of Lambda itself with the function's role.
LAMBDA_ACTIONS = {*LOG, *NETWORK_ACTIONS}
UNCALLED_PERMISSIONS = {
    ("s3:ListBucket", BUCKET): "with this permission, S3 answers 404 for a missing object, in place of 403",
}
FUNCTION = f"arn:aws:lambda:{REGION}:123456789012:function:functions"
JOB = DocumentJob(job_id="job-1", document_url=f"s3://{NAME}/{INBOX}/a.pdf", requester_id="me")
MANIFEST = b'{"documentUrl": "https://example.com/a.pdf"}'
LARGE_DOCUMENT = b"%PDF-1.7\n" + bytes(6 * 2**20)  # large enough for a multipart upload
NOTICE = Notice(
    key="job-1.done", job_id="job-1", requester_id="me", type=DocumentType.INVOICE, outcome=Outcome.DONE, at="now"
)


@pytest.fixture(scope="module")
def aws() -> Iterator[RecordedAws]:
    with record_aws() as aws:
        client("s3").create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield aws


def client(service: str) -> Any:  # noqa: ANN401 as boto3 has it
    return boto3.client(service, region_name=REGION)


def assert_permissions_match(role: str, calls: Allowed) -> None:
    """Assert that a permission allows each call, and that a call uses each permission."""
    allowed = {(action, resource) for action, resource in SMALL_ROLES[role] if action not in LAMBDA_ACTIONS}
    assert {call for call in calls if not any(_covers(one, call) for one in allowed)} == set(), "called, but refused"
    unused = {one for one in allowed if not any(_covers(one, call) for call in calls)}
    assert unused - UNCALLED_PERMISSIONS.keys() == set(), "allowed, but never called"


def _covers(allowed: tuple[str, str], call: tuple[str, str]) -> bool:
    return allowed[0] == call[0] and fnmatchcase(call[1], allowed[1])


def name_resources(aws: RecordedAws, **names: str) -> Allowed:
    """Return the recorded calls with the resource names of the template."""
    return {(action, names.get(resource, re.sub(f"^{NAME}", BUCKET, resource))) for action, resource in aws.calls}


class ConnectionLostError(Exception):
    """The connection to a document's server broke off."""


async def yield_then_fail() -> AsyncIterator[bytes]:
    yield LARGE_DOCUMENT
    raise ConnectionLostError


async def exercise_worker(topic: str, folder: Path, url: str, file: InboxFile) -> None:
    """Make each call of the worker to AWS, and repeat it as after a crash."""
    store, read = Store.open(f"s3://{NAME}"), Buckets([f"{NAME}/{INBOX}"]).read
    uploads = OwnStore(open_objects(f"s3://{NAME}"), has_versions=True)
    assert await store.get("batches/b/jobs.json") == b"{}"
    assert [piece async for piece in uploads.read_upload(f"{UPLOAD_SCHEME}a-2")] == [b"%PDF"]
    assert [piece async for piece in uploads.read_inbox_file(file.address)] == [b"%PDF"]
    for _ in range(2):
        await DocumentSteps(make_ports(store, read=read, max_bytes=len(LARGE_DOCUMENT))).download.body(JOB)
        await store.create("jobs/job-1/text.json", b"{}")
    with pytest.raises(ConnectionLostError):
        await store.create_from("jobs/job-2/original", yield_then_fail())
    assert await store.find("jobs/job-1/nothing") is None
    text = await store.find("jobs/job-1/text.json")
    assert text
    await store.save(text, folder / "text.json")
    for _ in range(2):  # the second time, the ledger has the paid answer
        assert (await Ledger(store).pay_once("question", answer_as_provider)).answer == b"{}"
    await write_progress()
    await open_channel(topic)(NOTICE)
    function = open_function(FUNCTION, endpoint=url)
    with pytest.raises(FunctionFailedError):  # the fake has no such function
        await function.call(b"{}")
    await function.close()
    erase = open_eraser(f"s3://{NAME}")
    for path in ("jobs/job-1/", f"{ANSWERS}/question/", f"{INBOX}/a.pdf", upload_key("b-1")):
        assert await erase(path) > 0


async def answer_as_provider(_: str) -> bytes:
    """Return a paid answer."""
    return b"{}"


async def write_progress() -> None:
    """Write the job's progress, and wait until it is stored."""
    event = StepEvent(
        promise_id="doc/job-1", step_promise_id="doc/job-1:1", step=Step.EXTRACT, attempt=1, kind=StepEventKind.STARTED,
        at=0.0, duration=0.0, fence=1,
    )  # fmt: skip
    ProgressWriter(open_objects(f"s3://{NAME}")).note_step(event)
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})


def test_the_workers_role_allows_exactly_its_calls(aws: RecordedAws, tmp_path: Path) -> None:
    client("s3").put_object(Bucket=NAME, Key=f"{INBOX}/a.pdf", Body=LARGE_DOCUMENT)
    for upload in ("a-2", "b-1"):
        client("s3").put_object(Bucket=NAME, Key=upload_key(upload), Body=b"%PDF")
    client("s3").put_object(Bucket=NAME, Key="batches/b/jobs.json", Body=b"{}")
    client("s3").put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Enabled"})
    version = client("s3").put_object(Bucket=NAME, Key=f"{INBOX}/invoice/b.pdf", Body=b"%PDF")["VersionId"]
    file = InboxFile(key=f"{INBOX}/invoice/b.pdf", version=version)
    client("s3").put_object(Bucket=NAME, Key=file.key, Body=b"%PDF of another month")
    topic = client("sns").create_topic(Name="job-events")["TopicArn"]
    aws.calls.clear()
    asyncio.run(exercise_worker(topic, tmp_path, aws.url, file))
    names = {topic: "<Data/JobEvents>", FUNCTION: "<Functions/Function/Function.Arn>"}
    assert_permissions_match(WORKER, name_resources(aws, **names))


def test_a_notice_for_an_event_bus_needs_the_permission_of_that_choice_only(aws: RecordedAws) -> None:
    """The other calls are the same: tests/stacks/test_permissions.py compares what the choice allows."""
    bus = client("events").create_event_bus(Name="jobs")["EventBusArn"]
    aws.calls.clear()
    asyncio.run(open_channel(bus)(NOTICE))
    assert aws.calls == {(TO_BUS, bus)}


# Files whose writes to the store are tested above. Others write below the prefix of a job or of an argument.
TESTED_FILES = {
    "worker/adapters/progress.py",
    "worker/costs/ledger.py",
    "worker/adapters/object_store.py",
    "worker/steps/document.py",
}
WRITE_FUNCTIONS = {"create", "create_from", "put_async", "copy_async", "delete_async", "open_writer_async"}
JOB_PREFIX_NAMES = {"job_prefix", "parts_prefix", "chunks_prefix", "text_key", "prefix"}


def test_every_write_to_the_store_is_tested_above() -> None:
    """A write outside the role's permissions works on every laptop and fails on AWS."""
    used = {str(file.relative_to(ROOT)): collect_names(file) for file in (ROOT / "worker").rglob("*.py")}
    writers = {file for file, names in used.items() if names & WRITE_FUNCTIONS}
    assert writers >= TESTED_FILES
    assert {file for file in writers if not used[file] & JOB_PREFIX_NAMES} <= TESTED_FILES, "add it to exercise_worker"


def collect_names(file: Path) -> set[str]:
    """Return the names of all called functions and of all parameters in a file."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    called = {getattr(call, "attr", getattr(call, "id", "")) for call in calls}
    return called | {node.arg for node in nodes if isinstance(node, ast.arg)}


def upload_as_client(url: str, upload_id: str) -> None:
    """Send bytes to an address that the trigger has signed."""
    access = UploadAccess(url=f"{url}/{NAME}", region=REGION, key_id="testing", secret="testing")  # noqa: S106
    signed = {"content-length": "3", "content-type": "application/pdf", "if-none-match": "*"}
    address = presign_put(f"{access.url}/{upload_key(upload_id)}", signed, access, at=time.time(), seconds=60)
    with urlopen(Request(address, b"abc", signed, method="PUT"), timeout=10) as response:  # noqa: S310 the fake AWS
        assert response.status == 200


def test_the_triggers_role_allows_exactly_its_calls(aws: RecordedAws) -> None:
    signed = [f"jobs/job-3/{name}" for name in ("original.pdf", "text-0.json", "result.json", "images/0-00001.webp")]
    for key in ("jobs/job-3/progress/0000000001.json", *signed):
        client("s3").put_object(Bucket=NAME, Key=key, Body=b"{}")
    client("s3").put_object(Bucket=NAME, Key=manifest_key("m-1"), Body=MANIFEST)
    aws.calls.clear()
    progress = ProgressStore(f"s3://{NAME}")
    assert (progress.latest("job-3"), progress.latest("job-4")) == (StoredProgress(delivery=b"{}"), None)
    for key in signed:  # a client reads it, with the rights of the role
        assert PoolManager().request("GET", BucketAddresses(f"s3://{NAME}").make(key).url).data == b"{}"
    assert not is_stored(f"s3://{NAME}", upload_key("a-1"))
    upload_as_client(aws.url, "a-1")
    assert is_stored(f"s3://{NAME}", upload_key("a-1"))
    assert read_manifest(f"s3://{NAME}", "m-1") == MANIFEST
    order = store_jobs(f"s3://{NAME}", "b", "digest", [JOB])
    assert order.key == "batches/b/digest.json"
    for file in ("original.pdf", "text-0123.json", "result.json"):
        key = f"jobs/job-3/{file}"
        client("s3").put_object(Bucket=NAME, Key=key, Body=b"{}")
        aws.calls.discard(("s3:PutObject", f"{NAME}/{key}"))
        assert PoolManager().request("GET", open_addresses(f"s3://{NAME}").make(key).url).data == b"{}"
    assert_permissions_match(TRIGGER, name_resources(aws))


def test_the_keys_functions_role_allows_exactly_its_calls(aws: RecordedAws) -> None:
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
    assert_permissions_match(KEYS_ROLE, name_resources(aws, **arns))
