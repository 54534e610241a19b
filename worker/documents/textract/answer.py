"""What Textract saw, as it is kept: lines with the places of their words, in shares of the page.

It describes each word in half a kilobyte; this keeps what anybody reads. Nothing of it is trusted: what is no answer
becomes one with a flaw, which is kept as well, because it was paid for.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Final, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError
from pydantic.alias_generators import to_pascal

from worker.writable import whole_text

_DIGITS: Final = 5  # a fiftieth of a point at 200 dpi
MOST_PAGES: Final = 3_000  # it takes no more

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
    """The lines of each page that was read, by its number; or why it is no answer."""

    pages: dict[int, tuple[Seen, ...]] = {}
    flaw: str | None = None
    charged: int = 0  # pages, of one with a flaw, as far as it says so


def is_useful(kept: bytes) -> bool:
    """Whether an answer as it was written is one."""
    return Answer.model_validate_json(kept).flaw is None


class FlawError(ValueError):
    """What came is no answer; its text says why."""


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
    page: int = Field(default=1, ge=1, le=MOST_PAGES)  # what is read by itself has no number


class _Text(_Block):
    text: Annotated[str, AfterValidator(whole_text)]
    confidence: FiniteFloat = Field(ge=0, le=100)
    geometry: _Geometry
    relationships: tuple[_Relationship, ...] = ()

    @property
    def children(self) -> Iterable[str]:
        return (one for relationship in self.relationships if relationship.type == "CHILD" for one in relationship.ids)


class _Warning(_Wire):
    pages: tuple[int, ...] = ()


_KINDS: Final[dict[object, type[_Block]]] = {"PAGE": _Block, "LINE": _Text, "WORD": _Text}  # nothing else is of use
_RAW: Final = TypeAdapter(list[dict[str, Any]])
_WARNINGS: Final = TypeAdapter(list[_Warning])
PARTIAL: Final = "PARTIAL_SUCCESS"


class _Metadata(_Wire):
    pages: int = Field(ge=0, le=MOST_PAGES)


class _Told(_Wire):
    document_metadata: _Metadata


def pages_told(response: dict[str, Any]) -> int:
    """Return how many pages a document has, as far as that is said."""
    try:
        return _Told.model_validate(response).document_metadata.pages
    except ValidationError:
        return 0


class Gathered:
    """What comes in pieces. Textract tells page after page: what is before the last page of a piece is complete."""

    def __init__(self) -> None:
        self._pages: Final[dict[int, tuple[Seen, ...]]] = {}
        self._open: list[_Block] = []
        self._failed: Final[set[int]] = set()

    def add(self, response: dict[str, Any]) -> None:
        """Take a piece. Of a partial success, the pages that it warns of were not read."""
        if response.get("JobStatus") == PARTIAL:
            self._failed.update(_warned(response.get("Warnings") or []))
        blocks = [*self._open, *_blocks(response.get("Blocks"))]
        last = max((block.page for block in blocks), default=0)
        self._take([block for block in blocks if block.page != last])
        self._open = [block for block in blocks if block.page == last]

    def answer(self) -> Answer:
        """Return what came, once it is all."""
        self._take(self._open)
        self._open = []
        return Answer(pages={number: seen for number, seen in self._pages.items() if number not in self._failed})

    def _take(self, blocks: Sequence[_Block]) -> None:
        words = {block.id: block for block in blocks if isinstance(block, _Text) and block.block_type == "WORD"}
        for block in blocks:
            before = self._pages.setdefault(block.page, ())
            if isinstance(block, _Text) and block.block_type == "LINE":
                self._pages[block.page] = (*before, _line(block, words))


def _blocks(raw: object) -> list[_Block]:
    with _flawless():
        known = ((_KINDS.get(str(one.get("BlockType"))), one) for one in _RAW.validate_python(raw))
        return [kind.model_validate(one) for kind, one in known if kind]


def _warned(raw: object) -> list[int]:
    with _flawless():
        return [page for warning in _WARNINGS.validate_python(raw) for page in warning.pages]


@contextmanager
def _flawless() -> Iterator[None]:
    try:
        yield
    except ValidationError as exc:
        wrong = exc.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, wrong["loc"])) or "one of its lists"
        raise FlawError(f"{place}: {wrong['msg']}") from exc


def _line(block: _Text, words: dict[str, _Text]) -> Seen:
    try:
        children = [words[name] for name in block.children]
    except KeyError as exc:
        raise FlawError("a line consists of a word that is not there") from exc
    places = tuple(word.geometry.place for word in children)
    return Seen(block.text, round(block.confidence / 100, 4), block.geometry.place, places)
