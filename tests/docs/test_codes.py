"""The troubleshooting page has one line for each code of a failed job, with its cause and what to do."""

from contract.codes import Code as DocumentCode
from durable import ErrorCode as ToolkitCode

from .pages import first_cells, page, rows, section

LINES = section(page("troubleshooting"), "Codes of failed jobs")


def test_every_code_has_a_line_and_every_line_a_code() -> None:
    listed = first_cells(LINES)
    assert set(listed) == {*DocumentCode, *ToolkitCode}
    assert len(listed) == len(set(listed))


def test_every_line_has_a_cause_and_what_to_do() -> None:
    for code, *cells in rows(LINES):
        assert len(cells) == 2, code
        assert all(cells), code
