"""Build the form of an answer from a document type: a pydantic model, whose JSON schema the language model gets.

Every value comes with its page, its quote and a confidence. All values are optional: a form that required one would
make the model invent it.
"""

from datetime import date
from functools import cache
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, create_model

from .schema import Column, Kind, Schema
from .schema import Field as SchemaField

_MAX_VALUES: Final = 300  # values of a field in one chunk
_MAX_CHARACTERS: Final = 2_000  # the longest value
_SUMMARY_CHARACTERS: Final = 1_500

type _Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=_MAX_CHARACTERS)]
_TYPES: Final[dict[Kind, Any]] = {
    Kind.LITERAL: _Text,
    Kind.TEXT: _Text,
    Kind.NUMBER: Annotated[float, Field(allow_inf_nan=False)],
    Kind.DATE: date,
    Kind.CURRENCY: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")],
}


class QuotedValue(BaseModel):
    """A value with its page, its quote and the model's confidence. Extra keys are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    page: int
    quote: str = Field(max_length=_MAX_CHARACTERS)
    confidence: float = Field(ge=0, le=1)


class Figure(QuotedValue):
    """A number that has a name."""

    name: _Text
    value: Annotated[float, Field(allow_inf_nan=False)]


class AnswerForm(BaseModel):
    """Any answer about a document."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    summary: str = Field(default="", description=f"What the text says, in at most {_SUMMARY_CHARACTERS} characters.")


@cache
def form_model(schema: Schema) -> type[AnswerForm]:
    """Return the pydantic model of an answer."""
    fields: dict[str, Any] = {field.name: _to_form_field(field) for field in schema.fields}
    return create_model(f"Fields of a document of the type {schema.name}", __base__=AnswerForm, **fields)


@cache
def schema_of(form: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of a form, for readers only: to make it takes longer than all else of a question."""
    return form.model_json_schema()


def _to_form_field(field: SchemaField) -> tuple[Any, Any]:
    if field.kind is Kind.FIGURES:
        return _list_of(Figure, field.description)
    if field.columns:
        return _list_of(_row_model(field), field.description)
    single: Any = create_model(field.name, __base__=QuotedValue, value=(_type_of(field), ...))
    if field.many:
        return _list_of(single, field.description)
    return Annotated[single | None, BeforeValidator(_drop_empty)], Field(default=None, description=field.description)


def _list_of(kind: type[BaseModel], description: str) -> tuple[Any, Any]:
    return list[kind], Field(default=[], max_length=_MAX_VALUES, description=description)  # type: ignore[valid-type] # made here


def _row_model(field: SchemaField) -> type[BaseModel]:
    columns: dict[str, Any] = {
        column.name: (_type_of(column) | None, Field(default=None, description=column.description))
        for column in field.columns
    }
    return create_model(field.name, __base__=QuotedValue, **columns)


def _type_of(column: Column) -> Any:  # noqa: ANN401 a type, made here
    return Literal[column.choices] if column.choices else _TYPES[column.kind]


def _drop_empty(value: object) -> object:
    """Return None for an object without a value, which models write for a missing field."""
    is_empty = isinstance(value, dict) and value.get("value") in (None, "")
    return None if is_empty else value
