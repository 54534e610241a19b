"""The page's example of a document type is valid, and its limits are those of the code."""

import json
import re
from pathlib import Path

import pytest

from worker.analysis.schema import Schema, SchemaError, read_schema

from .pages import page, section

PAGE = page("documents")
WORDS = " ".join(section(PAGE, "Add a type of document").split())


def make_schema(folder: Path, *, fields: int = 1, columns: int = 1, letters: int = 2) -> Schema:
    """Write a type with a table to a file and read it."""
    file = folder / "type.json"
    of_a_table = [{"name": f"c{number}", "description": "."} for number in range(columns)]
    others = [{"name": f"f{number}", "description": "."} for number in range(1, fields)]
    table = {"name": "x" * letters, "description": ".", "columns": of_a_table}
    file.write_text(json.dumps({"name": "type", "description": ".", "fields": [table, *others]}))
    return read_schema(file)


def test_the_example_is_valid(tmp_path: Path) -> None:
    [example] = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    file = tmp_path / "order.toml"
    file.write_text(example)
    assert read_schema(file).name == "purchase-order"


@pytest.mark.parametrize(
    ("what", "sentence"),
    [("fields", r"at most (\d+) fields"), ("columns", r"a table (\d+) columns"), ("letters", r"have (\d+) characters")],
)
def test_a_limit_on_the_page_is_enforced(what: str, sentence: str, tmp_path: Path) -> None:
    [limit] = map(int, re.findall(sentence, WORDS))
    make_schema(tmp_path, **{what: limit})
    with pytest.raises(SchemaError):
        make_schema(tmp_path, **{what: limit + 1})
