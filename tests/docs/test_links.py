"""Every link and anchor of the pages leads somewhere, and a line of prose is as long as one of code may be."""

import re
from pathlib import Path

import pytest

from local.server_process import ROOT

from .pages import PAGES, anchors, without_code

LONGEST = 120  # characters; tables cannot be folded, and code is as it is typed


def names(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_there_are_pages() -> None:
    assert {"README.md", "docs/api.md", "docs/decisions/001-an-engine-of-our-own.md"} <= {names(one) for one in PAGES}


@pytest.mark.parametrize("file", PAGES, ids=names)
def test_every_link_leads_somewhere(file: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", without_code(file.read_text())):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (file.parent / path).resolve() if path else file
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("file", PAGES, ids=names)
def test_a_line_of_prose_is_not_too_long(file: Path) -> None:
    lines = without_code(file.read_text()).splitlines()
    long = [line for line in lines if len(line) > LONGEST and not line.startswith("|")]
    assert long == []


def test_an_anchor_is_made_as_the_pages_viewer_makes_it(tmp_path: Path) -> None:
    """GitHub's way: lower case, no marks, dashes for blanks."""
    made = tmp_path / "page.md"
    made.write_text("# A page\n\n## What it costs, and `why`\n\n```sh\n# no heading\n```\n\n### GET /status/{jobId}\n")
    assert anchors(made) == {"a-page", "what-it-costs-and-why", "get-statusjobid"}
