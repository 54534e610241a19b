"""The page about functions has each row of the reference designs: shown by a file or page, or refused with a reason."""

import pytest

from durable.runtime.bridge import MAX_FAILURES

from .pages import page, rows, section

PAGE = page("functions")
TABLES = {
    "Resonate's function worker, row by row": [f"A{number}" for number in range(1, 24)],
    "The HTTP service, row by row": [f"H{number}" for number in range(1, 21)],
}


@pytest.mark.parametrize(("title", "numbers"), TABLES.items())
def test_each_row_of_a_reference_is_shown_or_refused(title: str, numbers: list[str]) -> None:
    cells = rows(section(PAGE, title))
    assert [one[0] for one in cells] == numbers
    for number, _, here, shown in cells:
        assert shown or here.startswith("refused: "), number


def test_the_limit_of_deaths_is_that_of_the_code() -> None:
    assert f"{MAX_FAILURES} deaths in a row" in section(PAGE, "Limits")
