"""The pages as tests read them: by headings, tables and links. What they say is checked elsewhere."""

import re
from itertools import pairwise
from pathlib import Path

from local.server_process import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def page(name: str) -> str:
    """Return the text of a page of docs."""
    return (ROOT / "docs" / f"{name}.md").read_text()


def section(text: str, heading: str) -> str:
    """Return what stands below a heading, up to the next one of whatever depth."""
    [found] = re.findall(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", without_code(text), re.MULTILINE | re.DOTALL)
    return str(found)


def rows(text: str) -> list[list[str]]:
    """Return the cells of its tables, without their heads."""
    lines = text.splitlines()
    is_head = [below.startswith("|---") for _, below in pairwise([*lines, ""])]
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line, head in zip(lines, is_head, strict=True)
        if line.startswith("|") and not head and not line.startswith("|---")
    ]


def named(text: str) -> list[str]:
    """Return what stands as code in the first cells of its tables, in order: `one`, or `one`, `other`."""
    return [name for first, *_ in rows(text) for name in re.findall(r"`([^`]+)`", first)]


def without_code(text: str) -> str:
    """Empty its blocks of code, line by line: what stands there is no heading, no link and no prose."""
    return re.sub(r"^```.*?^```", lambda block: "\n" * block[0].count("\n"), text, flags=re.MULTILINE | re.DOTALL)


def anchors(file: Path) -> set[str]:
    """Return where links into a page may lead, as GitHub makes them of its headings."""
    heads = re.findall(r"^#+ (.*)$", without_code(file.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
