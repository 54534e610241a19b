"""What is looked for in a document of a type: fields with names, kinds and descriptions, as a file says it.

The types that we bring and those that a user adds are the same kind of file and take the same path. A file that makes
no sense is refused when the worker starts, in one sentence that names it: a type half understood finds half.
"""

import json
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator
from pydantic import Field as Limited

_OURS: Final = Path(__file__).with_name("types")
_ENDINGS: Final = {".toml", ".json"}
_MOST_FIELDS: Final = 60  # a model's answer must hold them all
_RESERVED: Final = {"summary"}  # every answer has it

type Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
type TypeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
type Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]


class SchemaError(ValueError):
    """A file of a type makes no sense; its text names the file."""


class Kind(StrEnum):
    """What a value is, which also decides how it is checked against its quote."""

    LITERAL = "literal"  # stands in the document as it is: a name, a number of an invoice
    TEXT = "text"  # may be said in other words
    NUMBER = "number"
    DATE = "date"
    CURRENCY = "currency"
    CHOICE = "choice"
    FIGURES = "figures"  # numbers that have names: each becomes a field of its own, `metrics.revenue`


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Strict):
    """A value of a row."""

    name: Name
    description: Words
    kind: Kind = Kind.TEXT
    choices: tuple[Words, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.kind is Kind.CHOICE) != bool(self.choices):
            raise ValueError("choices belong to the kind choice, and it needs them")
        return self


class Field(Column):
    """A value, or with `many` all of its kind, or with `columns` a table."""

    many: bool = False
    labels: tuple[Words, ...] = ()  # what documents call it: the extractive analyzer looks for them
    columns: tuple[Column, ...] = Limited(default=(), max_length=20)

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if self.columns and (self.many or self.kind is not Kind.TEXT):
            raise ValueError("a table has columns, and neither many nor a kind")
        if self.kind is Kind.FIGURES and self.many:
            raise ValueError("figures are many already")
        if any(column.kind is Kind.FIGURES for column in self.columns):
            raise ValueError("a column cannot be figures")
        _refuse_twins([column.name for column in self.columns])
        return self


class Schema(_Strict):
    """A type of document."""

    name: TypeName
    description: Words
    instructions: str = Limited(default="", max_length=4_000)  # to a model, beside what every type is told
    fields: tuple[Field, ...] = Limited(min_length=1, max_length=_MOST_FIELDS)

    @model_validator(mode="after")
    def _has_names_of_its_own(self) -> Self:
        names = [field.name for field in self.fields]
        _refuse_twins(names)
        if taken := _RESERVED & set(names):
            raise ValueError(f"every document has a {taken.pop()}, so no field may be called so")
        return self


type Schemas = dict[str, Schema]


def read_schemas(folder: Path | None = None) -> Schemas:
    """Return the types that we bring and those of the folder; a folder may also replace one of ours."""
    return {**_read(_OURS), **(_read(folder) if folder else {})}


def _read(folder: Path) -> Schemas:
    schemas: Schemas = {}
    for file in _files(folder):
        schema = read_schema(file)
        if schema.name in schemas:
            raise SchemaError(f"{file} says what the type {schema.name} is, and so does another file beside it")
        schemas[schema.name] = schema
    return schemas


def _files(folder: Path) -> list[Path]:
    try:
        if folder.is_dir():
            return sorted(file for file in folder.iterdir() if file.suffix in _ENDINGS)
    except OSError as exc:  # not to be looked into, or too long for a name
        raise SchemaError(f"{folder} cannot be read: {exc.strerror}") from exc
    raise SchemaError(f"{folder} is no folder: name one with a file for each type of document")


def read_schema(file: Path) -> Schema:
    """Return the type that a file describes."""
    if not file.is_file():  # a pipe would be waited for
        raise SchemaError(f"{file} is no file")
    try:
        content = file.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
        data = tomllib.loads(content) if file.suffix == ".toml" else json.loads(content)
    except (OSError, ValueError, RecursionError) as exc:
        raise SchemaError(f"{file} cannot be read: {exc}") from exc
    try:
        return Schema.model_validate(data)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise SchemaError(f"{file} describes no type of document: {where}: {first['msg']}") from exc


def _refuse_twins(names: list[str]) -> None:
    if twins := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"{min(twins)} is there twice")
