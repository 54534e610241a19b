"""What the page about deploying says of a profile's limits is what the profile has."""

from stacks.profile import PRODUCTION, SMALL

from .pages import page, rows

TABLE = {first: cells for first, *cells in rows(page("deploy"))}


def test_the_largest_document_and_the_most_requests_are_those_of_the_profiles() -> None:
    profiles = (SMALL, PRODUCTION)
    sizes = [f"{one.document_megabytes} MB, {one.document_pages} pages" for one in profiles]
    assert TABLE["largest document"] == sizes
    requests = [f"{one.requests_per_second}, {one.burst} at once" for one in profiles]
    assert TABLE["requests a second, all callers together"] == requests
    days = [f"{one.history_days} days, {one.documents_days} days" for one in profiles]
    assert TABLE["history of jobs, documents"] == days
