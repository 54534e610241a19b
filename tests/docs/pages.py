"""Reads the pages: headings, tables and links."""

import re
from itertools import pairwise
from pathlib import Path

from local.server_process import ROOT

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def page(name: str) -> str:
    """Return the text of a page of docs."""
    return (ROOT / "docs" / f"{name}.md").read_text()


def section(text: str, heading: str) -> str:
    """Return the text below a heading, up to the next heading of any level."""
    [body] = re.findall(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", without_code(text), re.MULTILINE | re.DOTALL)
    return str(body)


def rows(text: str) -> list[list[str]]:
    """Return the cells of all table rows, without headers."""
    lines = text.splitlines()
    is_head = [below.startswith("|---") for _, below in pairwise([*lines, ""])]
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line, head in zip(lines, is_head, strict=True)
        if line.startswith("|") and not head and not line.startswith("|---")
    ]


def first_cells(text: str) -> list[str]:
    """Return the code words in the first cells of all tables, in order: `one`, or `one`, `other`."""
    return [name for first, *_ in rows(text) for name in re.findall(r"`([^`]+)`", first)]


def without_code(text: str) -> str:
    """Blank out code blocks, line by line: they contain no heading, link or prose."""
    return re.sub(r"^```.*?^```", lambda block: "\n" * block[0].count("\n"), text, flags=re.MULTILINE | re.DOTALL)


def anchors(file: Path) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    heads = re.findall(r"^#+ (.*)$", without_code(file.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
