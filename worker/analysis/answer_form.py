"""What an answer must look like, made from a type: a pydantic model, whose JSON schema the language model is shown.

Every value comes with its page, its quote and how sure the model is. What is not there may be left out: a shape that
demanded it would have it invented.
"""

from datetime import date
from functools import cache
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, create_model

from .schema import Column, Kind, Schema
from .schema import Field as SchemaField

_MOST: Final = 300  # values of a field in one part of a document
_LONGEST: Final = 2_000  # characters of a value
_SUMMARY: Final = 1_500

type _Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=_LONGEST)]
_TYPES: Final[dict[Kind, Any]] = {
    Kind.LITERAL: _Text,
    Kind.TEXT: _Text,
    Kind.NUMBER: Annotated[float, Field(allow_inf_nan=False)],
    Kind.DATE: date,
    Kind.CURRENCY: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")],
}


class QuotedValue(BaseModel):
    """Where a value stands, and how sure the model is of it. What a model adds to it is not looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    page: int
    quote: str = Field(max_length=_LONGEST)
    confidence: float = Field(ge=0, le=1)


class Figure(QuotedValue):
    """A number that has a name."""

    name: _Text
    value: Annotated[float, Field(allow_inf_nan=False)]


class AnswerForm(BaseModel):
    """Any answer about a document."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    summary: str = Field(default="", description=f"What the text says, in at most {_SUMMARY} characters.")


@cache
def form_model(schema: Schema) -> type[AnswerForm]:
    """Return the model of an answer."""
    fields: dict[str, Any] = {field.name: _field(field) for field in schema.fields}
    return create_model(f"Fields of a document of the type {schema.name}", __base__=AnswerForm, **fields)


def _field(field: SchemaField) -> tuple[Any, Any]:
    if field.kind is Kind.FIGURES:
        return _several(Figure, field.description)
    if field.columns:
        return _several(_row(field), field.description)
    single: Any = create_model(field.name, __base__=QuotedValue, value=(_type(field), ...))
    if field.many:
        return _several(single, field.description)
    return Annotated[single | None, BeforeValidator(_absent)], Field(default=None, description=field.description)


def _several(kind: type[BaseModel], description: str) -> tuple[Any, Any]:
    return list[kind], Field(default=[], max_length=_MOST, description=description)  # type: ignore[valid-type] # made here


def _row(field: SchemaField) -> type[BaseModel]:
    columns: dict[str, Any] = {
        column.name: (_type(column) | None, Field(default=None, description=column.description))
        for column in field.columns
    }
    return create_model(field.name, __base__=QuotedValue, **columns)


def _type(column: Column) -> Any:  # noqa: ANN401 a type, made here
    return Literal[column.choices] if column.choices else _TYPES[column.kind]


def _absent(given: object) -> object:
    """Read what models write for a field that is not there: an object with nothing in it."""
    empty = isinstance(given, dict) and given.get("value") in (None, "")
    return None if empty else given
