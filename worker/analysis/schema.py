"""Read document types from files: the fields to look for, with their names, kinds and descriptions.

Built-in and custom types have the same form. An invalid file fails the start of the worker, with its name.
"""

import json
import tomllib
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator
from pydantic import Field as Limited

_BUILT_IN: Final = Path(__file__).with_name("types")
_SUFFIXES: Final = {".toml", ".json"}
_MAX_FIELDS: Final = 60  # a model's answer must hold all of them
_RESERVED_NAMES: Final = {"summary"}  # every answer has it

type Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
type TypeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
type Description = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]


class SchemaError(ValueError):
    """A file describes no valid type; the message names the file."""


class Kind(StrEnum):
    """The kind of a value, which also decides how it is checked against its quote."""

    LITERAL = "literal"  # verbatim from the document: a name, an invoice number
    TEXT = "text"  # may be paraphrased
    NUMBER = "number"
    DATE = "date"
    CURRENCY = "currency"
    CHOICE = "choice"
    FIGURES = "figures"  # named numbers: each becomes a field of its own, `metrics.revenue`


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Strict):
    """A column of a table."""

    name: Name
    description: Description
    kind: Kind = Kind.TEXT
    choices: tuple[Description, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.kind is Kind.CHOICE) != bool(self.choices):
            raise ValueError("the kind choice needs choices, and no other kind may have them")
        return self


class Field(Column):
    """A value, or with `many` a list of values, or with `columns` a table."""

    many: bool = False
    labels: tuple[Description, ...] = ()  # in documents; the extractive analyzer looks for them
    columns: tuple[Column, ...] = Limited(default=(), max_length=20)

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if self.columns and (self.many or self.kind is not Kind.TEXT):
            raise ValueError("a field with columns is a table: it may have neither many nor a kind")
        if self.kind is Kind.FIGURES and self.many:
            raise ValueError("the kind figures is a list already: remove many")
        if any(column.kind is Kind.FIGURES for column in self.columns):
            raise ValueError("a column cannot have the kind figures")
        _refuse_duplicates([column.name for column in self.columns])
        return self


class Schema(_Strict):
    """A type of document."""

    name: TypeName
    description: Description
    instructions: str = Limited(default="", max_length=4_000)  # to a model, added to those of every type
    fields: tuple[Field, ...] = Limited(min_length=1, max_length=_MAX_FIELDS)

    def describe_fields(self) -> tuple[dict[str, Any], ...]:
        """Return the fields as the API shows them to a reviewer who corrects values."""
        return tuple(_describe(field) for field in self.fields)

    @model_validator(mode="after")
    def _has_unique_names(self) -> Self:
        names = [field.name for field in self.fields]
        _refuse_duplicates(names)
        if taken := _RESERVED_NAMES & set(names):
            raise ValueError(f"every document has a {taken.pop()}, so no field may have that name")
        return self


type Schemas = dict[str, Schema]


def read_schemas(folder: Path | None = None) -> Schemas:
    """Return the built-in types and those of the folder, which may replace built-in ones."""
    return {**_read_built_in(), **(_read(folder) if folder else {})}


@cache
def _read_built_in() -> Schemas:
    return _read(_BUILT_IN)


def _read(folder: Path) -> Schemas:
    schemas: Schemas = {}
    for file in _files(folder):
        schema = read_schema(file)
        if schema.name in schemas:
            raise SchemaError(
                f"{file} describes the type {schema.name}, and so does another file beside it: remove one"
            )
        schemas[schema.name] = schema
    return schemas


def _files(folder: Path) -> list[Path]:
    try:
        if folder.is_dir():
            return sorted(file for file in folder.iterdir() if file.suffix in _SUFFIXES)
    except OSError as exc:  # no permission, or too long a name
        raise SchemaError(f"{folder} cannot be read: {exc.strerror}") from exc
    raise SchemaError(f"{folder} is not a folder: name one with a file for each document type")


def read_schema(file: Path) -> Schema:
    """Return the type that a file describes."""
    if not file.is_file():  # reading a pipe would block
        raise SchemaError(f"{file} is not a regular file")
    try:
        content = file.read_text(encoding="utf-8-sig")  # some editors write a byte order mark
        data = tomllib.loads(content) if file.suffix == ".toml" else json.loads(content)
    except (OSError, ValueError, RecursionError) as exc:
        raise SchemaError(f"{file} cannot be read: {exc}") from exc
    try:
        return Schema.model_validate(data)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise SchemaError(f"{file} describes no valid document type: {where}: {first['msg']}") from exc


def _describe(column: Column) -> dict[str, Any]:
    """Return the properties that decide which values fit.

    Apart from the kind, those with default values are left out.
    """
    others = column.model_dump(mode="json", exclude={"kind", "labels", "columns"}, exclude_defaults=True)
    columns = [_describe(one) for one in column.columns] if isinstance(column, Field) else []
    return {**others, "kind": column.kind.value, **({"columns": columns} if columns else {})}


def _refuse_duplicates(names: list[str]) -> None:
    if duplicates := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"{min(duplicates)} occurs twice")
