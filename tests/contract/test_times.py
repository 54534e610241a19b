"""Times as the API writes them."""

from contract.times import format_ms, format_seconds


def test_each_unit_has_the_same_form() -> None:
    assert format_ms(1_800_000_000_123) == format_seconds(1_800_000_000.123) == "2027-01-15T08:00:00.123+00:00"


def test_a_deadline_beyond_the_last_year_is_its_end() -> None:
    assert format_ms(10**16) == "9999-12-31T23:59:59.000+00:00"
