"""The API page lists every field, state and code of the API, and no other."""

import ast
import re
from http import HTTPStatus
from typing import get_args

import pytest
from msgspec import structs

from contract import answers, costs, result
from contract.analysis import Evidence
from contract.api_value import ApiValue
from contract.decision import MAX_COMMENT, MAX_CORRECTIONS, MAX_REVIEWER, MAX_VALUE, ApprovalMessage, Decision
from contract.functions import INVOCABLE, Invocation, InvocationAnswer
from contract.job import (
    MAX_APPROVAL_HOURS,
    MAX_COST_USD,
    MAX_PASSWORD,
    MAX_REQUESTER,
    MAX_URL,
    MIN_REMINDER_HOURS,
    OWN_FIELDS,
    Approval,
    DocumentJob,
    ReviewRule,
)
from contract.model import Value
from contract.names import Step
from contract.notice import Notice, Outcome, Stage, WaitNotice
from contract.review import Review, Verdict
from contract.routes import PROBLEM_STATUSES
from contract.uploads import Upload
from contract.usage import ModelAnswers, Usage
from lambdas.trigger.request import MAX_BODY_BYTES
from local.server_process import ROOT

from .pages import first_cells, page, rows, section

API = page("api")
TABLES: dict[str, type[ApiValue | Value]] = {
    "POST /process-document": DocumentJob,
    "approval": Approval,
    "202: accepted": answers.Accepted,
    "?dryRun=true: the estimate": answers.DryRun,
    "estimate": costs.Estimate,
    "processing": answers.Processing,
    "progress": answers.Progress,
    "waiting": answers.Waiting,
    "done": answers.Done,
    "result": result.DocumentResult,
    "evidence": Evidence,
    "usage": Usage,
    "modelAnswers": ModelAnswers,
    "failed": answers.Failed,
    "canceled": answers.Canceled,
    "not_found": answers.NotFound,
    "POST /uploads": Upload,
    "POST /invocations": Invocation,
    "review": Review,
    "POST /webhooks/approval": ApprovalMessage,
    "POST /decisions/{decisionId}": Decision,
    "The notice": Notice,
    "The notice of a wait": WaitNotice,
}


@pytest.mark.parametrize(("heading", "value"), TABLES.items(), ids=TABLES)
def test_a_table_lists_the_fields_of_its_model(heading: str, value: type[ApiValue | Value]) -> None:
    fields = fields_of(value)
    listed = first_cells(section(API, heading))
    assert set(listed) == fields
    assert len(listed) == len(fields), "a field is listed twice"


def fields_of(value: type[ApiValue | Value]) -> set[str]:
    """Return the names of a value's fields in JSON."""
    if issubclass(value, Value):
        return {field.alias or name for name, field in value.model_fields.items()}
    tag = value.__struct_config__.tag_field
    return {*value.__struct_encode_fields__, *([tag] if tag else [])} - {*OWN_FIELDS}


def test_every_state_of_a_job_has_a_line() -> None:
    states = {*answers.JobState} - {answers.JobState.NEEDS_REVIEW}  # of GET /jobs: a status says waiting
    assert set(first_cells(section(API, "GET /status/{jobId}"))) == {*states, "not_found"}


def test_every_step_outcome_and_reason_is_named() -> None:
    [steps] = [what for field, what in rows(section(API, "progress")) if field == "`step`"]
    assert set(re.findall(r"`(\w+)`", steps)) == set(Step)
    [outcomes] = [what for field, what in rows(section(API, "The notice")) if field == "`outcome`"]
    assert set(re.findall(r"`(\w+)`", outcomes)) == set(Outcome)
    [reasons] = [what for field, what in rows(section(API, "waiting")) if field == "`reason`"]
    assert set(re.findall(r"`(\w+)`:", reasons)) == set(answers.Reason)


