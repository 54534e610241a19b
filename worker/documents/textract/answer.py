"""Textract's answer as the ledger keeps it: lines with the polygons of their words, in shares of the page.

Textract describes each word in half a kilobyte; this keeps only what we read. Its responses are validated: an invalid
one becomes an answer with a flaw, which is kept as well, because it was paid for.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError
from pydantic.alias_generators import to_pascal

from worker.providers.clean_json import replace_surrogates

_DIGITS: Final = 5  # a fiftieth of a pixel at 200 dpi

# Four corners, clockwise from the text's upper left one.
type Polygon = tuple[float, float, float, float, float, float, float, float]


class TextractLine(NamedTuple):
    """A line, its confidence from 0 to 1, its polygon, and those of its words."""

    text: str
    score: float
    polygon: Polygon
    words: tuple[Polygon, ...]


class TextractAnswer(BaseModel):
    """The lines of a page, or why the answer is invalid."""

    lines: tuple[TextractLine, ...] = ()
    flaw: str | None = None


def is_useful(kept: bytes) -> bool:
    """Whether a kept answer is valid."""
    return TextractAnswer.model_validate_json(kept).flaw is None


class _Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_pascal, frozen=True)


type _Share = Annotated[FiniteFloat, Field(ge=-1, le=2)]  # a share of the page; a word at its edge may reach beyond it


class _Point(_Wire):
    x: _Share
    y: _Share


class _Geometry(_Wire):
    polygon: Annotated[tuple[_Point, ...], Field(min_length=4, max_length=4)]

    @property
    def corners(self) -> Polygon:
        a, b, c, d = ((round(point.x, _DIGITS), round(point.y, _DIGITS)) for point in self.polygon)
        return (*a, *b, *c, *d)


class _Relationship(_Wire):
    type: str
    ids: tuple[str, ...] = ()


class _Block(_Wire):
    block_type: str
    id: str


class _Text(_Block):
    text: Annotated[str, AfterValidator(replace_surrogates)]
    confidence: FiniteFloat = Field(ge=0, le=100)
    geometry: _Geometry
    relationships: tuple[_Relationship, ...] = ()

    @property
    def children(self) -> Iterable[str]:
        return (one for relationship in self.relationships if relationship.type == "CHILD" for one in relationship.ids)


_PAGE: Final = "PAGE"
_LINE: Final = "LINE"
_WORD: Final = "WORD"
_MODELS: Final[dict[object, type[_Block]]] = {_PAGE: _Block, _LINE: _Text, _WORD: _Text}  # all that we use
_RAW_BLOCKS: Final = TypeAdapter(list[dict[str, Any]])


class _InvalidAnswerError(ValueError):
    """A response does not have the form of an answer; the message has the reason."""


def parse_answer(response: dict[str, Any]) -> TextractAnswer:
    """Return the lines of a response, or its first flaw."""
    try:
        blocks = _parse_blocks(response.get("Blocks"))
        words = {block.id: block for block in blocks if isinstance(block, _Text) and block.block_type == _WORD}
        lines = [block for block in blocks if isinstance(block, _Text) and block.block_type == _LINE]
        answer = TextractAnswer(lines=tuple(_to_line(block, words) for block in lines))
    except _InvalidAnswerError as flaw:
        return TextractAnswer(flaw=str(flaw))
    return answer if any(block.block_type == _PAGE for block in blocks) else TextractAnswer(flaw="it has no page")


def _parse_blocks(raw: object) -> list[_Block]:
    with _pydantic_errors():
        known = ((_MODELS.get(str(one.get("BlockType"))), one) for one in _RAW_BLOCKS.validate_python(raw))
        return [model.model_validate(one) for model, one in known if model]


@contextmanager
def _pydantic_errors() -> Iterator[None]:
    try:
        yield
    except ValidationError as exc:
        error = exc.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, error["loc"])) or "one of its lists"
        raise _InvalidAnswerError(f"{field}: {error['msg']}") from exc


def _to_line(block: _Text, words: dict[str, _Text]) -> TextractLine:
    try:
        children = [words[name] for name in block.children]
    except KeyError as exc:
        raise _InvalidAnswerError("a line refers to a missing word") from exc
    polygons = tuple(word.geometry.corners for word in children)
    return TextractLine(block.text, round(block.confidence / 100, 4), block.geometry.corners, polygons)
