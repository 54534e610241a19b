"""What Textract saw, as it is kept: lines with the places of their words, in shares of the page.

It describes each word in half a kilobyte; this keeps what anybody reads. Nothing of it is trusted: what is no answer
becomes one with a flaw, which is kept as well, because it was paid for.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Final, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError
from pydantic.alias_generators import to_pascal

from worker.providers.clean_json import whole_text

_DIGITS: Final = 5  # a fiftieth of a point at 200 dpi

type Place = tuple[
    float, float, float, float, float, float, float, float
]  # four corners from the text's upper left one


class Seen(NamedTuple):
    """A line, how sure it is from 0 to 1, where it is, and where its words are."""

    text: str
    score: float
    place: Place
    words: tuple[Place, ...]


class Answer(BaseModel):
    """The lines of a page, or why it is no answer."""

    lines: tuple[Seen, ...] = ()
    flaw: str | None = None


def is_useful(kept: bytes) -> bool:
    """Whether an answer as it was written is one."""
    return Answer.model_validate_json(kept).flaw is None


class _Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_pascal, frozen=True)


type _Share = Annotated[FiniteFloat, Field(ge=-1, le=2)]  # of the page; what is at its edge may reach beyond it


class _Point(_Wire):
    x: _Share
    y: _Share


class _Geometry(_Wire):
    polygon: Annotated[tuple[_Point, ...], Field(min_length=4, max_length=4)]

    @property
    def place(self) -> Place:
        a, b, c, d = ((round(point.x, _DIGITS), round(point.y, _DIGITS)) for point in self.polygon)
        return (*a, *b, *c, *d)


class _Relationship(_Wire):
    type: str
    ids: tuple[str, ...] = ()


class _Block(_Wire):
    block_type: str
    id: str


class _Text(_Block):
    text: Annotated[str, AfterValidator(whole_text)]
    confidence: FiniteFloat = Field(ge=0, le=100)
    geometry: _Geometry
    relationships: tuple[_Relationship, ...] = ()

    @property
    def children(self) -> Iterable[str]:
        return (one for relationship in self.relationships if relationship.type == "CHILD" for one in relationship.ids)


_PAGE: Final = "PAGE"
_LINE: Final = "LINE"
_WORD: Final = "WORD"
_KINDS: Final[dict[object, type[_Block]]] = {_PAGE: _Block, _LINE: _Text, _WORD: _Text}  # nothing else is of use
_RAW: Final = TypeAdapter(list[dict[str, Any]])


class _FlawError(ValueError):
    """What came is no answer; its text says why."""


def answer_of(response: dict[str, Any]) -> Answer:
    """Return the lines in a response, or the first flaw of it."""
    try:
        blocks = _blocks(response.get("Blocks"))
        words = {block.id: block for block in blocks if isinstance(block, _Text) and block.block_type == _WORD}
        lines = [block for block in blocks if isinstance(block, _Text) and block.block_type == _LINE]
        answer = Answer(lines=tuple(_line(block, words) for block in lines))
    except _FlawError as flaw:
        return Answer(flaw=str(flaw))
    return answer if any(block.block_type == _PAGE for block in blocks) else Answer(flaw="there is no page in it")


def _blocks(raw: object) -> list[_Block]:
    try:
        known = ((_KINDS.get(str(one.get("BlockType"))), one) for one in _RAW.validate_python(raw))
        return [kind.model_validate(one) for kind, one in known if kind]
    except ValidationError as exc:
        wrong = exc.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, wrong["loc"])) or "one of its lists"
        raise _FlawError(f"{place}: {wrong['msg']}") from exc


def _line(block: _Text, words: dict[str, _Text]) -> Seen:
    try:
        children = [words[name] for name in block.children]
    except KeyError as exc:
        raise _FlawError("a line consists of a word that is not there") from exc
    places = tuple(word.geometry.place for word in children)
    return Seen(block.text, round(block.confidence / 100, 4), block.geometry.place, places)