def test_the_words_of_reviews_and_their_limits_are_named() -> None:
    [stages] = [what for field, what in rows(section(API, "The notice of a wait")) if field == "`stage`"]
    assert set(re.findall(r"`(\w+)`", stages)) == set(Stage)
    [verdicts] = [what for field, what in rows(section(API, "review")) if field == "`decision`"]
    assert set(re.findall(r"`(\w+)`", verdicts)) == set(Verdict)
    states = section(API, "GET /decisions/{decisionId}")
    assert {*answers.DecisionState} <= set(re.findall(r"`(\w+)`", states))
    allowed = {field.strip("`"): text for field, _, text in rows(section(API, "POST /decisions/{decisionId}"))}
    assert f"at most {MAX_CORRECTIONS} fields" in allowed["corrections"]
    assert f"at most {MAX_VALUE:,} characters" in allowed["corrections"]
    assert f"at most {MAX_REVIEWER} " in allowed["reviewer"]
    assert f"at most {MAX_COMMENT:,} " in allowed["comment"]
    limits = {field.strip("`"): (limit, default) for field, _, limit, default in rows(section(API, "approval"))}
    assert f"at most {MAX_APPROVAL_HOURS}" in limits["timeoutHours"][0]
    assert f"from {MIN_REMINDER_HOURS} to {MAX_APPROVAL_HOURS}" in limits["reminderHours"][0]
    usual = Approval(required=ReviewRule.ALWAYS)
    for field in structs.fields(Approval)[1:]:
        value = getattr(usual, field.name)
        assert limits[field.encode_name][1] == f"`{value if isinstance(value, str) else f'{value:g}'}`"


def test_the_limits_are_those_of_the_contract() -> None:
    limits = {field.strip("`"): limit for field, _, limit, _ in rows(section(API, "POST /process-document"))}
    assert f"at most {MAX_URL} " in limits["documentUrl"]
    assert f"1 to {MAX_REQUESTER} " in limits["requesterId"]
    assert f"1 to {MAX_PASSWORD} " in limits["documentPassword"]
    assert f"from 0 to {MAX_COST_USD}" in limits["maxCostUsd"]
    assert f"{MAX_BODY_BYTES:,} bytes" in section(API, "POST /process-document")


def test_required_fields_are_those_without_default() -> None:
    defaults = {field.strip("`"): default for field, *_, default in rows(section(API, "POST /process-document"))}
    for field in structs.fields(DocumentJob):
        if field.encode_name in OWN_FIELDS:
            continue
        assert (defaults[field.encode_name] == "required") is field.required, field.name
    assert defaults["documentUrl"] == "required, unless `uploadId` is there"
    assert defaults["type"] == f"`{DocumentJob(job_id='a', document_url='', requester_id='').type}`"


def test_every_function_and_every_state_of_an_invocation_is_named() -> None:
    [limits] = [limit for field, _, limit, _ in rows(section(API, "POST /invocations")) if field == "`function`"]
    assert set(re.findall(r"`(\w+)`", limits)) == set(INVOCABLE)
    states = {answer.__struct_config__.tag for answer in get_args(InvocationAnswer.__value__)}
    assert set(first_cells(section(API, "GET /invocations/{id}"))) == states


CONSTRUCTORS = ("ProblemError", "retry_later")  # their arguments begin with status and code


def problems() -> set[tuple[str, str]]:
    """Return every code and status that the trigger's source answers with."""
    calls = [
        node
        for file in (ROOT / "lambdas" / "trigger").glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CONSTRUCTORS
    ]
    direct = [call for call in calls if not _forwards_code(call)]
    return {(ast.literal_eval(call.args[1]), str(HTTPStatus[_name(call.args[0])].value)) for call in direct}


def _forwards_code(call: ast.Call) -> bool:
    """Whether the code is an argument of the calling function."""
    return isinstance(call.args[1], ast.Name)


def _name(status: ast.expr) -> str:
    assert isinstance(status, ast.Attribute)
    return status.attr


def test_the_table_of_problems_is_that_of_the_source() -> None:
    assert {(code, str(status.value)) for code, status in PROBLEM_STATUSES.items()} == problems()


def test_every_problem_code_has_a_line_with_its_status() -> None:
    listed = [(code.strip("`"), status) for code, status, _ in rows(section(API, "Problems"))]
    assert set(listed) == problems()
    assert len(listed) == len(problems())
