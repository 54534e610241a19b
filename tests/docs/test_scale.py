"""The rates on the page about limits follow from the profiles and from the figures."""

from statistics import mean

import pytest

from stacks.profile import PRODUCTION_PROFILE, SMALL_PROFILE, Profile

from .pages import page, rows

TABLE = {first: cells for first, *cells in rows(page("scale")) if len(cells) == 3}
PROFILES = (SMALL_PROFILE, PRODUCTION_PROFILE)
[[_SERVER_MS, _POSTGRES_MS, _WORKER_MS, _KILOBYTES]] = [
    [float(cell) for cell in cells] for first, *cells in rows(page("figures")) if first == "a job"
]
_READING = [cells for _, *cells in rows(page("figures")) if cells[-1].endswith(" x")]
_BASELINE_PROCESSORS = {"t4g.micro": 0.2}  # of a class that saves credits; others have two processors
_DAY_SECONDS = 86_400


def page_seconds(engine: int) -> float:
    """Return the processor seconds of a scanned page, over all materials."""
    return mean(float(cells[engine].split(",")[0]) for cells in _READING)


def worker_processors(profile: Profile) -> float:
    return profile.max_workers * profile.worker.cpu / 1024


def lasting_jobs(profile: Profile) -> float:
    return profile.database_max_gigabytes * 1e6 / _KILOBYTES / (profile.history_days * _DAY_SECONDS)


RATES = {
    "submissions a second": lambda profile: profile.submissions_per_second,
    "requests of the status a second": lambda profile: profile.polls_per_second,
    "jobs a second whose clients ask ten times each": lambda profile: profile.polls_per_second / 10,
    "jobs a second in workers": lambda profile: worker_processors(profile) / _WORKER_MS * 1_000,
    "scanned pages a second, RapidOCR": lambda profile: worker_processors(profile) / page_seconds(1),
    "scanned pages a second, mixed engine": lambda profile: worker_processors(profile) / page_seconds(3),
    "jobs a second in the server": lambda profile: profile.server.cpu / 1.024 / _SERVER_MS,
    "jobs a second in Postgres": lambda profile: (
        _BASELINE_PROCESSORS.get(profile.database_class, 2) / _POSTGRES_MS * 1_000
    ),
    "jobs a second, day and night, until the disk is full": lasting_jobs,
}


@pytest.mark.parametrize("limit", RATES)
def test_a_rate_on_the_page_follows_from_the_profile_and_the_figures(limit: str) -> None:
    declared = [float(cell) for cell in TABLE[limit][:2]]
    assert [round(RATES[limit](profile), 1) for profile in PROFILES] == declared


def test_no_other_rate_is_on_the_page() -> None:
    assert TABLE.keys() - RATES.keys() == {"jobs a second through ten connections", "jobs that wait"}
