"""A record's cell follows from its id alone, and a cell that is added takes only the ids that it wins."""

from collections import Counter

import pytest

from contract.cells import CellLayout, choose_cell, read_cells
from contract.environment import Environment, SettingsError
from contract.names import Tag

IDS = [f"doc/job-{number}" for number in range(3_000)]
URLS = {"RESONATE_URL_2": "http://two:8001", "RESONATE_URL_3": "http://three:8001"}


@pytest.mark.parametrize(
    ("key", "of_two", "of_three", "of_five"),
    [
        ("doc/first", "2", "2", "5"),
        ("doc/second", "1", "1", "1"),
        ("doc/third", "2", "2", "4"),
        ("doc/0", "2", "2", "2"),
        ("batch/first", "1", "3", "3"),
        ("fn/factorial-1", "1", "1", "5"),
        ("schedule/nightly", "2", "3", "5"),
        ("doc/" + 128 * "x", "2", "3", "3"),
    ],
)
def test_the_cell_of_an_id_never_changes(key: str, of_two: str, of_three: str, of_five: str) -> None:
    """These are frozen: another function would look for every job in another cell."""
    assert [choose_cell(key, "12"), choose_cell(key, "123"), choose_cell(key, "12345")] == [of_two, of_three, of_five]


def test_ids_are_spread_evenly_and_a_new_cell_takes_only_its_own() -> None:
    before = {key: choose_cell(key, "123") for key in IDS}
    after = {key: choose_cell(key, "1234") for key in IDS}
    assert min(Counter(after.values()).values()) > len(IDS) / 5
    assert {after[key] for key in IDS if after[key] != before[key]} == {"4"}


def test_a_closed_cell_gets_no_new_record_and_the_others_keep_theirs() -> None:
    every, closed = CellLayout.make(3), CellLayout.make(3, closed=["2"])
    moved = [key for key in IDS if every.find_home(key) != closed.find_home(key)]
    assert {every.find_home(key) for key in moved} == {"2"}
    assert {closed.find_home(key) for key in IDS} == {"1", "3"}
    assert {closed.find_anchor(key) for key in IDS} == {"1"}


@pytest.mark.parametrize(
    ("promise", "root"),
    [
        ("doc/a-1", "doc/a-1"),
        ("doc/a-1:3", "doc/a-1"),
        ("doc/a-1.2.1", "doc/a-1"),
        ("ending/a-1", "doc/a-1"),
        ("page/a-1/7-493000", "doc/a-1"),
        ("delivery/a-1.job-done/2", "doc/a-1"),
        ("waiting/a-1/3/1", "doc/a-1"),
        ("revoke/a-1", "doc/a-1"),
        ("erase/a-1", "doc/a-1"),
        ("batch-cancel/b", "batch/b"),
        ("batch/b", "batch/b"),
        ("fn/f:1", "fn/f"),
        ("estimate/a-1-0f-1-2", "estimate/a-1-0f-1-2"),
        ("schedule/s", "schedule/s"),
        ("odd", "odd"),
    ],
)
def test_what_is_about_a_job_is_in_its_cell(promise: str, root: str) -> None:
    assert CellLayout.make(2).find_root(promise) == root


def test_a_search_is_for_the_cell_of_what_it_is_about() -> None:
    layout = CellLayout.make(2)
    assert layout.find_searched_root({"resonate:origin": "doc/a"}) == "doc/a"
    assert layout.find_searched_root({Tag.KIND: "delivery", Tag.JOB: "a"}) == "doc/a"
    assert layout.find_searched_root({Tag.KIND: "delivery"}) is None


def test_a_program_reads_where_the_other_cells_are() -> None:
    variables = {"CELLS": "3", "CLOSED_CELLS": "1", "CELL": "2", "RESONATE_URL_1": "http://one", **URLS}
    cells = read_cells(Environment(variables | {"RESONATE_TOKEN_1": "secret"}))
    assert (cells.own, sorted(cells.others)) == ("2", ["1", "3"])
    assert cells.layout == CellLayout.make(3, closed=["1"])
    assert cells.others["1"].token == "secret"  # noqa: S105 - that is the test
    assert "secret" not in repr(cells)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"CELLS": "6"}, "CELLS must be a whole number from 1 to 5"),
        ({"CELLS": "4"}, "RESONATE_URL_4 is not set"),
        ({"CLOSED_CELLS": "4"}, "there is no cell 4: the cells are 1, 2, 3"),
        ({"CLOSED_CELLS": "1,2,3"}, "all cells are closed"),
        ({"ANCHOR_CELLS": "all"}, "ANCHOR_CELLS must be numbers of cells"),
        ({"CELL": "4"}, "CELL must be one of 1, 2, 3"),
    ],
)
def test_a_wrong_variable_is_named(changes: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        read_cells(Environment({"CELLS": "3", **URLS} | changes))
