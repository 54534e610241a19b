"""Summarize a document in a sentence made of its findings: each part of it is also a field with evidence.

For a document without findings the summary is its title, if it has one.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from contract.analysis import Finding
from contract.job import DocumentType

from .lines import TextLine
from .report_rules import SHARES
from .vocabulary import phrases_of

_MAX_FIELDS: Final = 8  # fields that are shown of a type without rules, or of a report's figures
_MAX_TITLE: Final = 100  # characters
_TOP_LINES: Final = 12
_CONTRACT_TITLE: Final = re.compile(
    r"\b(?:agreement|contract|lease|amendment|addendum|license|licence)\b", re.IGNORECASE
)
_REPORT_TITLE: Final = re.compile(r"\b(?:reports?|results|review|statement|fiscal year)\b", re.IGNORECASE)
_SENTENCE: Final = re.compile(r"(?<!\bInc)(?<!\bCorp)(?<!\bCo)[.;,]\s|\b(?:this|the parties)\b", re.IGNORECASE)

_DATES: Final = ("date", "due", "effective", "expires")

type Values = Mapping[str, str | float | tuple[str, ...]]


def summarize(kind: str, findings: Sequence[Finding], lines: Sequence[TextLine]) -> str:
    """Return the summary, or an empty text."""
    values = {one.field: one.value for one in findings}
    write = _WRITERS.get(kind)
    return write(values, lines) if write else _write_fields(kind, values)


def _write_invoice(values: Values, lines: Sequence[TextLine]) -> str:
    if not values:
        return ""
    titles = (match.kind for line in lines for match in phrases_of("titles").find(line.folded) if not match.start)
    head = _join(
        " ",
        "Credit note" if next(titles, None) == "credit" else "Invoice",
        _text(values, "number"),
        _text(values, "date", "of {}"),
        _text(values, "vendor", "from {}"),
    )
    parts = _join(", ", _text(values, "net", "net {}"), _text(values, "tax", "tax {}"))
    total = _join(" ", _sum(values, "amount"), f"({parts})" if parts else "")
    return _join(": ", head, _join(", ", total, _text(values, "due", "due {}"))) + "."


def _write_receipt(values: Values, _lines: Sequence[TextLine]) -> str:
    if not values:
        return ""
    head = _join(
        " ",
        "Receipt",
        _text(values, "merchant", "from {}"),
        _text(values, "date", "of {}"),
        _text(values, "time", "at {}"),
    )
    total = _join(" ", _sum(values, "total"), _text(values, "tax", "(tax {})"))
    return _join(": ", head, _join(", ", total, _text(values, "payment", "paid by {}"))) + "."


def _write_contract(values: Values, lines: Sequence[TextLine]) -> str:
    title = _find_title(lines, _CONTRACT_TITLE)
    parties = values.get("parties")
    between = f"between {_list(parties)}" if isinstance(parties, tuple) else ""
    text = _join(
        ", ",
        _join(" ", title or ("Contract" if values else ""), between),
        _text(values, "effective", "effective {}"),
        _text(values, "expires", "until {}"),
        _text(values, "governing_law", "under the law of {}"),
    )
    return f"{text}." if text else ""


def _write_report(values: Values, lines: Sequence[TextLine]) -> str:
    figures = [
        f"{name.removeprefix('metrics.').replace('_', ' ')} {_write(value)}{' %' if SHARES.search(name) else ''}"
        for name, value in values.items()
        if name.startswith("metrics.")
    ][:_MAX_FIELDS]
    title = _find_title(lines, _REPORT_TITLE) or ("Report" if values else "")
    period = _text(values, "period")
    head = title if period in title else _join(", ", title, period)
    text = _join(": ", head, ", ".join(figures))
    return f"{text}." if text else ""


def _write_fields(kind: str, values: Values) -> str:
    named = [f"{name.replace('_', ' ')} {_write(value)}" for name, value in values.items() if "." not in name]
    return f"{kind.replace('-', ' ').capitalize()}: {', '.join(named[:_MAX_FIELDS])}." if named else ""


_WRITERS: Final[dict[str, Callable[[Values, Sequence[TextLine]], str]]] = {
    DocumentType.INVOICE: _write_invoice,
    DocumentType.RECEIPT: _write_receipt,
    DocumentType.CONTRACT: _write_contract,
    DocumentType.REPORT: _write_report,
}


def _find_title(lines: Sequence[TextLine], words: re.Pattern[str]) -> str:
    """Return the first short line at the top that contains a title word, unless it is a sentence or the rest of one."""
    for line in lines[:_TOP_LINES]:
        is_whole = not line.text[0].islower() and not _SENTENCE.search(line.text)
        if is_whole and len(line.text) <= _MAX_TITLE and words.search(line.text):
            text = line.text.strip(" .:;")
            return text.title() if text.isupper() else text
    return ""


def _sum(values: Values, field: str) -> str:
    return _join(" ", _text(values, "currency"), _text(values, field)) if field in values else ""


def _text(values: Values, field: str, form: str = "{}") -> str:
    if field not in values:
        return ""
    value = values[field]
    return form.format(_write_date(value) if field in _DATES and isinstance(value, str) else _write(value))


def _write(value: str | float | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        return _list(value)
    if isinstance(value, float):
        return f"{value:,.0f}" if value == round(value) and abs(value) >= 1_000_000 else f"{value:,.2f}"  # noqa: PLR2004 cents do not matter
    return value


def _write_date(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"


def _list(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _join(separator: str, *parts: str) -> str:
    return separator.join(filter(None, parts))
