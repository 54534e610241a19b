"""Generate reports with a period and figures, among sentences with irrelevant numbers."""

from random import Random
from typing import Final

from .sheet import Sheet

_COMPANIES: Final = ("Kestrel Freight S.A.", "Aster Biomedical Inc.", "Halden Instruments GmbH")
_FILLERS: Final = (
    "The review of the northern plant found no delay that would touch deliveries.",
    "Management expects to hire 2 more people before the summer.",
    "An audit in March led to 3 small changes, all of which are in place.",
    "Work on the freight contracts cost 4 per cent less than planned.",
)


def draw_report(random: Random) -> tuple[Sheet, dict[str, object]]:
    """Return a report and its known values."""
    sheet = Sheet()
    year, quarter = random.randint(2021, 2026), random.randint(1, 4)
    title, period = random.choice(
        (
            (f"Quarterly Report Q{quarter} {year}", f"Q{quarter} {year}"),
            (f"Annual Report {year}", f"{year}"),
            (f"Fiscal year {year}", f"FY {year}"),
        )
    )
    sheet.line(title)
    sheet.line(random.choice(_COMPANIES))
    sheet.line()
    metrics: dict[str, float] = {}
    for sentence in random.sample((_revenue, _margin, _people), random.randint(1, 3)):
        text, name, value = sentence(random)
        metrics[name] = value
        sheet.line(random.choice(_FILLERS))
        sheet.line(text)
    sheet.line(random.choice(_FILLERS))
    return sheet, {"period": period, "metrics": metrics}


def _revenue(random: Random) -> tuple[str, str, float]:
    tenths, growth = random.randint(11, 999), random.randint(1, 90) / 10
    value = f"EUR {tenths / 10} million"
    text = random.choice(
        (f"Revenue rose by {growth}% to {value}.", f"Revenue was {value}.", f"Revenue reached {value}.")
    )
    return text, "revenue", tenths * 100_000.0


def _margin(random: Random) -> tuple[str, str, float]:
    value = random.randint(10, 300) / 10
    return f"The operating margin was {value}%.", "operating_margin", value


def _people(random: Random) -> tuple[str, str, float]:
    value = random.randint(1_100, 9_900)
    return f"Headcount stood at {value:,} at the end of the period.", "headcount", float(value)
