"""The page about numbers has every field, parameter and limit, and no other."""

from contract import numbers
from contract.routes import ROUTES
from keeper.queries.counting import MAX_VALUE_CHARACTERS

from .pages import first_cells, page, section

NUMBERS = page("numbers")


def test_the_tables_have_the_parameters_and_the_fields() -> None:
    [route] = [route for route in ROUTES if route.path == "/numbers"]
    expected = [*(one.name for one in route.parameters), *numbers.Numbers.__struct_encode_fields__]
    assert sorted({*first_cells(section(NUMBERS, "GET /numbers"))}) == sorted({*expected})
    assert sorted(first_cells(section(NUMBERS, "Jobs of a period"))) == sorted(
        numbers.JobNumbers.__struct_encode_fields__
    )


def test_the_fields_of_parts_are_named() -> None:
    text = section(NUMBERS, "GET /numbers")
    parts = (numbers.FailureCount, numbers.ResultTimes, numbers.OldestJob, numbers.OldestDecision)
    assert [name for part in parts for name in part.__struct_encode_fields__ if f"`{name}`" not in text] == []


def test_the_limits_are_those_of_the_code() -> None:
    assert f"at most {numbers.MAX_COUNTED_JOBS:,} jobs" in NUMBERS
    assert f"larger than {MAX_VALUE_CHARACTERS // 1_024} kB" in NUMBERS
