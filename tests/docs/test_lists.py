"""The page about lists has every field and parameter, and no other."""

import pytest

from contract import job_lists
from contract.api_value import ApiValue
from contract.routes import ROUTES

from .pages import first_cells, page, section

LISTS = page("lists")
TABLES: dict[str, type[ApiValue]] = {
    "A job in a list": job_lists.JobSummary,
    "What a job waits for": job_lists.OpenQuestion,
    "A decision in a list": job_lists.OpenDecision,
    "GET /decisions": job_lists.DecisionPage,
}


@pytest.mark.parametrize(("heading", "value"), TABLES.items(), ids=TABLES)
def test_a_table_lists_the_fields_of_its_model(heading: str, value: type[ApiValue]) -> None:
    assert sorted(first_cells(section(LISTS, heading))) == sorted(value.__struct_encode_fields__)


def test_the_tables_of_jobs_have_its_parameters_and_its_page() -> None:
    [route] = [route for route in ROUTES if (route.method, route.path) == ("GET", "/jobs")]
    page_fields = job_lists.JobPage.__struct_encode_fields__
    listed = sorted(first_cells(section(LISTS, "GET /jobs")))
    assert listed == sorted([*(one.name for one in route.parameters), *page_fields])
