"""The page about batches and schedules lists every field and state, and no other."""

import pytest

from contract import batches, schedules
from contract.api_value import ApiValue

from .pages import first_cells, page, rows, section
from .test_api import fields_of

PAGE = page("intake")
TABLES: dict[str, type[ApiValue]] = {
    "POST /batches": batches.BatchRequest,
    "POST /schedules": schedules.ScheduleRequest,
    "GET /schedules": schedules.Schedule,
}


@pytest.mark.parametrize(("heading", "value"), TABLES.items(), ids=TABLES)
def test_a_table_lists_the_fields_of_its_model(heading: str, value: type[ApiValue]) -> None:
    assert set(first_cells(section(PAGE, heading))) == fields_of(value)


def test_the_status_of_a_batch_has_its_fields_and_states() -> None:
    listed = first_cells(section(PAGE, "GET /batches/{batchId}"))
    assert set(listed) == {*fields_of(batches.Batch), *batches.BatchState}


def test_the_limits_are_those_of_the_contract() -> None:
    limits = {field.strip("`"): limit for field, _, limit, _ in rows(section(PAGE, "POST /batches"))}
    of_schedules = {field.strip("`"): limit for field, _, limit, _ in rows(section(PAGE, "POST /schedules"))}
    assert f"1 to {schedules.MAX_SCHEDULE_ID} " in of_schedules["id"]
    assert f"at most {schedules.MAX_CRON} " in of_schedules["cron"]
    assert limits["items"] == f"1 to {batches.MAX_ITEMS:,}"
    assert f"1 to {batches.MAX_BATCH_ID} " in limits["batchId"]
    assert f"{batches.MAX_REQUEST_BYTES:,} bytes" in section(PAGE, "POST /batches")
    manifest = f"at most {batches.MAX_ITEMS:,} items and {batches.MAX_MANIFEST_BYTES:,} bytes"
    assert manifest in section(PAGE, "A manifest")
