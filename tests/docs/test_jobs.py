"""The page about jobs lists every field and state, and no other."""

import re

import pytest

from contract import ended_jobs, events, jobs
from contract.answers import JobState
from contract.api_value import ApiValue
from contract.routes import ROUTES
from lambdas.trigger.file_addresses import LINK_SECONDS

from .pages import first_cells, page, rows, section

JOBS = page("jobs")
TABLES: dict[str, type[ApiValue]] = {
    "POST /jobs": jobs.JobAccepted,
    "GET /jobs/{jobId}": jobs.Job,
    "GET /jobs/{jobId}/events": events.JobEvents,
    "event": events.Event,
    "question": jobs.Question,
    "result": jobs.ResultSummary,
    "links": jobs.JobLinks,
    "GET /jobs/{jobId}/result": jobs.FileLink,
    "POST /jobs/{jobId}/revoke": ended_jobs.Revoked,
    "DELETE /jobs/{jobId}": ended_jobs.Erasing,
}


@pytest.mark.parametrize(("heading", "value"), TABLES.items(), ids=TABLES)
def test_a_table_lists_the_fields_of_its_model(heading: str, value: type[ApiValue]) -> None:
    tag = value.__struct_config__.tag_field
    assert sorted(first_cells(section(JOBS, heading))) == sorted(
        [*value.__struct_encode_fields__, *filter(None, [tag])]
    )


def test_every_state_is_named() -> None:
    [states] = [what for field, what in rows(section(JOBS, "GET /jobs/{jobId}")) if field == "`state`"]
    assert set(re.findall(r"`(\w+)`", states)) == set(JobState)


def test_every_heading_of_a_route_is_a_route() -> None:
    known = {f"{route.method} {route.path}" for route in ROUTES}
    assert set(re.findall(r"^## ([A-Z]+ /\S*)$", JOBS, re.MULTILINE)) <= known


def test_the_lifetime_of_an_address_is_that_of_the_code() -> None:
    assert f"after {LINK_SECONDS} seconds" in section(JOBS, "GET /jobs/{jobId}/result")
