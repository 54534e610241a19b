"""Every link and anchor of the pages exists, and lines of prose are no longer than lines of code."""

import re
from pathlib import Path

import pytest

from local.server_process import ROOT

from .pages import PAGES, anchors, without_code

MAX_CHARACTERS = 120  # tables cannot be folded, and code is shown as it is typed


def title(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_the_pages_are_found() -> None:
    assert {"README.md", "docs/api.md", "docs/decisions/001-embedded-server.md"} <= {title(one) for one in PAGES}


@pytest.mark.parametrize("file", PAGES, ids=title)
def test_every_link_leads_to_a_file_and_anchor(file: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", without_code(file.read_text())):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (file.parent / path).resolve() if path else file
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("file", PAGES, ids=title)
def test_a_line_of_prose_is_not_too_long(file: Path) -> None:
    lines = without_code(file.read_text()).splitlines()
    long = [line for line in lines if len(line) > MAX_CHARACTERS and not line.startswith("|")]
    assert long == []


def test_anchors_are_those_of_github(tmp_path: Path) -> None:
    """Lower case, no punctuation, dashes for spaces."""
    file = tmp_path / "page.md"
    file.write_text("# A page\n\n## What it costs, and `why`\n\n```sh\n# no heading\n```\n\n### GET /status/{jobId}\n")
    assert anchors(file) == {"a-page", "what-it-costs-and-why", "get-statusjobid"}
