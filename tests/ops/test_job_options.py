"""The options of a job set every field of the API that is not about its document, for single jobs and for batches."""

import pytest
from msgspec.structs import fields

from contract.api_value import ApiValue
from contract.job import OWN_FIELDS, Approval, DocumentJob, ReviewRule, TimeoutAction
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.job_options import FIELDS, JobOptions
from ops.uploads import LocalFile

URL = "https://example.com/a.pdf"
CALLBACK = "https://example.com/events?key=a"
ALL = JobOptions(
    kind="invoice",
    requester="me",
    max_cost=2.5,
    callback=CALLBACK,
    approval=ReviewRule.LOW_CONFIDENCE,
    approval_below=0.9,
    approval_timeout=48,
    approval_reminder=6,
    approval_on_timeout=TimeoutAction.APPROVE,
)


def names_of(kind: type[ApiValue]) -> set[str]:
    return {one.encode_name for one in fields(kind)}


def refuse_upload(_: LocalFile) -> str:
    raise AssertionError("a file was uploaded")


def make(options: JobOptions, document: str = URL) -> DocumentJob:
    return options.make_job(document, refuse_upload)


def test_an_option_sets_each_field_that_the_api_takes() -> None:
    """Those left are the document, the ids, and the password, which comes from a file."""
    of_document = {"documentUrl", "uploadId", "documentPassword", "jobId", "requesterId"}
    assert {path[0] for path in FIELDS.values()} == names_of(DocumentJob) - {*OWN_FIELDS, *of_document}
    assert {path[1] for path in FIELDS.values() if path[0] == "approval"} == names_of(Approval)


def test_all_options_are_in_the_request_and_in_the_defaults_of_a_batch() -> None:
    job = make(ALL)
    assert job.approval == Approval(ReviewRule.LOW_CONFIDENCE, 0.9, 48, 6, TimeoutAction.APPROVE)
    assert (job.type, job.max_cost_usd, job.callback_url) == ("invoice", 2.5, CALLBACK)
    sent = job.to_dict()
    assert ALL.fields == {path[0]: sent[path[0]] for path in FIELDS.values()}


def test_an_option_that_is_not_given_is_the_apis_default() -> None:
    assert JobOptions().fields == {"type": "report"}
    assert make(JobOptions(approval=ReviewRule.ALWAYS)).approval == Approval(ReviewRule.ALWAYS)


def test_another_value_of_an_option_is_another_job() -> None:
    options = [
        JobOptions(requester="me"),
        JobOptions(requester="me", callback="https://example.com/events"),
        JobOptions(requester="me", approval=ReviewRule.ALWAYS),
        JobOptions(requester="me", approval=ReviewRule.ALWAYS, approval_timeout=1),
        JobOptions(requester="me", approval=ReviewRule.LOW_CONFIDENCE),
        ALL,
    ]
    assert len({make(one).job_id for one in options}) == len(options)
    assert [make(one) for one in options] == [make(one) for one in options]


def test_a_secret_in_the_callback_url_is_not_in_the_id() -> None:
    """A short one could be guessed from the digest."""
    ids = {make(JobOptions(requester="me", callback=f"https://example.com/{key}")).job_id for key in ("a", "b")}
    assert len(ids) == 1


def test_an_earlier_upload_is_named_by_its_id() -> None:
    job = make(JobOptions(), "upload://My-invoice-1")
    assert (job.upload_id, job.document_url, job.job_id.startswith("document-")) == ("My-invoice-1", "", True)


@pytest.mark.parametrize(
    ("options", "document", "sentence"),
    [
        (JobOptions(approval_below=0.5), URL, "an --approval-... option needs --approval"),
        (JobOptions(approval=ReviewRule.ALWAYS, approval_below=1.5), URL, "--approval-below must be"),
        (JobOptions(approval=ReviewRule.ALWAYS, approval_timeout=0), URL, "--approval-timeout must be"),
        (JobOptions(approval=ReviewRule.ALWAYS, approval_reminder=0.1), URL, "--approval-reminder must be"),
        (JobOptions(callback="ftp://example.com"), URL, "--callback must be"),
        (JobOptions(callback="https://me:secret@example.com"), URL, "--callback must be"),
        (JobOptions(), "upload://a/b", "after upload:// there must be"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_wrong_value_is_one_sentence_that_names_the_option(options: JobOptions, document: str, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        make(options, document)
    assert (caught.value.code, sentence in caught.value.sentence) == (ExitCode.USAGE, True)
    assert "secret" not in str(caught.value)
