"""A user adds a document type with a file; an invalid file fails with one sentence."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from contract.job import DocumentType
from worker.analysis.answer_form import form_model
from worker.analysis.schema import Kind, SchemaError, read_schema, read_schemas

ORDER = """
name = "purchase-order"
description = "What a customer orders."
instructions = "The buyer is who orders."

[[fields]]
name = "number"
description = "The number of the order."
labels = ["Order number", "PO"]
kind = "literal"

[[fields]]
name = "priority"
description = "How urgent it is."
kind = "choice"
choices = ["low", "high"]

[[fields]]
name = "positions"
description = "What is ordered."
columns = [
    { name = "article", description = "Which one." },
    { name = "count", description = "How many.", kind = "number" },
]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one type."""
    (tmp_path / "order.toml").write_text(ORDER)
    (tmp_path / "README.md").write_text("not a type")
    return tmp_path


def test_every_public_type_has_a_schema() -> None:
    assert read_schemas().keys() == set(DocumentType)


def test_each_file_in_the_folder_adds_a_type(folder: Path) -> None:
    schema = read_schemas(folder)["purchase-order"]
    assert [field.name for field in schema.fields] == ["number", "priority", "positions"]
    assert schema.fields[0].kind is Kind.LITERAL


def test_a_type_can_be_json_or_toml(folder: Path) -> None:
    schema = read_schema(folder / "order.toml")
    (folder / "order.json").write_text(schema.model_dump_json())
    assert read_schema(folder / "order.json") == schema


def test_a_built_in_type_can_be_replaced(folder: Path) -> None:
    (folder / "invoice.toml").write_text(ORDER.replace("purchase-order", "invoice"))
    assert [field.name for field in read_schemas(folder)["invoice"].fields] == ["number", "priority", "positions"]


def test_a_type_becomes_a_form_that_checks_answers(folder: Path) -> None:
    form = form_model(read_schema(folder / "order.toml"))
    evidence = {"page": 1, "quote": "q", "confidence": 0.5}
    answer: Any = form.model_validate(
        {
            "number": {"value": "4711", **evidence},
            "priority": {"value": "", **evidence},
            "positions": [{"article": "Hose", "count": 2, **evidence}],
        }
    )
    assert answer.number.value == "4711"
    assert answer.priority is None
    assert answer.positions[0].count == 2
    invalid_answers: list[dict[str, object]] = [
        {"priority": {"value": "urgent", **evidence}},
        {"number": {"value": "4711"}},
        {"positions": [{}]},
    ]
    for invalid in invalid_answers:
        with pytest.raises(ValueError, match="validation error"):
            form.model_validate(invalid)
    assert json.dumps(form.model_json_schema()).count("How urgent it is.") == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name = ", "name == ", "cannot be read"),
        ('"purchase-order"', '"Purchase Order"', "name: String should match pattern"),
        ('kind = "literal"', 'kind = "word"', "fields.0.kind: Input should be 'literal'"),
        ('kind = "literal"', 'type = "literal"', "fields.0.type: Extra inputs are not permitted"),
        ('description = "How urgent it is."', "", "fields.1.description: Field required"),
        ('choices = ["low", "high"]', "", "the kind choice needs choices"),
        ('name = "priority"', 'name = "number"', "number occurs twice"),
        ('name = "priority"', 'name = "summary"', "every document has a summary"),
        ('name = "count"', 'name = "article"', "article occurs twice"),
        ('kind = "number" }', 'kind = "figures" }', "a column cannot have the kind figures"),
        (
            'description = "What is ordered."',
            'description = "What is ordered."\nmany = true',
            "a field with columns is a table",
        ),
    ],
)
def test_the_error_of_an_invalid_file_names_it(folder: Path, old: str, new: str, message: str) -> None:
    (folder / "order.toml").write_text(ORDER.replace(old, new, 1))
    with pytest.raises(SchemaError) as caught:
        read_schemas(folder)
    assert f"{folder / 'order.toml'}" in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_files_of_one_type_are_refused(folder: Path) -> None:
    (folder / "other.toml").write_text(ORDER)
    with pytest.raises(SchemaError, match=r"other\.toml describes the type purchase-order, and so does another"):
        read_schemas(folder)


def test_the_error_of_a_missing_folder_names_it(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="nowhere is not a folder"):
        read_schemas(tmp_path / "nowhere")


_UNPRIVILEGED_USER = 65_534  # the id of the user without rights on every Linux


@contextmanager
def drop_privileges() -> Iterator[None]:
    """Run the block as a user without rights, as root may read every folder."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(_UNPRIVILEGED_USER)
    try:
        yield
    finally:
        os.seteuid(me)


def test_the_error_of_an_unreadable_folder_names_it() -> None:
    """The error is one sentence, not the library's long message."""
    with TemporaryDirectory() as parent:
        Path(parent).chmod(0o755)
        unreadable = Path(parent) / "types"
        unreadable.mkdir(mode=0o000)
        with drop_privileges(), pytest.raises(SchemaError, match=r"types cannot be read: Permission denied$"):
            read_schemas(unreadable)


def test_the_error_of_an_unreadable_file_names_it(folder: Path) -> None:
    (folder / "bad.json").write_bytes(b"\xff\xfe")
    (folder / "order.toml").unlink()
    with pytest.raises(SchemaError, match=r"bad\.json cannot be read"):
        read_schemas(folder)
    (folder / "bad.json").write_text("[" * 100_000)
    with pytest.raises(SchemaError, match=r"bad\.json cannot be read"):
        read_schemas(folder)


def test_a_byte_order_mark_is_ignored(folder: Path) -> None:
    [file] = folder.glob("*.toml")
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert read_schema(file).name


def test_a_pipe_in_the_folder_is_refused_without_a_wait(folder: Path) -> None:
    os.mkfifo(folder / "pipe.toml")
    with pytest.raises(SchemaError, match=r"pipe\.toml is not a regular file"):
        read_schemas(folder)
