"""What the page says of a type of one's own: its example is one, and its limits are those that are kept."""

import json
import re
from pathlib import Path

import pytest

from worker.analysis.schema import Schema, SchemaError, read_schema

from .pages import page, section

PAGE = page("documents")
WORDS = " ".join(section(PAGE, "Add a type of document").split())


def made(folder: Path, *, fields: int = 1, columns: int = 1, letters: int = 2) -> Schema:
    """A type with a table, as a file."""
    file = folder / "made.json"
    of_a_table = [{"name": f"c{number}", "description": "."} for number in range(columns)]
    others = [{"name": f"f{number}", "description": "."} for number in range(1, fields)]
    table = {"name": "x" * letters, "description": ".", "columns": of_a_table}
    file.write_text(json.dumps({"name": "made", "description": ".", "fields": [table, *others]}))
    return read_schema(file)


def test_the_type_that_it_shows_is_one(tmp_path: Path) -> None:
    [example] = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    file = tmp_path / "order.toml"
    file.write_text(example)
    assert read_schema(file).name == "purchase-order"


@pytest.mark.parametrize(
    ("what", "said"),
    [("fields", r"at most (\d+) fields"), ("columns", r"a table (\d+) columns"), ("letters", r"have (\d+) characters")],
)
def test_a_limit_that_it_says_is_the_one_that_is_kept(what: str, said: str, tmp_path: Path) -> None:
    [most] = map(int, re.findall(said, WORDS))
    made(tmp_path, **{what: most})
    with pytest.raises(SchemaError):
        made(tmp_path, **{what: most + 1})
