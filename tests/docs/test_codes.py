"""Every code that a job may fail with has one line that says what it is and what to do, and no line is of none."""

from contract.codes import Code as Said
from durable.errors import Code as Found

from .pages import named, page, rows, section

LINES = section(page("troubleshooting"), "Codes of jobs that failed")


def test_every_code_has_a_line_and_every_line_a_code() -> None:
    listed = named(LINES)
    assert set(listed) == {*Said, *Found}
    assert len(listed) == len(set(listed))


def test_every_line_says_what_it_is_and_what_to_do() -> None:
    for code, *said in rows(LINES):
        assert len(said) == 2, code
        assert all(said), code
