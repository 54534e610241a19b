"""Each version of a workflow has a fixed sequence of steps, because the position of a step identifies its promise.

A worker that resumes a job of another release takes the promise at a position for the result of its own step. A change
of a sequence therefore needs a new version of the workflow, and both are recorded here.
"""

import json
from base64 import b64decode
from collections.abc import Iterator
from copy import replace
from pathlib import Path

import pytest

from contract import names
from contract.job import DocumentJob, DocumentType
from contract.notice import EndedJob, Outcome
from durable.wire.records import Promise
from local.server_process import ServerProcess
from tests.durable.worker_lab import EMBEDDED_SERVER
from tests.worker import documents
from tests.worker.document_lab import DocumentLab
from tests.worker.document_site import Site
from tests.worker.long_text import answer_question, make_long_pdf
from tests.worker.model_lab import open_model_lab

# In brackets: parts that any worker may run; all parts of one kind count as one position.
SEQUENCES: dict[tuple[str, int], dict[str, str | set[str]]] = {
    ("process_document", 1): {
        "digital": "begin download extract analyze store notify",
        "split": "begin download extract [read_pages] join analyze store notify",
        "long": "begin download extract [read_pages] join analyze store notify",
        "chunks": "begin download extract analyze [read_chunks] conclude store notify",
        "groups": "begin download extract analyze [read_chunks] conclude store notify",
        "missing": "begin download notify",
    },
    ("read_pages", 1): {"split": {"read_batch"}, "long": {"read_batch", "[read_pages] gather_pages"}},
    ("read_chunks", 1): {"chunks": {"read_chunk"}, "groups": {"read_chunk", "[read_chunks] gather_chunks"}},
    ("estimate_document", 1): {"estimate": "survey_document"},
    ("notify_ending", 1): {"ending": "notify"},
}


@pytest.fixture
def lab(server: ServerProcess, site: Site, tmp_path: Path) -> Iterator[DocumentLab]:
    """A lab whose worker reads chunk by chunk, with an open gate for pages."""
    with open_model_lab(server, site, tmp_path / "lab", answer_question) as models:
        models.lab.start(lease=60, slots=4)
        models.lab.evidence.open_gate()
        yield models.lab


def start_workflows(lab: DocumentLab) -> dict[str, str]:
    """Start one workflow of each kind; return the ids of their promises."""
    digital = documents.make_pdf("This page carries a text layer that is long enough")
    job = DocumentJob(
        job_id="estimated",
        document_url=lab.site.serve("estimated.pdf", digital),
        requester_id="me",
        type=DocumentType.REPORT,
    )
    missing = replace(job, job_id="missing", document_url=f"{job.document_url}.not")
    ended = EndedJob(job_id="ended", requester_id="me", type=DocumentType.REPORT, outcome=Outcome.CANCELED)
    address = names.DOCUMENTS_ADDRESS
    estimate_version, ending_version = names.ESTIMATE_DOCUMENT_VERSION, names.NOTIFY_ENDING_VERSION
    return {
        "digital": lab.submit("digital", digital),
        "split": lab.submit("split", documents.make_pdf(*[""] * 12)),
        "long": lab.submit("long", documents.make_pdf(*[""] * 130)),
        "chunks": lab.submit("chunks", make_long_pdf(6)),
        "groups": lab.submit("groups", make_long_pdf(17)),
        "missing": lab.start_workflow(names.promise_id("missing"), names.PROCESS_DOCUMENT, missing, address),
        "estimate": lab.start_workflow(
            "estimate/estimated", names.ESTIMATE_DOCUMENT, job, address, version=estimate_version
        ),
        "ending": lab.start_workflow(
            names.ending_id("ended"), names.NOTIFY_ENDING, ended, address, version=ending_version
        ),
    }


def as_set(sequences: str | set[str]) -> set[str]:
    return {sequences} if isinstance(sequences, str) else sequences


def workflow_of(promise: Promise) -> tuple[str, int]:
    """Return the name and version of the workflow that a promise asks for."""
    request = json.loads(b64decode(promise.param.data or ""))
    return request["func"], request["version"]


def find_sequences(lab: DocumentLab, root: str) -> set[tuple[tuple[str, int], str]]:
    """Return the sequence of each workflow of a job, from its promises and the step events of the worker."""
    lines = (lab.folder / "step_events.txt").read_text().splitlines()
    steps = {promise: step for _, promise, step, _ in map(str.split, lines)}
    parts = lab.find_parts(root)
    elsewhere = {part.tags["resonate:parent"]: f"[{workflow_of(part)[0]}]" for part in lab.find_global_parts(root)}
    found = set()
    for run in (lab.client.get(root), *lab.find_global_parts(root)):
        own = [one.id for one in parts if one.tags["resonate:branch"] == run.id != one.id]
        by_position = {int(one.removeprefix(run.id)[1:]): steps.get(one) or elsewhere[one] for one in own}
        assert sorted(by_position) == list(range(1, len(own) + 1))
        found.add((workflow_of(run), " ".join(by_position[position] for position in sorted(by_position))))
    return found


@EMBEDDED_SERVER
def test_each_version_of_a_workflow_has_its_sequence_of_steps(lab: DocumentLab) -> None:
    promises = start_workflows(lab)
    for kind, promise in promises.items():
        lab.wait_until_settled(promise)
        expected = {
            (workflow, sequence) for workflow, kinds in SEQUENCES.items() for sequence in as_set(kinds.get(kind, set()))
        }
        assert find_sequences(lab, promise) == expected, kind
